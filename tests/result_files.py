"""Result files as runs and benches write them, for tests of what reads them."""

import json

from kerasdl import studies
from kerasdl.recipes import differences, override, to_dict
from kerasdl.runs.directory import run_name
from kerasdl.runs.identity import Identity

# of `kerasdl bench training --recipes --json`, and of `draws` and `checkpoints`
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


def training_measurement(backend, workload="vit", **more):
    """One of the measurements of `kerasdl bench training --json`.

    `more` replaces entries: `contenders`, `varied` and those of `setting` among them.
    """
    setting = {"workload": workload, "precision": "float32", "batch_size": 128, "images": 16384}
    setting |= {"image_size": 28, "depth": 2}
    setting |= {name: more.pop(name) for name in tuple(more) if name in setting}
    known = {"quartiles": [900.0, 1100.0], "compile_seconds": 1.23, "start_seconds": 9.87}
    known["peak_memory_mib"] = [500.2, 501.8]
    return {
        "setting": setting,
        "varied": [],
        "backend": backend,
        "n": 7,
        "contenders": [
            {"kind": "ours", "name": "kerasdl", "images_per_second": 1000.0, "ratio": 1.0, **known},
            {"kind": "keras", "name": "Keras fit", "images_per_second": 500, "ratio": 2.0, **known},
            {
                "kind": "allocation",
                "name": "given back",
                "images_per_second": 893,
                "ratio": 1.12,
                **known,
            },
            {
                "kind": "compiled",
                "name": "compiled",
                "images_per_second": 1200,
                "ratio": 0.83,
                "rates": [1100, 1200, 1300],
                **known,
            },
            {"kind": "native", "name": "slow", "images_per_second": 800, "ratio": 1.25, **known},
            {
                "kind": "native",
                "name": "fast",
                "images_per_second": 1250,
                "ratio": 0.8,
                "rates": [1000, 1250, 1300],
                **known,
            },
            {"kind": "native", "name": "broken", "failed": "ImportError: no compiler"},
        ],
        "notices": [],
        **{key: TRAINING_BENCH[key] for key in ("versions", "hardware", "date")},
        **more,
    }


def startup_bench(backend, cached=None):
    """Of `kerasdl bench startup --json`; `cached` seconds to the first step, compiled before."""
    rows = [{"name": "kerasdl list", "seconds": 0.118, "quartiles": [0.1, 0.2]}]
    if cached is not None:
        name = "first training step, compiled before"
        rows.append({"name": name, "seconds": cached, "quartiles": [3.0, 4.0]})
    environment = {key: TRAINING_BENCH[key] for key in ("recipe", "versions", "hardware", "date")}
    memory = {"epochs": [900.2, 1024.0], "peak": 1100.3}
    return {"backend": backend, "n": 3, **environment, "startup": rows, "memory": memory}


def step_bench(backend, milliseconds, **more):
    """Of `kerasdl bench step --json`: one workload, with so many milliseconds of each part."""
    environment = {key: TRAINING_BENCH[key] for key in ("versions", "hardware", "date")}
    setting = training_measurement(backend)["setting"]
    quartiles = {name: [value, value] for name, value in milliseconds.items()}
    step = {"setting": setting, "backend": backend, "n": 5, "milliseconds": milliseconds}
    return {"steps": [{**step, "quartiles": quartiles, **environment, **more}]}


def streaming_bench(backend):
    """Of `kerasdl bench streaming --json`."""
    listed = [{"pictures": 20_000, "peak_memory": 800.4}, {"pictures": 10**6, "peak_memory": 850.2}]
    peaks = {"streamed": 900.0, "in memory": 1800.0}
    more = {
        "images": 20_000,
        "batch_size": 32,
        "image_size": 96,
        "epoch": 2048,
        "peak_memory": peaks,
        "listed": listed,
    }
    return {**TRAINING_BENCH, "backend": backend, **more}


def engines_bench(backend):
    """Of `kerasdl bench engines --json`."""
    names = {"local": 40.0, "ray": 41.0, "ray with its start": 46.0}
    seconds = [{"name": name, "seconds": s, "quartiles": [s, s]} for name, s in names.items()]
    environment = {key: TRAINING_BENCH[key] for key in ("recipe", "versions", "hardware", "date")}
    counts = {"runs": 6, "cores": 2, "n": 3, "ratio": 0.9756, "ratio_with_start": 0.8696}
    return {"backend": backend, **environment, **counts, "engines": seconds}


def parity_result(planned, **more):
    """Of `kerasdl parity --json`: a planned comparison, where every distance is one rounding.

    `more` replaces entries: `pairs` and `departures` among them.
    """
    rounding = 1e-16 if planned.precision == "float64" else 1e-7
    quantities = ("outputs", "loss", "gradients", "statistics", "optimizer", "weights")
    curves = {quantity: [rounding] * planned.steps for quantity in quantities}
    pairs = ("tensorflow-torch", "tensorflow-jax", "torch-jax")
    return {
        "recipe": planned.recipe.name,
        "precision": planned.precision,
        "lockstep": planned.lockstep,
        "reference": "tensorflow",
        "steps": planned.steps,
        "pairs": dict.fromkeys(pairs, curves),
        "yardstick": [curves] * 5,
        "allowed": {"margin": 10, "floor": 1e-10 if planned.precision == "float64" else 1e-05},
        "departures": {pair: [] for pair in pairs},
        "seed": planned.recipe.seed,
        "settings": planned.recipe.settings(),
        "versions": {"keras": "3.15.1"},
        "hardware": "a processor, 2 cores",
        "date": "2026-11-21",
        **more,
    }


def write_run(root, name, backend, seed, columns, status="finished", changes=(), **more):
    """A run directory under `root`.

    `columns` is name -> values of its log, `changes` those of its recipe, `more` is in its result.
    """
    recipe = override(studies.get(name), {**dict(changes), "seed": seed})
    suffix = Identity(differences(recipe, studies.get(name))).suffix
    folder = root.joinpath(*name.split("/"), run_name(backend, seed, suffix))
    folder.mkdir(parents=True)
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
