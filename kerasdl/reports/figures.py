"""Figures: charts side by side, as SVG for Markdown pages and as data for the charts of HTML ones."""

import io
import math
import re
from dataclasses import dataclass
from pathlib import Path

from kerasdl.files import written_whole

_SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "kerasdl", "font.size": 9}
_COLUMNS = 3  # charts side by side, at most
_IN_A_CHART = 4  # entries of a legend inside a chart, at most: more stand below all charts
# dash, as Matplotlib writes it: lengths of strokes and gaps, and how a legend in grey shows it
_DASHES = {
    "-": ([], "\u2014"),
    "--": ([8, 4], "- -"),
    "-.": ([10, 4, 2, 4], "-\u00b7-"),
    ":": ([2, 4], "\u00b7\u00b7\u00b7"),
}


def file_name(name):
    """Name of the file with the figure of that name, as `<report>/<experiment>`.

    Example:
    >>> file_name("dropout/model1")
    'dropout-model1.svg'
    """
    return re.sub(r"[^\w.-]", "-", name) + ".svg"


@dataclass(frozen=True)
class Figure:
    """Curves of an experiment, of a family of them, or of a comparison of backends.

    Attributes:
        name: `<report>/<name>`, or `parity/<name>`.
        caption: what is drawn, in words.
        charts: quantity -> list of `Curve`.
        along: what the values of a curve are counted by: `"epoch"` or `"step"`.
        logarithmic: whether the axis of the values is; then every value is above 0.
    """

    name: str
    caption: str
    charts: dict
    along: str = "epoch"
    logarithmic: bool = False

    @property
    def file(self):
        """Name of the SVG file."""
        return file_name(self.name)

    def svg(self):
        """Text of the SVG file, the same from the same curves whatever the user's settings."""
        text = io.StringIO()
        self._draw(text, format="svg", metadata={"Date": None, "Creator": None})
        return text.getvalue()

    def save(self, path):
        """Write a picture, in the format that the ending of `path` names."""
        path = Path(path)
        with written_whole(path) as temporary:
            self._draw(temporary, format=path.suffix.removeprefix("."), dpi=110)

    def data(self):
        """What `assets/kerasdl.js` draws: a dictionary for JSON for each chart."""
        return [
            {"quantity": quantity, "along": self.along, "logarithmic": self.logarithmic}
            | _chart(curves)
            for quantity, curves in self.charts.items()
        ]

    def _draw(self, target, **options):
        import matplotlib as mpl
        from matplotlib.figure import Figure as Drawing

        columns = min(_COLUMNS, len(self.charts))
        rows = math.ceil(len(self.charts) / columns)
        longest = max(self.charts.values(), key=len)
        one_legend = rows > 1 or len(longest) > _IN_A_CHART
        with mpl.rc_context():
            mpl.rcdefaults()
            mpl.rcParams.update(_SETTINGS)
            drawing = Drawing(figsize=(3.9 * columns, 2.9 * rows), layout="constrained")
            subplots = drawing.subplots(rows, columns, squeeze=False).flat
            for (quantity, curves), axes in zip(self.charts.items(), subplots, strict=False):
                for curve in curves:
                    _draw_curve(axes, curve)
                axes.set(xlabel=self.along, ylabel=quantity)
                if self.logarithmic:
                    axes.set_yscale("log")
                    axes.minorticks_off()
                axes.grid(alpha=0.3)
                if not one_legend:
                    axes.legend(frameon=False)
            for unused in subplots:
                unused.set_axis_off()
            if one_legend:  # the charts have the same curves
                handles = axes.get_legend_handles_labels()
                place = {"loc": "outside lower center", "ncols": 2 * columns}
                drawing.legend(*handles, frameon=False, **place)
            title = f"{self.name}, {self.caption}"
            drawing.suptitle(title, fontsize=9, parse_math=False)
            drawing.savefig(target, **options)


def _draw_curve(axes, curve):
    """A curve and its band."""
    along = range(1, len(curve.values) + 1)
    single = {"marker": "o"} if len(along) == 1 else {}
    style = {"color": curve.colour, "label": curve.label, "linewidth": 1.4}
    axes.plot(along, curve.values, curve.dash, **style, **single)
    if curve.band is not None:
        axes.fill_between(along, *curve.band, color=curve.colour, alpha=0.2, linewidth=0)


def _chart(curves):
    last = max(len(curve.values) for curve in curves)
    return {
        "at": list(range(1, last + 1)),
        "parts": [_part(curve, last) for curve in curves],
    }


def _part(curve, last):
    """A curve, every list `last` values long; what is not finite, or not there, is `None`."""

    def padded(given):
        rounded = [float(f"{value:.5g}") if math.isfinite(value) else None for value in given]
        return rounded + [None] * (last - len(rounded))

    lengths, mark = _DASHES[curve.dash]
    part = {
        "name": curve.label,
        "colour": curve.colour,
        "dash": lengths,
        "mark": mark,
        "values": padded(curve.values),
    }
    if curve.band is not None:
        low, high = curve.band
        part |= {"low": padded(low), "high": padded(high)}
    return part
