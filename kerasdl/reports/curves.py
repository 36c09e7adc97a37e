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
    """A line of a chart, and a band around it.

    Attributes:
        label: in the legend.
        colour: as `#rrggbb`.
        dash: as Matplotlib writes it.
        values: one an epoch, or a step, from the first.
        band: lower and upper edge, two lists as long as `values`; or `None`.
    """

    label: str
    colour: str
    dash: str
    values: list
    band: tuple | None = None

    @classmethod
    def numbered(cls, number, label, values, band=None):
        """The curve whose colour and dash are those of this number, counted from 0.

        Example:
        >>> Curve.numbered(1, "test", [0.5, 0.7]).dash
        '--'
        """
        colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
        return cls(label, colour, dash, values, band)


def of_experiment(runs):
    """Charts of an experiment: quantity -> curves, one for each part of the data in its logs."""
    return _charts(
        {
            quantity: [
                _curve(number, part, runs, prefix + quantity)
                for number, (part, prefix) in enumerate(PREFIXES.items())
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
                _curve(number, label, runs, PREFIXES[part] + quantity)
                for number, (label, runs) in enumerate(members.items())
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


def _curve(number, label, runs, column):
    """Mean over the seeds of the mean over backends, up to the shortest run's end.

    Its band is one standard deviation over the seeds to each side, where there are several.
    """
    import numpy as np

    if not all(column in run.log for run in runs):
        return None
    length = min(len(run.log) for run in runs)
    by_seed = {}
    for run in runs:
        by_seed.setdefault(run.seed, []).append(run.log[column].to_numpy(float)[:length])
    values = np.stack([np.mean(backends, axis=0) for backends in by_seed.values()], axis=1)
    mean, band = values.mean(axis=1), None
    if len(by_seed) > 1:
        deviation = values.std(axis=1, ddof=1)
        band = ((mean - deviation).tolist(), (mean + deviation).tolist())
    return Curve.numbered(number, label, mean.tolist(), band)
