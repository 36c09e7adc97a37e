"""Matplotlib figures as PNG files, and as SVG whose ink is dark on light pages and light on dark ones."""

import io
import re
from pathlib import Path

from kerasdl.errors import from_os_error
from kerasdl.files import written_whole

BLUE, ORANGE = "#0072B2", "#D55E00"
"""Okabe and Ito's, which the colour-blind tell apart."""
_DPI = 120
_SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "kerasdl", "font.size": 9}
# Light ink is what black becomes on a dark page.
_STYLE = """<style>
:root { --ink: #1b1b1b }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8 } }
text { font-family: system-ui, sans-serif !important }
</style>"""


def new_figure(width, height):
    """An empty figure that belongs to no window, in inches, whatever the user's settings."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        figure = Figure(figsize=(width, height), layout="constrained", dpi=_DPI)
        FigureCanvasAgg(figure)
    return figure


def save_png(figure, path):
    """Write a figure as a PNG, whole or not at all.

    Raises:
        UsageError: the file cannot be written.

    Example:
    >>> save_png(new_figure(3, 2), tmp / "empty.png")
    """
    try:
        with written_whole(Path(path)) as temporary:
            figure.savefig(temporary, format="png")
    except OSError as error:
        raise from_os_error(f"Cannot write {path}", error) from error


def to_svg(figure):
    """A figure as the text of an SVG file: black follows the page, and white is transparent.

    Example:
    >>> "prefers-color-scheme" in to_svg(new_figure(3, 2))
    True
    """
    import matplotlib as mpl

    text = io.StringIO()
    with mpl.rc_context(_SETTINGS):
        figure.savefig(
            text, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
        )
    svg = text.getvalue().replace("#000000", "var(--ink)")
    svg = svg[svg.index("<svg") :]
    # Text without a colour of its own is black.
    svg = re.sub(r"<text style=\"(?!fill)", '<text style="fill: var(--ink); ', svg)
    return re.sub(r"(<svg[^>]*>)", lambda match: match[1] + _STYLE, svg, count=1)
