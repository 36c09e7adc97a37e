"""What of a run's files decides whether two runs are the same: all but the times and the machine."""

import io
import zipfile

import h5py
import pandas as pd

from kerasdl import files
from kerasdl.runs import directory

OF_TIME = ("seconds", "images_per_second")


def what_was_computed(folder):
    """Of a finished run: the log without times, the results, and the weights, as bytes and numbers."""
    log = directory.read_log(folder).drop(columns=list(OF_TIME))
    result = directory.read_result(folder)
    assert result["status"] == "finished", result
    kept = ("recipe", "backend", "seed", "epochs", "parameters", "metrics", "identity")
    return {
        "recipe.json": files.read_json(folder / directory.RECIPE),
        "log.csv": log.to_csv(index=False),
        "result.json": {key: result[key] for key in kept if key in result},
        "weights": weights(folder / directory.MODEL),
    }


def weights(path):
    """Name -> bytes of every array in a `.keras` file."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        content = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(content) as file:
        file.visititems(
            lambda name, item: (
                found.update({name: item[()].tobytes()}) if isinstance(item, h5py.Dataset) else None
            )
        )
    assert found
    return found


def epochs_in(folder):
    """How many epochs a run has logged by now."""
    try:
        return len(pd.read_csv(folder / directory.LOG))
    except (OSError, ValueError):
        return 0
