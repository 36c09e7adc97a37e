"""Result files as runs and benches write them, for tests of what reads them."""

import json

from kerasdl import studies
from kerasdl.recipes import override, to_dict

# of `kerasdl bench training --json`
TRAINING_BENCH = {
    "recipe": "regularization/baseline",
    "backend": "jax",
    "n": 7,
    "images_per_second": 2345.6,
    "beside": {"name": "a plain Keras script", "images_per_second": 2400.0},
    "ratio": 0.9874,
    "versions": {"keras": "3.15.1"},
    "hardware": "a processor, 2 cores",
    "date": "2026-11-21",
}


def augmentation_bench(backend, ours=1234.5):
    """Of `kerasdl bench augmentation --json`: one case, where Keras has 100 images per second."""
    row = {"case": "flip", "layer": "Flip", "jit": True}
    rows = [
        {**row, "library": "kerasdl", "images_per_second": ours, "quartiles": [1, 2]},
        {**row, "library": "keras", "images_per_second": 100.0, "quartiles": [1, 2], "jit": False},
        {**row, "library": "kornia", "error": "RuntimeError: no"},
    ]
    environment = {key: TRAINING_BENCH[key] for key in ("versions", "hardware", "date")}
    return {"backend": backend, "n": 3, "batch_size": 256, **environment, "rows": rows}


def write_run(root, name, backend, seed, columns, status="finished", **more):
    """A run directory under `root`; `columns` is name -> values of its log, `more` of its result."""
    folder = root.joinpath(*name.split("/"), f"{backend}-seed{seed}")
    folder.mkdir(parents=True)
    recipe = override(studies.get(name), {"seed": seed})
    (folder / "recipe.json").write_text(json.dumps(to_dict(recipe)))
    lines = [",".join(("epoch", *columns))]
    lines += [
        ",".join(map(str, (i, *row)))
        for i, row in enumerate(zip(*columns.values(), strict=True), start=1)
    ]
    (folder / "log.csv").write_text("\n".join(lines) + "\n")
    result = {
        "recipe": name,
        "backend": backend,
        "dataset": studies.get(name).data.name,
        "seed": seed,
        "epochs": len(lines) - 1,
        "parameters": 1234,
        "parameters_total": 2345,
        "images": {"train": 100, "test": 10},
        "status": status,
        "seconds": 61.0,
        "images_per_second": 100.0,
        "metrics": {"test": {"accuracy": 0.7, "loss": 1.0}},
        "hardware": "a processor, 2 cores",
        "versions": {"keras": "3.15.1"},
        "date": "2026-11-21",
        **more,
    }
    (folder / "result.json").write_text(json.dumps(result))
    return folder
