"""The picture of the first page: accuracies that the reports claim, and ours, on one axis.

A row is a claim with its words above it, a group a report; the axis is how many points the measured
accuracy is above the claimed one. It is SVG without a script, as wide as a phone, with colours for day and for night.
"""

import math
from dataclasses import dataclass

from markupsafe import escape

from kerasdl.claims import Near
from kerasdl.claims.words import ASSUMPTION_USED, FAILS, HOLDS, ONE_AGREES, ONE_DISAGREES
from kerasdl.text import cut

FILE = "claimed-and-measured.svg"
REACH = 25  # points to each side; what is farther stands at the edge, with an arrow
_WIDTH, _LEFT, _RIGHT = 390, 14, 14
_ROW, _HEAD, _TOP, _BOTTOM = 30, 28, 82, 40
_WORDS = 58  # characters of a claim that are as wide as the picture
_TICKS = (-20, -10, 0, 10, 20)
_KINDS = {
    HOLDS: "agrees",
    ONE_AGREES: "agrees",
    FAILS: "differs",
    ONE_DISAGREES: "differs",
    ASSUMPTION_USED: "used",
}
_STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #1b1b1b }
  .head { font-weight: 600 } .name { paint-order: stroke; stroke: #ffffff; stroke-width: 5px }
  .dim { fill: #595959 } .line { stroke: #c4c4c4 } .zero { stroke: #1b1b1b }
  .agrees { stroke: #00684a; fill: #00684a } .differs { stroke: #b3400a; fill: #b3400a }
  .used { stroke: #1d5fa8; fill: #1d5fa8 }
  .open { fill: #ffffff } .paper { fill: #ffffff } .undecided { stroke: #666666; fill: #666666 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e8e8e8 } .dim { fill: #a8a8a8 } .line { stroke: #44484c } .zero { stroke: #e8e8e8 }
    .agrees { stroke: #5fd3a8; fill: #5fd3a8 } .differs { stroke: #ff9a5c; fill: #ff9a5c }
    .used { stroke: #8ab8f0; fill: #8ab8f0 }
    .name { stroke: #16181a } .open, .paper { fill: #16181a } .undecided { stroke: #b0b0b0; fill: #b0b0b0 }
  }
"""


@dataclass(frozen=True)
class Comparison:
    """A claimed accuracy beside the measured one.

    Attributes:
        says: the claim's words.
        word: its verdict.
        difference: measured less claimed, in points.
        interval: where one more run would fall, or the seeds lie, likewise; or `None` for one seed.
    """

    says: str
    word: str
    difference: float
    interval: tuple | None


def comparisons(judged):
    """Those of `judged`, a sequence of `Judged`, that claim an accuracy and have a number."""
    found = []
    for row in judged:
        check, verdict = row.claim.check, row.verdict
        if not isinstance(check, Near) or "accuracy" not in str(check.measure):
            continue
        if not 0 <= check.value <= 1 or not verdict.means or not math.isfinite(verdict.means[0]):
            continue
        points = [
            100 * (value - check.value) for value in (*verdict.means, *(verdict.interval or ()))
        ]
        interval = tuple(points[1:]) if verdict.interval else None
        found.append(Comparison(row.claim.says, verdict.word, points[0], interval))
    return sorted(found, key=lambda each: each.difference)


def svg(groups):
    """Text of the SVG file.

    Args:
        groups: name of a report -> list of `Comparison`; those without any are left out.
    """
    groups = {name: rows for name, rows in groups.items() if rows}
    height = _TOP + _BOTTOM + sum(_HEAD + _ROW * len(rows) for rows in groups.values())
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" role="img">',
        "<title>Accuracy measured, in points above the one that the report claims</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{_WIDTH}" height="{height}"/>',
        *_legend(),
    ]
    for tick in _TICKS:
        x = _x(tick)
        kind = "zero" if tick == 0 else "line"
        lines.append(
            f'<line class="{kind}" x1="{x}" x2="{x}" y1="{_TOP}" y2="{height - _BOTTOM}"/>'
        )
        lines.append(_text(x, height - _BOTTOM + 14, f"{tick:+d}" if tick else "as claimed", "dim"))
    lines.append(_text(_WIDTH / 2, height - 8, "measured less claimed, points of accuracy", "dim"))
    y = _TOP
    for name, rows in groups.items():
        lines.append(_text(_LEFT, y + 18, name, "head name", anchor="start"))
        y += _HEAD
        for row in rows:
            lines += _row(row, y)
            y += _ROW
    return "\n".join([*lines, "</svg>", ""])


def _legend():
    entries = (
        (14, 16, "agrees", True, "holds, with the range of one more run"),
        (14, 36, "differs", True, "does not hold"),
        (124, 36, "agrees", False, "one run, agrees"),
        (244, 36, "differs", False, "one run, disagrees"),
        (276, 16, "undecided", True, "undecided"),
        (14, 56, "used", True, "used to choose an assumption: no evidence"),
    )
    for x, y, kind, several, words in entries:
        if several:
            yield f'<line class="{kind}" x1="{x - 8}" x2="{x + 8}" y1="{y}" y2="{y}" stroke-width="2"/>'
        yield _mark(x, y, kind, several)
        yield _text(x + 13, y + 4, words, anchor="start")


def _row(row, y):
    kind, several = _kind(row.word), row.interval is not None
    words = f"{row.says}: {row.difference:+.1f} points, {row.word}"
    yield _text(_LEFT, y + 12, cut(row.says, _WORDS), "dim name", anchor="start")
    yield f"<g><title>{escape(words)}</title>"
    y += 22  # the words stand above the mark
    if several:
        low, high = map(_x, row.interval)
        yield f'<line class="{kind}" x1="{low}" x2="{high}" y1="{y}" y2="{y}" stroke-width="2"/>'
    yield _mark(_x(row.difference), y, kind, several)
    if abs(row.difference) > REACH:
        right = row.difference > 0
        x = _x(row.difference) + (-8 if right else 8)
        words = f"{row.difference:+.0f}"
        yield _text(x, y + 4, words, "name", anchor="end" if right else "start")
    yield "</g>"


def _kind(word):
    """Class of a mark."""
    return _KINDS.get(word, "undecided")


def _mark(x, y, kind, several):
    """A cross where a claim is contradicted, a diamond where it is no evidence, else a circle.

    A circle is open for one run.
    """
    if kind == "differs":
        width = 2.4 if several else 1.2
        path = f"M{x - 3.5:g} {y - 3.5:g}l7 7m0 -7l-7 7"
        return f'<path class="{kind}" d="{path}" stroke-width="{width}"/>'
    if kind == "used":
        return f'<path class="{kind} open" d="M{x - 4:g} {y:g}l4 -4l4 4l-4 4z" stroke-width="1.5"/>'
    return f'<circle class="{kind}{"" if several else " open"}" cx="{x}" cy="{y}" r="3.5"/>'


def _x(points):
    """Where on the axis, inside the picture."""
    share = (max(-REACH, min(REACH, points)) + REACH) / (2 * REACH)
    return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)


def _text(x, y, words, kind="", anchor="middle"):
    style = f' class="{kind}"' if kind else ""
    return f'<text{style} x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(words)}</text>'
