"""What `kerasdl bench` measured: files, and the page of all benches."""

from dataclasses import dataclass

from kerasdl.backend import BACKENDS
from kerasdl.reports import augmentation_speed, measured, training_speed
from kerasdl.reports.tables import Table, environment_columns

TITLE = "Speed, beside the plain alternative"


@dataclass(frozen=True)
class Speed:
    """The page of benches.

    Attributes:
        augmentation: tuple of `kerasdl.reports.augmentation_speed.AugmentationSpeed`.
        training: tuple of `kerasdl.reports.training_speed.TrainingSpeed`.
        pairs: `Table` of recipes, and of what else their training was compared with.
        startup: `Table` of what a process takes until it has started.
        memory: `Table` of what a training holds after each epoch.
    """

    augmentation: tuple
    training: tuple
    pairs: Table
    startup: Table
    memory: Table


def read_results(folder):
    """All measurements in `folder`, as `kerasdl bench --json` wrote them.

    Returns:
        List of dictionaries, in the order of their files' names.

    Raises:
        UsageError: a file is not what a bench wrote.
    """

    def parse(_, result):
        gather([result])
        return result

    return measured.read_folder(folder, parse, "kerasdl bench --json")


def gather(results):
    """The page of `results`, the same in whichever order they are given.

    Args:
        results: what was written by `kerasdl bench --json`, a dictionary a file.
    """
    order = list(BACKENDS)
    layers = [result for result in results if "rows" in result]
    measurements = [each for result in results for each in result.get("measurements", ())]
    pairs = [result for result in results if not {"rows", "measurements", "startup"} & set(result)]
    pairs.sort(key=lambda result: (result["recipe"], order.index(result["backend"])))
    starts = [result for result in results if "startup" in result]
    starts.sort(key=lambda result: (result["recipe"], order.index(result["backend"])))
    return Speed(
        augmentation_speed.gather(layers),
        training_speed.gather(measurements),
        Table.of(PAIR_COLUMNS, pairs),
        startup_table(starts),
        Table.of(MEMORY_COLUMNS, [result for result in starts if result["memory"]]),
    )


def startup_table(results):
    """Seconds until each process of `kerasdl bench startup` has started, a column a process."""
    names = dict.fromkeys(row["name"] for result in results for row in result["startup"])
    columns = (
        ("recipe", lambda result: result["recipe"]),
        ("backend", lambda result: BACKENDS[result["backend"]]),
        *((name, lambda result, name=name: _seconds(result, name)) for name in names),
        ("n", lambda result: str(result["n"])),
        *ENVIRONMENT_COLUMNS,
    )
    return Table.of(columns, results)


def _seconds(result, name):
    found = [row["seconds"] for row in result["startup"] if row["name"] == name]
    return f"{found[0]:.2f}" if found else "-"


def _mebibytes(values):
    return ", ".join(f"{value:,.0f}" for value in values)


def _rate(result):
    return f"{result['images_per_second']:,.0f}"


def _ratio(result):
    spread = result.get("ratio_quartiles")  # kept since version 0.5
    within = "" if spread is None else f" ({spread[0]:.3f} to {spread[1]:.3f})"
    return f"{result['ratio']:.3f}{within}"


ENVIRONMENT_COLUMNS = environment_columns(lambda result: [result])
PAIR_COLUMNS = (
    ("recipe", lambda result: result["recipe"]),
    ("backend", lambda result: BACKENDS[result["backend"]]),
    ("images/s", _rate),
    ("beside", lambda result: result["beside"]["name"]),
    ("images/s", lambda result: _rate(result["beside"])),
    ("ratio", _ratio),
    ("n", lambda result: str(result["n"])),
    *ENVIRONMENT_COLUMNS,
)
MEMORY_COLUMNS = (
    ("recipe", lambda result: result["recipe"]),
    ("backend", lambda result: BACKENDS[result["backend"]]),
    ("MiB after each epoch", lambda result: _mebibytes(result["memory"]["epochs"])),
    ("peak", lambda result: _mebibytes([result["memory"]["peak"]])),
    *ENVIRONMENT_COLUMNS,
)
