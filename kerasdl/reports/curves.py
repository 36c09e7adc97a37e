"""Curves over epochs, mean and deviation: what figures and charts draw.

Colours are Okabe and Ito's, which the colour-blind tell apart; dashes do it in grey.
"""

from dataclasses import dataclass

QUANTITIES = ("accuracy", "loss")
# part of the data: its prefix in the log
PREFIXES = {"training": "", "validation": "val_", "test": "test_"}
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8A8A8A")
DASHES = ("-", "--", "-.", ":")


@dataclass(frozen=True)
class Curve:
    """A line of a chart.

    Attributes:
        label: in the legend.
        style: number of its colour and dash.
        mean: a value an epoch, from epoch 1.
        deviation: standard deviation over the seeds an epoch, or `None` where there is one.
    """

    label: str
    style: int
    mean: list
    deviation: list | None

    @property
    def colour(self):
        """As `#rrggbb`."""
        return COLOURS[self.style % len(COLOURS)]

    @property
    def dash(self):
        """As Matplotlib writes it."""
        return DASHES[self.style % len(DASHES)]


def of_recipe(runs):
    """`quantity -> curves`, a curve a part of the data."""
    return _charts(
        {
            quantity: [
                _curve(part, style, runs, prefix + quantity)
                for style, (part, prefix) in enumerate(PREFIXES.items())
            ]
            for quantity in QUANTITIES
        }
    )


def of_family(members):
    """`part, quantity -> curves`, a curve a member: `label -> runs`.

    What is drawn is the part that all have and that was not trained on.
    """
    part = next(
        (
            part
            for part in ("validation", "test")
            if all(f"{PREFIXES[part]}loss" in run.log for runs in members.values() for run in runs)
        ),
        "training",
    )
    return part, _charts(
        {
            quantity: [
                _curve(label, style, runs, PREFIXES[part] + quantity)
                for style, (label, runs) in enumerate(members.items())
            ]
            for quantity in QUANTITIES
        }
    )


def described(*members):
    """Which runs, in words; each of `members` is a sequence of runs."""
    backends = ", ".join(dict.fromkeys(run.backend for runs in members for run in runs))
    counts = sorted({len(runs) for runs in members})
    seeds = max(len({run.seed for run in runs}) for runs in members)
    n = f"n = {counts[0]}" + (f" to {counts[-1]}" if len(counts) > 1 else "")
    each = " each" if len(members) > 1 else ""
    spread = f", mean ± standard deviation over {seeds} seeds" if seeds > 1 else ""
    return f"{backends}, {n}{each}{spread}"


def _charts(drawn):
    """Without the curves, and the charts, that there are no numbers for."""
    drawn = {quantity: [curve for curve in curves if curve] for quantity, curves in drawn.items()}
    return {quantity: curves for quantity, curves in drawn.items() if curves}


def _curve(label, style, runs, column):
    """Runs that stopped early shorten all: what is averaged is of the same runs throughout."""
    import numpy as np

    if not all(column in run.log for run in runs):
        return None
    length = min(len(run.log) for run in runs)
    by_seed = {}
    for run in runs:
        by_seed.setdefault(run.seed, []).append(run.log[column].to_numpy(float)[:length])
    values = np.stack([np.mean(alike, axis=0) for alike in by_seed.values()], axis=1)
    deviation = values.std(axis=1, ddof=1).tolist() if len(by_seed) > 1 else None
    return Curve(label, style, values.mean(axis=1).tolist(), deviation)
