"""The result table: what runs measured, a row an experiment and backend; and where they ran.

A new column is one more entry of `COLUMNS`: its heading, and what it shows of the runs of a row.
A run's `result` has at least what `kerasdl.runs.result_schema` requires of one that ended.
"""

from kerasdl.backend import BACKENDS
from kerasdl.claims.statistics import deviation, mean
from kerasdl.reports.markup import Link
from kerasdl.reports.tables import Table
from kerasdl.text import clock, distinct, number


def result_table(runs):
    """The table of `runs`, a sequence of `kerasdl.runs.finished.FinishedRun`, in their order.

    Within an experiment, rows are in the order of `BACKENDS`. Their last column has the numbers of
    the rows of `environment_table`.
    """
    rows = {(run.recipe, backend): [] for run in runs for backend in BACKENDS}
    for run in runs:
        rows[run.recipe, run.backend].append(run)
    numbers = _environments(runs)

    def environment(its_runs):
        return distinct(numbers[_environment(run)] for run in its_runs)

    return Table.of((*COLUMNS, ("environment", environment)), filter(None, rows.values()))


def environment_table(runs):
    """Hardware and versions, each pair of them once, in the order in which `runs` have them."""
    rows = tuple((number, *environment) for environment, number in _environments(runs).items())
    return Table(("environment", "hardware", "versions"), rows)


def _environments(runs):
    """Hardware and versions -> number of their row, from 1, as text."""
    found = dict.fromkeys(map(_environment, runs))
    return {environment: str(i) for i, environment in enumerate(found, start=1)}


def _environment(run):
    versions = (f"{package} {version}" for package, version in run.result["versions"].items())
    return str(run.result["hardware"]), ", ".join(versions)


def _experiment(runs):
    name = runs[0].recipe.partition("/")[2]
    return Link(name, f"#{name}")


def _epochs(runs):
    diverged = any(run.result["status"] == "diverged" for run in runs)
    return distinct(len(run.log) for run in runs) + (" (diverged)" if diverged else "")


def _measured(part):
    """Column of the metrics on a part of the data; of the loss only where there is nothing else."""

    def cell(runs):
        metrics = [run.result["metrics"].get(part, {}) for run in runs]
        names = [name for name in metrics[0] if name != "loss" or len(metrics[0]) == 1]
        return ", ".join(
            f"{name} {_spread([float(m.get(name, 'nan')) for m in metrics])}" for name in names
        )

    return cell


def _spread(values):
    """Mean and standard deviation over seeds."""
    shown = number(mean(values))
    return f"{shown} ± {number(deviation(values))}" if len(values) > 1 else shown


def _time(runs):
    return clock(mean([float(run.result["seconds"]) for run in runs]))


COLUMNS = (
    ("experiment", _experiment),
    ("backend", lambda runs: BACKENDS[runs[0].backend]),
    ("seeds", lambda runs: distinct(run.seed for run in runs)),
    ("epochs", _epochs),
    ("test", _measured("test")),
    ("validation", _measured("validation")),
    ("training", _time),
    ("date", lambda runs: distinct(run.result.get("date", "not recorded") for run in runs)),
)
