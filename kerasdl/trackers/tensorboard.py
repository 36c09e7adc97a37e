"""TensorBoard, through tensorboardX, which writes its event files without TensorFlow.

torch's `SummaryWriter` writes the same files, and needs PyTorch.
"""

import json
from pathlib import Path

NEEDS = ("tensorboardX",)
TARGET = "a folder; without it, tensorboard/ in the run directory"
FOLDER = "tensorboard"
EVENTS = "events.out.tfevents.*"


class Tracker:
    """Writes event files; `tensorboard --logdir runs` shows those of all runs.

    Args:
        target: the folder above those of the runs, or `""` for one in the run directory.
        run: the `TrackedRun`.
    """

    def __init__(self, target, run):
        self._run = run
        self._folder = run.folder / FOLDER
        if target:
            self._folder = Path(target).joinpath(*run.recipe.split("/"), run.name)

    def begin(self, identity, first_epoch):
        """The folder is the run's identity; events of another run in its place are deleted."""
        import tensorboardX

        if identity != str(self._folder):
            for old in self._folder.glob(EVENTS):
                old.unlink()
        # TensorBoard hides what an earlier file has of the steps from there on.
        purged = first_epoch + 1 if identity else None
        # A start within the same second as an earlier one would replace its file, without a number.
        number = sum(1 for _ in self._folder.glob(EVENTS))
        self._writer = tensorboardX.SummaryWriter(
            str(self._folder), purge_step=purged, filename_suffix=f".{number}"
        )
        self._text("configuration", dict(self._run.settings))
        return str(self._folder)

    def log(self, epoch, values):
        """A scalar for each column, with its name, at the step of the epoch."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, epoch)
        self._writer.flush()

    def picture(self, name, path):
        """An image of that name."""
        import numpy as np
        from PIL import Image

        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
        self._writer.add_image(name, pixels, dataformats="HWC")

    def artifact(self, path):
        """The text of a small JSON file; other files lie in the run directory beside the events."""
        if path.suffix == ".json":
            self._text(path.name, json.loads(path.read_text(encoding="utf-8")))

    def end(self, status):
        """Close the file."""
        self._text("status", status)
        self._writer.close()

    def _text(self, name, value):
        lines = json.dumps(value, indent=2, ensure_ascii=False).splitlines()
        self._writer.add_text(name, "\n".join(f"    {line}" for line in lines))  # code, in Markdown
