"""Curves as SVG: accuracy beside loss, each part of the data with a colour and a dash of its own.

Colours are Okabe and Ito's, which the colour-blind tell apart; dashes do it in grey.
"""

import io

# part of the data: its prefix in the log, colour, dash
PARTS = {
    "training": ("", "#0072B2", "-"),
    "validation": ("val_", "#D55E00", "--"),
    "test": ("test_", "#009E73", "-."),
}
QUANTITIES = ("accuracy", "loss")


def file_name(recipe):
    """Name of the figure of a recipe."""
    return recipe.replace("/", "-") + ".svg"


def series(runs):
    """Curves of a recipe: `quantity -> part -> (epochs, mean, deviation)` over its runs.

    Runs that stopped early shorten all: what is averaged is of the same runs throughout.
    """
    length = min(len(run.log) for run in runs)
    found = {}
    for quantity in QUANTITIES:
        for part, (prefix, _, _) in PARTS.items():
            column = prefix + quantity
            if all(column in run.log for run in runs):
                values = _stacked(runs, column, length)
                found.setdefault(quantity, {})[part] = (
                    list(range(1, length + 1)),
                    values.mean(axis=1).tolist(),
                    (values.std(axis=1, ddof=1).tolist() if len(runs) > 1 else None),
                )
    return found


def svg(recipe, runs):
    """The figure of a recipe as the text of an SVG file, the same from the same runs."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    curves = series(runs)
    settings = {"svg.fonttype": "none", "svg.hashsalt": "kerasdl", "font.size": 9}
    with mpl.rc_context(settings):
        figure = Figure(figsize=(3.9 * len(curves), 2.9), layout="constrained")
        FigureCanvasSVG(figure)
        for axes, (quantity, parts) in zip(
            figure.subplots(1, len(curves), squeeze=False)[0], curves.items(), strict=True
        ):
            for part, (epochs, mean, deviation) in parts.items():
                _, colour, dash = PARTS[part]
                single = {"marker": "o"} if len(epochs) == 1 else {}
                axes.plot(epochs, mean, dash, color=colour, label=part, linewidth=1.4, **single)
                if deviation is not None:
                    low = [m - d for m, d in zip(mean, deviation, strict=True)]
                    high = [m + d for m, d in zip(mean, deviation, strict=True)]
                    axes.fill_between(epochs, low, high, color=colour, alpha=0.2, linewidth=0)
            axes.set(xlabel="epoch", ylabel=quantity)
            axes.grid(alpha=0.3)
            axes.legend(frameon=False)
        figure.suptitle(f"{recipe.name}, {described(runs)}", fontsize=9)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()


def described(runs):
    """Which runs, in words."""
    backends = ", ".join(dict.fromkeys(run.backend for run in runs))
    n = f"n = {len(runs)}"
    return f"{backends}, {n}" + (", mean ± standard deviation" if len(runs) > 1 else "")


def _stacked(runs, column, length):
    import numpy as np

    return np.stack([run.log[column].to_numpy(float)[:length] for run in runs], axis=1)
