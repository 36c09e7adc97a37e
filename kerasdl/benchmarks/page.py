"""What `kerasdl bench` measured, as tables and as a page; free of any backend."""

import json
from pathlib import Path

from kerasdl.backend import BACKENDS
from kerasdl.errors import UsageError

LIBRARIES = {"kerasdl": "kerasdl", "keras": "Keras", "keras_cv": "KerasCV", "kornia": "Kornia"}

TITLE = "# Speed, beside the plain alternative"
HOW = """Images per second, from the files in `bench` that `kerasdl bench` writes. Both sides run in
one process, in turn: only ratios count, the rates themselves depend on what else a machine does."""
AUGMENTATION = """Each cell is the median over n rounds of one batch of 32x32x3 float32 images, drawn and
augmented; every round runs all layers once. "x" is kerasdl's rate over Keras'. Layers are compiled
with JIT where they allow it; those that run without are marked *, as all on PyTorch.

Keras' nearest layers stand beside ours: `RandomTranslation` for cropping, which shifts by fractions
of a pixel, and `RandAugment` for both policies, which draws its operations once for the whole batch."""
TRAINING = """Epochs of 32x32x3 noise, one of the recipe and one of what it is compared with, in turn: the
medians of n epochs each, and the median of the n ratios. The plain script gives arrays to `fit`."""
_TRAINING_HEAD = (
    "recipe",
    "backend",
    "images/s",
    "beside",
    "images/s",
    "ratio",
    "n",
    "hardware",
    "versions",
    "date",
)


def read(folder):
    """All measurements in `folder`, as `--json` wrote them.

    Returns:
        List of dictionaries, in the order of their files' names.

    Raises:
        UsageError: a file is not what a bench wrote.
    """
    results = []
    for path in sorted(Path(folder).glob("*.json")):
        try:
            result = json.loads(path.read_text(encoding="utf-8"))
            page([result])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(
                f"{path} should be what `kerasdl bench --json` writes; reading it gave {error!r}."
            ) from error
        results.append(result)
    return results


def page(results):
    """A Markdown page of all measurements, always the same from the same numbers.

    Args:
        results: what the `measure` and `compare` of `kerasdl.benchmarks` gave.
    """
    order = list(BACKENDS)
    results = sorted(results, key=lambda result: order.index(result["backend"]))
    parts = [TITLE, HOW]
    layers = [result for result in results if "rows" in result]
    if layers:
        parts += ["## Augmentation", AUGMENTATION]
    for result in layers:
        parts += [
            f"### {BACKENDS[result['backend']]}",
            table(result),
            f"n = {result['n']}, batches of {result['batch_size']}; {result['hardware']}; "
            f"{_versions(result)}; {result['date']}.",
        ]
    training = [result for result in results if "rows" not in result]
    if training:
        training.sort(key=lambda result: (result["recipe"], order.index(result["backend"])))
        rows = [_TRAINING_HEAD, ["---"] * len(_TRAINING_HEAD), *map(_training_row, training)]
        parts += ["## Training", TRAINING, "\n".join(f"| {' | '.join(row)} |" for row in rows)]
    return "\n\n".join(parts) + "\n"


def table(result):
    """One backend's measurements of augmentation as a Markdown table."""
    cells = {(row["case"], row["library"]): row for row in result["rows"]}
    cases = list(dict.fromkeys(row["case"] for row in result["rows"]))
    libraries = [key for key in LIBRARIES if any(library == key for _, library in cells)]
    rows = [["", *(LIBRARIES[library] for library in libraries), "x"]]
    for case in cases:
        row = [cells.get((case, library)) for library in libraries]
        rows.append([case, *map(_cell, row), _ratio(cells, case)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [[row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in rows]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in [lines[0], rule, *lines[1:]])


def _training_row(result):
    beside = result["beside"]
    return [
        result["recipe"],
        BACKENDS[result["backend"]],
        f"{result['images_per_second']:,.0f}",
        beside["name"],
        f"{beside['images_per_second']:,.0f}",
        f"{result['ratio']:.3f}",
        str(result["n"]),
        result["hardware"],
        _versions(result),
        result["date"],
    ]


def _versions(result):
    return ", ".join(f"{name} {version}" for name, version in result["versions"].items())


def _cell(row):
    if row is None:
        return "-"
    if "error" in row:
        return "fails"
    return f"{row['images_per_second']:,.0f}" + ("" if row["jit"] else "*")


def _ratio(cells, case):
    rates = [cells.get((case, key), {}).get("images_per_second") for key in ("kerasdl", "keras")]
    return f"{rates[0] / rates[1]:.1f}" if all(rates) else "-"
