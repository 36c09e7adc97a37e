"""Measurements of `kerasdl bench augmentation` as a table and as a page; free of any backend."""

LIBRARIES = {"kerasdl": "kerasdl", "keras": "Keras", "keras_cv": "KerasCV", "kornia": "Kornia"}
BACKENDS = {"tensorflow": "TensorFlow", "torch": "PyTorch", "jax": "JAX"}

HEAD = """# Augmentation: images per second

Each cell is the median over n rounds of one batch of 32x32x3 float32 images, drawn and augmented;
every round runs all layers once, in turn, in one process. "x" is kerasdl's rate over Keras'. Layers
are compiled with JIT where they allow it; those that run without are marked *, as all on PyTorch.

Keras' nearest layers stand beside ours: `RandomTranslation` for cropping, which shifts by fractions
of a pixel, and `RandAugment` for both policies, which draws its operations once for the whole batch.
"""


def page(results):
    """A Markdown page of several backends' measurements, always the same from the same numbers.

    Args:
        results: what `kerasdl.benchmarks.augmentation.measure` gave, in any order.
    """
    order = list(BACKENDS)
    results = sorted(results, key=lambda result: order.index(result["backend"]))
    parts = [HEAD]
    for result in results:
        versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
        parts.append(
            f"## {BACKENDS[result['backend']]}\n\n{table(result)}\n\n"
            f"n = {result['n']}, batches of {result['batch_size']}; {result['hardware']}; "
            f"{versions}; {result['date']}.\n"
        )
    return "\n".join(parts)


def table(result):
    """One backend's measurements as a Markdown table."""
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


def _cell(row):
    if row is None:
        return "-"
    if "error" in row:
        return "fails"
    return f"{row['images_per_second']:,.0f}" + ("" if row["jit"] else "*")


def _ratio(cells, case):
    rates = [cells.get((case, key), {}).get("images_per_second") for key in ("kerasdl", "keras")]
    return f"{rates[0] / rates[1]:.1f}" if all(rates) else "-"
