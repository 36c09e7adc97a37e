"""Figures: accuracy beside loss, as SVG for Markdown pages and as data for the charts of HTML ones."""

import io
import math
from dataclasses import dataclass

_SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "kerasdl", "font.size": 9}
# dash, as Matplotlib writes it: lengths of strokes and gaps, and how a legend in grey shows it
_DASHES = {
    "-": ([], "\u2014"),
    "--": ([8, 4], "- -"),
    "-.": ([10, 4, 2, 4], "-\u00b7-"),
    ":": ([2, 4], "\u00b7\u00b7\u00b7"),
}


def file_name(name):
    """Name of the file with the figure of an experiment or a family, `<report>/<name>`.

    Example:
    >>> file_name("dropout/model1")
    'dropout-model1.svg'
    """
    return name.replace("/", "-") + ".svg"


@dataclass(frozen=True)
class Figure:
    """Curves of an experiment, or of a family of them.

    Attributes:
        name: `<report>/<name>`.
        caption: which runs, in words.
        charts: quantity -> list of `Curve`.
    """

    name: str
    caption: str
    charts: dict

    @property
    def file(self):
        """Name of the SVG file."""
        return file_name(self.name)

    def svg(self):
        """Text of the SVG file, the same from the same curves whatever the user's settings."""
        import matplotlib as mpl
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure as Drawing

        with mpl.rc_context():
            mpl.rcdefaults()
            mpl.rcParams.update(_SETTINGS)
            drawing = Drawing(figsize=(3.9 * len(self.charts), 2.9), layout="constrained")
            FigureCanvasSVG(drawing)
            subplots = drawing.subplots(1, len(self.charts), squeeze=False)[0]
            for axes, (quantity, curves) in zip(subplots, self.charts.items(), strict=True):
                for curve in curves:
                    _draw(axes, curve)
                axes.set(xlabel="epoch", ylabel=quantity)
                axes.grid(alpha=0.3)
                axes.legend(frameon=False, fontsize=9 if len(curves) < 5 else 7)
            drawing.suptitle(f"{self.name}, {self.caption}", fontsize=9)
            text = io.StringIO()
            drawing.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
        return text.getvalue()

    def data(self):
        """What `assets/kerasdl.js` draws: a dictionary for JSON for each chart."""
        return [_chart(quantity, curves) for quantity, curves in self.charts.items()]


def _draw(axes, curve):
    """A curve, with a band of one standard deviation."""
    epochs = range(1, len(curve.mean) + 1)
    single = {"marker": "o"} if len(epochs) == 1 else {}
    style = {"color": curve.colour, "label": curve.label, "linewidth": 1.4}
    axes.plot(epochs, curve.mean, curve.dash, **style, **single)
    if curve.deviation is not None:
        axes.fill_between(epochs, *curve.band, color=curve.colour, alpha=0.2, linewidth=0)


def _chart(quantity, curves):
    last = max(len(curve.mean) for curve in curves)
    return {
        "quantity": quantity,
        "epochs": list(range(1, last + 1)),
        "parts": [_part(curve, last) for curve in curves],
    }


def _part(curve, last):
    """A curve, every list `last` values long; what is not finite, or not there, is `None`."""

    def values(given):
        rounded = [float(f"{value:.5g}") if math.isfinite(value) else None for value in given]
        return rounded + [None] * (last - len(rounded))

    lengths, mark = _DASHES[curve.dash]
    part = {
        "name": curve.label,
        "colour": curve.colour,
        "dash": lengths,
        "mark": mark,
        "mean": values(curve.mean),
    }
    if curve.deviation is not None:
        low, high = curve.band
        part |= {"low": values(low), "high": values(high)}
    return part
