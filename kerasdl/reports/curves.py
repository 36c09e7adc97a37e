"""Curves over epochs: the mean and the standard deviation over runs that differ in their seed.

Colours are Okabe and Ito's, which the colour-blind tell apart; dashes tell them apart in grey.
"""

from dataclasses import dataclass

QUANTITIES = ("accuracy", "loss")
# part of the data -> what its columns in the log begin with
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
        deviation: standard deviation over the seeds an epoch, or `None` where there is one seed.
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

    @property
    def band(self):
        """One standard deviation below the mean and above it: two lists.

        Example:
        >>> Curve("test", 0, [1.0, 2.0], [0.5, 0.25]).band
        ([0.5, 1.75], [1.5, 2.25])
        """
        pairs = list(zip(self.mean, self.deviation, strict=True))
        return [m - d for m, d in pairs], [m + d for m, d in pairs]


def of_experiment(runs):
    """Charts of an experiment: quantity -> curves, one for each part of the data in its logs."""
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
    """Charts of a family, all on one part of the data: one that every run logs, preferably held out.

    Args:
        members: label -> runs.

    Returns:
        The part, and charts: quantity -> curves, one for each member.
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


def description(*groups):
    """Backends, number of runs and seeds of some groups of runs, in words."""
    backends = ", ".join(dict.fromkeys(run.backend for runs in groups for run in runs))
    counts = sorted({len(runs) for runs in groups})
    seeds = max(len({run.seed for run in runs}) for runs in groups)
    n = f"n = {counts[0]}" + (f" to {counts[-1]}" if len(counts) > 1 else "")
    each = " each" if len(groups) > 1 else ""
    spread = f", mean ± standard deviation over {seeds} seeds" if seeds > 1 else ""
    return f"{backends}, {n}{each}{spread}"


def _charts(charts):
    """`charts` without the curves that no run has numbers for, and without charts of no curve."""
    charts = {quantity: [curve for curve in curves if curve] for quantity, curves in charts.items()}
    return {quantity: curves for quantity, curves in charts.items() if curves}


def _curve(label, style, runs, column):
    """Mean and deviation over the seeds of the mean over backends, up to the shortest run's end."""
    import numpy as np

    if not all(column in run.log for run in runs):
        return None
    length = min(len(run.log) for run in runs)
    by_seed = {}
    for run in runs:
        by_seed.setdefault(run.seed, []).append(run.log[column].to_numpy(float)[:length])
    values = np.stack([np.mean(backends, axis=0) for backends in by_seed.values()], axis=1)
    deviation = values.std(axis=1, ddof=1).tolist() if len(by_seed) > 1 else None
    return Curve(label, style, values.mean(axis=1).tolist(), deviation)
