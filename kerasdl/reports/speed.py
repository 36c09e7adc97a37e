"""What `kerasdl bench` measured: files, and the page of all benches."""

from dataclasses import dataclass

from kerasdl.backend import BACKENDS
from kerasdl.reports import (
    augmentation_speed,
    measured,
    shortfalls,
    speed_run,
    step_times,
    training_speed,
)
from kerasdl.reports.tables import Table, environment_columns

OF_THEIR_OWN = ("startup", "listed", "engines")
"""Keys of which results have one whose tables are their own: of start-up, streaming and engines."""
TITLE = "Speed, beside the plain alternative"


@dataclass(frozen=True)
class Speed:
    """The page of benches.

    Attributes:
        augmentation: tuple of `kerasdl.reports.augmentation_speed.AugmentationSpeed`.
        training: tuple of `kerasdl.reports.training_speed.TrainingSpeed`.
        growth: the same, of what was measured in several sizes.
        steps: tuple of `kerasdl.reports.step_times.StepTimes`.
        shortfalls: `Table` of rows that fall short, why, and what was tried.
        speed_run: a `kerasdl.reports.speed_run.SpeedRun`, or `None`.
        pairs: `Table` of recipes, and of what else their training was compared with.
        startup: `Table` of what a process takes until it has started.
        memory: `Table` of what a training holds after each epoch.
        streaming: `Table` of trainings on pictures in files, and on the same in memory.
        engines: `Table` of a sweep on Ray, and on the local pool.
    """

    augmentation: tuple
    training: tuple
    growth: tuple
    steps: tuple
    shortfalls: Table
    speed_run: speed_run.SpeedRun | None
    pairs: Table
    startup: Table
    memory: Table
    streaming: Table
    engines: Table


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


def gather(results, runs=(), script=None):
    """The page of `results`, the same in whichever order they are given.

    Args:
        results: what was written by `kerasdl bench --json`, a dictionary a file.
        runs: finished runs, `cifar10/fast` among them.
        script: what `kerasdl.reports.speed_run.read_script` gave.
    """
    layers = [result for result in results if "rows" in result]
    measurements = [each for result in results for each in result.get("measurements", ())]
    steps = [each for result in results for each in result.get("steps", ())]
    others = {"rows", "measurements", "steps", *OF_THEIR_OWN}
    pairs = _in_order(result for result in results if not others & set(result))
    starts, streamed, sweeps = (
        _in_order(result for result in results if key in result) for key in OF_THEIR_OWN
    )
    layer_tables = augmentation_speed.gather(layers)
    training_tables = training_speed.gather(measurements)
    return Speed(
        layer_tables,
        training_tables,
        training_speed.growth(measurements),
        step_times.gather(steps, measurements),
        shortfalls.gather(training_tables, layer_tables),
        speed_run.gather(runs, script),
        Table.of(PAIR_COLUMNS, pairs),
        startup_table(starts),
        Table.of(MEMORY_COLUMNS, [result for result in starts if result["memory"]]),
        Table.of(STREAMING_COLUMNS, streamed),
        Table.of(ENGINE_COLUMNS, sweeps),
    )


def _in_order(results):
    order = list(BACKENDS)
    return sorted(results, key=lambda result: (result["recipe"], order.index(result["backend"])))


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
    return ", ".join("-" if value is None else f"{value:,.0f}" for value in values)


def _engine_seconds(name):
    """The function of a result that gives the seconds of an engine."""

    def cell(result):
        (found,) = [each["seconds"] for each in result["engines"] if each["name"] == name]
        return f"{found:.1f}"

    return cell


def _rate(result):
    return f"{result['images_per_second']:,.0f}"


def _ratio(result):
    spread = result.get("ratio_quartiles")  # older files have none
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
STREAMING_COLUMNS = (
    ("recipe", lambda result: result["recipe"]),
    ("backend", lambda result: BACKENDS[result["backend"]]),
    ("pictures", lambda result: f"{result['images']:,}"),
    ("pixels", lambda result: f"{result['image_size']}x{result['image_size']}"),
    ("batch", lambda result: str(result["batch_size"])),
    ("streamed, images/s", _rate),
    ("in memory, images/s", lambda result: _rate(result["beside"])),
    ("ratio", lambda result: f"{result['ratio']:.3f}"),
    ("n", lambda result: str(result["n"])),
    (
        "peak MiB, streamed and in memory",
        lambda result: _mebibytes(
            result["peak_memory"][side] for side in ("streamed", "in memory")
        ),
    ),
    (
        "peak MiB of the first batches",
        lambda result: "; ".join(
            f"{_mebibytes([each['peak_memory']])} of {each['pictures']:,}"
            for each in result["listed"]
        ),
    ),
    *ENVIRONMENT_COLUMNS,
)
ENGINE_COLUMNS = (
    ("recipe", lambda result: result["recipe"]),
    ("backend", lambda result: BACKENDS[result["backend"]]),
    ("runs", lambda result: str(result["runs"])),
    ("cores", lambda result: str(result["cores"])),
    ("local pool, s", _engine_seconds("local")),
    ("Ray, s", _engine_seconds("ray")),
    ("throughput of Ray", lambda result: f"{result['ratio']:.3f}"),
    ("with its start", lambda result: f"{result['ratio_with_start']:.3f}"),
    ("n", lambda result: str(result["n"])),
    *ENVIRONMENT_COLUMNS,
)
