"""Curves as SVG: accuracy beside loss."""

import io


def file_name(name):
    """Name of the figure of a recipe, or of a family of them."""
    return name.replace("/", "-") + ".svg"


def svg(title, charts):
    """`quantity -> curves` as the text of an SVG file, the same from the same curves."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    settings = {"svg.fonttype": "none", "svg.hashsalt": "kerasdl", "font.size": 9}
    with mpl.rc_context():
        mpl.rcdefaults()  # the user's own settings would give other bytes
        mpl.rcParams.update(settings)
        figure = Figure(figsize=(3.9 * len(charts), 2.9), layout="constrained")
        FigureCanvasSVG(figure)
        subplots = figure.subplots(1, len(charts), squeeze=False)[0]
        for axes, (quantity, curves) in zip(subplots, charts.items(), strict=True):
            for curve in curves:
                _draw(axes, curve)
            axes.set(xlabel="epoch", ylabel=quantity)
            axes.grid(alpha=0.3)
            axes.legend(frameon=False, fontsize=9 if len(curves) < 5 else 7)
        figure.suptitle(title, fontsize=9)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()


def _draw(axes, curve):
    epochs = range(1, len(curve.mean) + 1)
    single = {"marker": "o"} if len(epochs) == 1 else {}
    axes.plot(
        epochs,
        curve.mean,
        curve.dash,
        color=curve.colour,
        label=curve.label,
        linewidth=1.4,
        **single,
    )
    if curve.deviation is not None:
        low = [m - d for m, d in zip(curve.mean, curve.deviation, strict=True)]
        high = [m + d for m, d in zip(curve.mean, curve.deviation, strict=True)]
        axes.fill_between(epochs, low, high, color=curve.colour, alpha=0.2, linewidth=0)
