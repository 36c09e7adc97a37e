"""Weights & Biases, on its server or, with WANDB_MODE=offline, in files that `wandb sync` sends later."""

import hashlib
import os
import secrets

NEEDS = ("wandb",)
TARGET = "a project; without it, that of WANDB_PROJECT, or kerasdl"
PROJECT = "kerasdl"


class Tracker:
    """A run of a project, in the group of its recipe.

    Offline each start of a training leaves a folder of its own in `wandb/` in the run directory, all
    with the identity of the run.

    Args:
        target: name of the project, or `""`.
        run: the `TrackedRun`.
    """

    def __init__(self, target, run):
        self._project, self._tracked = target, run

    def begin(self, identity, first_epoch):
        """Begin the run of that identity, or go on with it; all is drawn along the epochs."""
        import wandb

        run = self._tracked
        identity = identity or secrets.token_hex(8)
        run.folder.mkdir(parents=True, exist_ok=True)
        self._run = wandb.init(
            project=self._project or os.environ.get("WANDB_PROJECT") or PROJECT,
            id=identity,
            resume="allow",
            name=f"{run.recipe} {run.name}",
            group=run.recipe,
            config=dict(run.settings),
            dir=str(run.folder),
            reinit="create_new",
            settings=wandb.Settings(silent=True, console="off"),
        )
        self._run.define_metric("epoch")
        self._run.define_metric("*", step_metric="epoch")
        return identity

    def log(self, epoch, values):
        """A point of history with all columns."""
        self._run.log({"epoch": epoch, **values})

    def picture(self, name, path):
        """An image of that name."""
        import wandb

        self._run.log({name: wandb.Image(str(path))})

    def artifact(self, path):
        """A version of an artifact of the file's name; equal bytes make no second one."""
        name = hashlib.sha256(f"{self._tracked.recipe} {self._tracked.name}".encode()).hexdigest()
        self._run.log_artifact(str(path), name=f"{path.stem}-{name[:8]}", type=path.suffix[1:])

    def end(self, status):
        """Send what is left, and say how the run ended."""
        self._run.summary["status"] = status
        self._run.finish(exit_code=0 if status in ("finished", "diverged") else 1)
