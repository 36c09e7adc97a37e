"""What `kerasdl bench augmentation` measured: a table a backend and mode, and one for a terminal."""

from dataclasses import dataclass

from kerasdl.backend import BACKENDS
from kerasdl.reports.markup import Prose
from kerasdl.reports.tables import Table, environment_columns
from kerasdl.text import markdown_table

LIBRARIES = {
    "kerasdl": "kerasdl",
    "kerasdl_drawn_before": "drawn before",
    "keras": "Keras",
    "keras_cv": "KerasCV",
    "kornia": "Kornia",
    "kornia_one_draw": "Kornia, one draw",
    "torchvision": "torchvision",
    "torchvision_one_draw": "torchvision, one draw",
    "native": "by hand",
}
"""Library of a row -> heading of its column, in the order of the columns."""

_MODES = {"tf.function": "in a plain `tf.function`", "XLA": "with XLA"}


@dataclass(frozen=True)
class AugmentationSpeed:
    """Layers on one backend, run in one way.

    Attributes:
        title: the backend's name for people, and how it ran the layers where there are two ways.
        table: images per second, a row a case and a column a library.
        environment: what was measured on what, in words.
    """

    title: str
    table: Table
    environment: str


def gather(results):
    """An `AugmentationSpeed` for each backend and mode, in the order of `BACKENDS`.

    Args:
        results: what `kerasdl.benchmarks.augmentation.measure` returned, in any order.
    """
    order = list(BACKENDS)
    return tuple(
        AugmentationSpeed(_title(result, mode), _table(rows), _environment(result))
        for result in sorted(results, key=lambda result: order.index(result["backend"]))
        for mode, rows in _by_mode(result["rows"]).items()
    )


def text(result):
    """The tables of one measurement, for a terminal."""
    lines = []
    for mode, rows in _by_mode(result["rows"]).items():
        table = _table(rows)
        lines += [f"{_title(result, mode)}:", ""]
        lines += [markdown_table(table.headings, table.rows, table.numeric), ""]
    return "\n".join(lines).rstrip()


def _by_mode(rows):
    """Rows by their mode, in the order of the file; older files have one, `None`."""
    groups = {}
    for row in rows:
        groups.setdefault(row.get("mode"), []).append(row)
    return groups


def _title(result, mode):
    return Prose(" ".join(filter(None, (BACKENDS[result["backend"]], _MODES.get(mode)))))


def _table(rows):
    rates = {(row["case"], row["library"]): row for row in rows}
    cases = dict.fromkeys(case for case, _ in rates)
    libraries = [key for key in LIBRARIES if any(library == key for _, library in rates)]
    some_jit = any(row.get("jit") for row in rows)
    columns = (
        ("", lambda case: case),
        *(
            (LIBRARIES[key], lambda case, key=key: _rate(rates.get((case, key)), some_jit))
            for key in libraries
        ),
        ("x", lambda case: _ratio([rates[case, key] for key in libraries if (case, key) in rates])),
    )
    return Table.of(columns, cases, numeric=True)


def _environment(result):
    rounds = f"n = {result['n']}, batches of {result['batch_size']}"
    return "; ".join([rounds, *(cell(result) for _, cell in _ENVIRONMENT)]) + "."


def _rate(row, some_jit):
    """Images per second: `*` marks a layer without JIT among others with it, `†` one draw a batch."""
    if row is None:
        return "-"
    if "error" in row:
        return "fails"
    marks = "*" * (some_jit and not row["jit"]) + "†" * _draws_for_the_batch(row)
    return Prose(f"{row['images_per_second']:,.0f}{marks}")


def _ratio(rows):
    """Our rate over the best of those that draw for each image."""
    rates = {
        row["library"]: row["images_per_second"]
        for row in rows
        if "error" not in row and not _does_less(row)
    }
    ours = rates.pop("kerasdl", None)
    return f"{ours / max(rates.values()):.2f}" if ours and rates else "-"


def _does_less(row):
    """Whether the layer draws less than one draw an image."""
    return row["library"] == "kerasdl_drawn_before" or _draws_for_the_batch(row)


def _draws_for_the_batch(row):
    """Whether the layer draws once for the whole batch."""
    keras_policy = (row["library"], row["layer"]) == ("keras", "RandAugment")
    return keras_policy or row["library"].endswith("_one_draw")


_ENVIRONMENT = environment_columns(lambda result: [result])
