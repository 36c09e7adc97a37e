"""The runs of a comparison, each in a process of its own, and what comes out of them."""

import datetime
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from kerasdl import recipes
from kerasdl.backend import BACKENDS
from kerasdl.errors import UsageError
from kerasdl.files import write_json
from kerasdl.parity.comparison import Comparison
from kerasdl.processes import Children
from kerasdl.recipes.rules import PRECISIONS
from kerasdl.runs import record

FLOAT64 = "float64"  # no precision of a recipe: it is for this measurement alone


def _silent(line):
    """No progress is shown."""


@dataclass(frozen=True)
class Design:
    """What is compared.

    Attributes:
        steps: number of updates.
        precision: `"float64"`, where only a difference of the computation is left, or one of
            `kerasdl.recipes.rules.PRECISIONS`; `None` for the recipe's own.
        perturbed: number of runs that make the yardstick.
        lockstep: whether every step starts from the weights, statistics and optimizer that the
            first backend has there, and those of the yardstick from them, perturbed anew: so that
            what is compared is one step, and nothing accumulates.
    """

    steps: int = 50
    precision: str | None = None
    perturbed: int = 5
    lockstep: bool = False


def compare(recipe, backends, design=Design(), *, data_dir=None, progress=_silent):
    """Run a recipe for some steps on several backends and measure how far they are apart.

    The first backend is the reference. Its steps, and those of every backend but the last, are
    kept in temporary files while the comparison runs: about twelve bytes a weight and step.

    Args:
        recipe: a `Recipe`.
        backends: names of installed backends, at least one.
        design: a `Design`.
        data_dir: where the data sets are.
        progress: called with a line before each run.

    Returns:
        A `Comparison`.

    Raises:
        UsageError: there is no such precision, or a run failed; its last line says why.
    """
    steps, lockstep = design.steps, design.lockstep
    precision = design.precision or recipe.precision
    if precision not in (*PRECISIONS, FLOAT64):
        raise UsageError(
            f"The precision of a comparison should be one of {', '.join((*PRECISIONS, FLOAT64))}; "
            f"received {precision!r}."
        )
    recipe = recipes.override(
        recipe, {"precision": "float32" if precision == FLOAT64 else precision}
    )
    first, *_ = backends
    pairs, yardstick, not_finite = {}, [], {}
    with tempfile.TemporaryDirectory(prefix="kerasdl-parity-") as root:
        job = {
            "recipe": recipes.to_dict(recipe),
            "data_dir": None if data_dir is None else str(data_dir),
            "steps": steps,
            "precision": precision,
            "lockstep": first if lockstep else None,
        }
        traced = {}
        for i, name in enumerate(backends):
            progress(f"{name}: {steps} steps")
            found = _trace(
                Path(root, name),
                name,
                job
                | {
                    "perturbation": None,
                    "references": traced,
                    "keep": i == 0 or i < len(backends) - 1,
                },
            )
            if found["not_finite"]:
                not_finite[name] = found["not_finite"]
            pairs |= {f"{other}-{name}": steps for other, steps in found["distances"].items()}
            traced = traced | {name: str(Path(root, name))}
        for seed in range(design.perturbed):
            progress(f"{first}, weights perturbed: {seed + 1} of {design.perturbed}")
            changed = job | {
                "perturbation": seed,
                "references": {first: traced[first]},
                "keep": False,
            }
            found = _trace(Path(root, f"perturbed{seed}"), first, changed)
            yardstick += found["distances"].values()
    return Comparison(
        recipe.name,
        precision,
        first,
        pairs,
        yardstick,
        record=_record(recipe, backends),
        lockstep=lockstep,
        not_finite=not_finite,
    )


def _trace(folder, name, job):
    """What `kerasdl.parity.trace.run` gives of a run in a process of its own."""
    spec, out, printed = (folder.with_suffix(ending) for ending in (".json", ".out", ".txt"))
    write_json(spec, job | {"folder": str(folder)})
    environment = {"KERAS_BACKEND": name, "TF_CPP_MIN_LOG_LEVEL": "3"}
    if job["precision"] == FLOAT64:
        environment["JAX_ENABLE_X64"] = "1"
    command = [sys.executable, "-m", "kerasdl.parity.trace", str(spec), str(out)]
    children = Children(at_once=1)
    try:
        ending = children.run(command, printed, environment)
    except BaseException:
        children.stop()
        raise
    if ending.code:
        raise UsageError(f"The run on {BACKENDS[name]} failed: {ending.message}")
    return json.loads(out.read_text(encoding="utf-8"))


def _record(recipe, backends):
    """What was compared on what, and when."""
    versions = {}
    for name in backends:
        versions |= record.versions(name)
    return {
        "seed": recipe.seed,
        "settings": recipe.settings(),
        "versions": versions,
        "hardware": record.hardware(),
        "date": datetime.date.today().isoformat(),
    }
