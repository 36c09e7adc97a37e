"""The `result.json` of a run: what it is from its first moment on, and how it ended."""

import math

import keras

from kerasdl import backend, determinism, files
from kerasdl.errors import UsageError
from kerasdl.models.fingerprint import weights_fingerprint
from kerasdl.runs import directory, record


class ResultFile:
    """Within it a run is trained; `result.json` says so, and then how it ended.

    The file is there from the start, with what the run is and the status `"begun"`. What is
    assigned (`result["metrics"] = ...`) is written at the end, together with what the log says.
    An exception is recorded as `"interrupted"` or `"failed"` and goes on.

    Args:
        experiment: what is trained.
        networks: its `Networks`.

    Attributes:
        entries: the dictionary that is written.
    """

    def __init__(self, experiment, networks):
        self.folder = experiment.folder
        self.entries = _description(experiment, networks)

    def __setitem__(self, key, value):
        self.entries[key] = value

    def __enter__(self):
        self._write(status="begun", epochs=0)
        return self

    def __exit__(self, kind, error, traceback):
        try:
            self.entries |= summary(self.folder)
        except UsageError:  # the log is damaged
            if error is None:
                raise
        if error is None:
            self._write()
        elif isinstance(error, (KeyboardInterrupt, SystemExit)):
            self._write(status="interrupted")
        else:
            self._write(status="failed", error=f"{type(error).__name__}: {error}")

    def _write(self, **entries):
        files.write_json(self.folder / directory.RESULT, self.entries | entries)


def summary(folder):
    """What `log.csv` says of a run: epochs, seconds of training without evaluation, usual speed."""
    if not (folder / directory.LOG).exists():
        return {"epochs": 0, "seconds": 0.0, "images_per_second": None}
    log = directory.read_log(folder)
    rates = log["images_per_second"]
    return {
        "epochs": len(log),
        "seconds": round(float(log["seconds"].sum()), 2),
        # the first epoch compiles
        "images_per_second": float(rates[1:].median() if len(rates) > 1 else rates[0]),
    }


def environment():
    """What this process computes on and with, as it stands in `result.json`."""
    found = record.environment(keras.backend.backend(), backend.accelerators())
    return found | {"threads": backend.threads()}


def _description(experiment, networks):
    """What is known before training begins."""
    name, dataset = keras.backend.backend(), experiment.dataset
    parts = {part: getattr(dataset, part) for part in ("train", "validation", "test")}
    trained = networks.trained
    return {
        "recipe": experiment.recipe.name,
        "backend": name,
        "dataset": dataset.name,
        "source": dataset.source,
        **({"notice": experiment.notice} if experiment.notice else {}),
        "seed": experiment.recipe.seed,
        "epochs": experiment.recipe.epochs,
        "parameters": sum(math.prod(weight.shape) for weight in trained.trainable_weights),
        "parameters_total": trained.count_params(),
        "images": {part: len(split) for part, split in parts.items() if split is not None},
        **environment(),
        "deterministic": determinism.is_enabled(),
        **_class_weights(experiment),
        "model": "recipe" if experiment.model is None else "own",
        **({} if experiment.model is None else {"initial_weights": weights_fingerprint(trained)}),
        "identity": experiment.identity.to_dict(),
        "code": record.code(),
        **({"pretrained": networks.pretrained} if networks.pretrained else {}),
    }


def _class_weights(experiment):
    """Which factor each class has in the training loss, in a run that has any."""
    weights = experiment.class_weights
    if weights is None:
        return {}
    rounded = [round(float(weight), 6) for weight in weights]
    return {"class_weights": dict(zip(experiment.dataset.classes, rounded, strict=True))}
