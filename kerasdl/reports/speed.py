"""What `kerasdl bench` measured: files, tables of layers and of pairs, and the page of benches."""

from dataclasses import dataclass

from kerasdl.backend import BACKENDS
from kerasdl.reports import measured, training_speed
from kerasdl.reports.markup import Prose
from kerasdl.reports.tables import Table, environment_columns
from kerasdl.text import markdown_table

TITLE = "Speed, beside the plain alternative"
LIBRARIES = {"kerasdl": "kerasdl", "keras": "Keras", "keras_cv": "KerasCV", "kornia": "Kornia"}


@dataclass(frozen=True)
class Augmentation:
    """Layers on one backend.

    Attributes:
        backend: its name for people.
        table: images per second, a row a case and a column a library.
        environment: what was measured on what, in words.
    """

    backend: str
    table: Table
    environment: str


@dataclass(frozen=True)
class Speed:
    """The page of benches.

    Attributes:
        augmentation: tuple of `Augmentation`, in the order of `BACKENDS`.
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
    layers.sort(key=lambda result: order.index(result["backend"]))
    measurements = [each for result in results for each in result.get("measurements", ())]
    pairs = [result for result in results if not {"rows", "measurements", "startup"} & set(result)]
    pairs.sort(key=lambda result: (result["recipe"], order.index(result["backend"])))
    starts = [result for result in results if "startup" in result]
    starts.sort(key=lambda result: (result["recipe"], order.index(result["backend"])))
    return Speed(
        tuple(map(_augmentation, layers)),
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


def augmentation_table(result):
    """Images per second of the layers in one measurement; `*` marks what ran without JIT."""
    rows = {(row["case"], row["library"]): row for row in result["rows"]}
    cases = dict.fromkeys(case for case, _ in rows)
    libraries = [key for key in LIBRARIES if any(library == key for _, library in rows)]
    columns = (
        ("", lambda case: case),
        *(
            (LIBRARIES[key], lambda case, key=key: _layer_rate(rows.get((case, key))))
            for key in libraries
        ),
        ("x", lambda case: _layer_ratio(rows, case)),
    )
    return Table.of(columns, cases, numeric=True)


def augmentation_text(result):
    """The same table for a terminal."""
    table = augmentation_table(result)
    return markdown_table(table.headings, table.rows, table.numeric)


def _augmentation(result):
    rounds = f"n = {result['n']}, batches of {result['batch_size']}"
    environment = [cell(result) for _, cell in ENVIRONMENT_COLUMNS]
    return Augmentation(
        BACKENDS[result["backend"]],
        augmentation_table(result),
        "; ".join([rounds, *environment]) + ".",
    )


def _layer_rate(row):
    if row is None:
        return "-"
    if "error" in row:
        return "fails"
    return Prose(_rate(row) + ("" if row["jit"] else "*"))


def _layer_ratio(rows, case):
    """The rate of our layer over that of Keras'."""
    rates = [rows.get((case, key), {}).get("images_per_second") for key in ("kerasdl", "keras")]
    return f"{rates[0] / rates[1]:.1f}" if all(rates) else "-"


def _rate(result):
    return f"{result['images_per_second']:,.0f}"


ENVIRONMENT_COLUMNS = environment_columns(lambda result: [result])
PAIR_COLUMNS = (
    ("recipe", lambda result: result["recipe"]),
    ("backend", lambda result: BACKENDS[result["backend"]]),
    ("images/s", _rate),
    ("beside", lambda result: result["beside"]["name"]),
    ("images/s", lambda result: _rate(result["beside"])),
    ("ratio", lambda result: f"{result['ratio']:.3f}"),
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
