"""The distances over the steps: each pair of backends beside the yardstick."""

from kerasdl.files import written_whole
from kerasdl.parity.distances import FLOOR, MARGIN

COLOURS = ("#0072B2", "#D55E00", "#009E73")
SMALLEST = 1e-18  # what a distance of 0 is drawn at, on a logarithmic axis


def draw(comparison, path):
    """Write a picture of a comparison, in the format that the ending of `path` names.

    Args:
        comparison: what `Comparison.to_dict` gave.
        path: of the picture, `.svg`, `.png` or `.pdf`.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    quantities = list(comparison["yardstick"][0])
    steps = range(1, comparison["steps"] + 1)
    figure = Figure(figsize=(3.6 * len(quantities), 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, quantity in zip(figure.subplots(1, len(quantities)), quantities, strict=True):
        runs = [_values(run[quantity]) for run in comparison["yardstick"]]
        low, high = (list(map(pick, zip(*runs, strict=True))) for pick in (min, max))
        axes.fill_between(steps, low, high, color="#8A8A8A", alpha=0.5, label="one rounding")
        allowed = [max(FLOOR, MARGIN * value) for value in high]
        axes.plot(steps, allowed, ":", color="#555555", label="allowed")
        for colour, (pair, curves) in zip(COLOURS, comparison["pairs"].items(), strict=False):
            axes.plot(steps, _values(curves[quantity]), color=colour, label=pair)
        axes.set(yscale="log", xlabel="step", title=quantity)
        axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize=8)
    figure.suptitle(
        f"{comparison['recipe']}, {comparison['precision']}: distance relative to the largest entry"
    )
    with written_whole(path) as temporary:
        figure.savefig(temporary, format=path.suffix.removeprefix("."), dpi=110)


def _values(curve):
    return [max(float(value), SMALLEST) for value in curve]
