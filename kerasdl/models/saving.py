"""A `.keras` file that also holds the names of its classes and where it came from.

A `.keras` file is a zip archive. One more member, `kerasdl.json`, which Keras ignores, holds the
names of the classes, the recipe and the data set. So plain Keras loads the model (after `import
kerasdl.layers`, if it is a `ViT`), and `kerasdl predict` can name classes.
"""

import json
import shutil
import zipfile
from pathlib import Path

import keras

import kerasdl.layers  # noqa: F401  registers the layers of our builders
from kerasdl import discovery
from kerasdl.errors import UsageError
from kerasdl.files import written_whole

MEMBER = "kerasdl.json"


def save_model(model, path, metadata):
    """Write `model` and the dictionary `metadata` to `path`, whole or not at all.

    Args:
        model: a `keras.Model`.
        path: the `.keras` file.
        metadata: dictionary of what JSON can hold, such as the names of the classes.

    Example:
    >>> from kerasdl.models import MLP
    >>> save_model(MLP((2,), classes=2, units=()), tmp / "m.keras", {"classes": ["a", "b"]})
    >>> load_model(tmp / "m.keras")[1]
    {'classes': ['a', 'b']}
    """
    path = Path(path)
    with written_whole(path) as temporary:
        keras_file = temporary.with_suffix(".saving.keras")  # Keras insists on the suffix
        try:
            model.save(keras_file)
            with zipfile.ZipFile(keras_file, "a") as archive:
                archive.writestr(MEMBER, json.dumps(metadata, ensure_ascii=False))
            shutil.move(keras_file, temporary)
        finally:
            keras_file.unlink(missing_ok=True)


def load_model(path):
    """The model in a `.keras` file and the dictionary saved with it.

    Args:
        path: a file that `save_model` or Keras wrote.

    Returns:
        The `keras.Model`, not compiled, and a dictionary: `{}` for a plain file.

    Raises:
        UsageError: there is no such file, or it is not a Keras model.

    Example:
    >>> keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)]).save(tmp / "plain.keras")
    >>> model, metadata = load_model(tmp / "plain.keras")
    >>> model.output_shape, metadata
    ((None, 3), {})
    """
    path = Path(path)
    if not path.is_file():
        raise UsageError(f"There is no model file {path}.")
    for package in ("augmentation", "losses", "schedules"):  # a user's own network may hold them
        discovery.import_all(f"kerasdl.{package}")
    try:
        with zipfile.ZipFile(path) as archive:
            ours = MEMBER in archive.namelist()
            metadata = json.loads(archive.read(MEMBER)) if ours else {}
        return keras.saving.load_model(path, compile=False), metadata
    except (zipfile.BadZipFile, ValueError, KeyError, TypeError, OSError) as error:
        raise UsageError(f"{path} is not a Keras model that loads here: {error}") from error
