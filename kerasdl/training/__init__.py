"""From a recipe to a trained model and the files of its run."""

from kerasdl import backend

backend.require()  # one clear sentence, before Keras fails on a missing backend

from kerasdl.training.fit import Run, run_directory, train  # noqa: E402

__all__ = ["Run", "run_directory", "train"]
