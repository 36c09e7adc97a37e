"""Runs in the trackers that people use: `kerasdl train RECIPE --track tensorboard`.

A tracker is a module here, by the name that the command line knows it by: `mlflow.py` is `--track
mlflow`. It holds

    NEEDS       modules that have to be importable
    TARGET      what may stand behind its name, as in `mlflow:URI`, in words
    Tracker     a class: `Tracker(target, run)`, where `target` is that text or `""`, and `run` the
                `TrackedRun`; with

        begin(identity, first_epoch) -> identity   of a new run where it is `None`; a text
        log(epoch, values)                         numbers by column of `log.csv`; epochs from 1
        picture(name, path)                        of a PNG file
        artifact(path)                             of a file of the run directory
        end(status)                                as in `result.json`

and imports what it needs when a `Tracker` is made. What one raises ends the tracking, never the training:
`following.py` sees to that.
"""

from kerasdl import discovery
from kerasdl.trackers.following import Followers, TrackedRun, followers, parse

TRACKERS = discovery.modules(__name__, besides=("following", "pictures"))
"""Names of the trackers, in alphabetical order."""

__all__ = ["TRACKERS", "Followers", "TrackedRun", "followers", "parse"]
