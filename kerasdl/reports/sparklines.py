"""Curves and tables as text, for a terminal."""

from kerasdl import text

_BARS = "▁▂▃▄▅▆▇█"
_WIDEST = 60  # characters of a curve


def sparklines(quantity, lines):
    """Curves of one quantity as bars, all on one scale, with their last value.

    Args:
        quantity: what is drawn, in a word.
        lines: list of `kerasdl.reports.curves.Curve`.

    Example:
    >>> from kerasdl.reports.curves import Curve
    >>> print(sparklines("loss", [Curve.numbered(0, "a", [2.0, 1.0, 0.5])]))
    loss, from 0.5 to 2, 3 epochs
      a  █▃▁  0.5
    """
    finite = [value for curve in lines for value in curve.values if abs(value) < float("inf")]
    if not finite:
        return f"{quantity}: no finite value"
    low, high = min(finite), max(finite)
    epochs = max(len(curve.values) for curve in lines)
    width = max(len(curve.label) for curve in lines)
    step = -(-epochs // _WIDEST)
    heading = f"{quantity}, from {text.number(low)} to {text.number(high)}, {epochs} epochs"
    drawn = [
        f"  {text.one_line(curve.label).ljust(width)}  "
        + "".join(_bar(value, low, high) for value in curve.values[step - 1 :: step])
        + f"  {text.number(curve.values[-1])}"
        for curve in lines
    ]
    return "\n".join([heading, *drawn])


def _bar(value, low, high):
    if not low <= value <= high:  # nan, and infinite
        return "·"
    share = (value - low) / (high - low) if high > low else 0.0
    return _BARS[min(int(share * len(_BARS)), len(_BARS) - 1)]


def columns(table):
    """A `kerasdl.reports.tables.Table` as text, each column as wide as its widest cell.

    Example:
    >>> from kerasdl.reports.tables import Table
    >>> print(columns(Table(("", "n"), (("flip", "10"),))))
          n
    flip  10
    """
    if not table.rows:
        return ""
    lines = [table.headings, *table.rows]
    lines = [[text.one_line(cell) for cell in line] for line in lines]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
