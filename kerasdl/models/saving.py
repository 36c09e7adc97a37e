"""A `.keras` file that also holds the names of its classes and where it came from.

A `.keras` file is a zip archive. One more member, `kerasdl.json`, which Keras ignores, holds the
names of the classes, the recipe and the data set. So plain Keras loads the model (after `import
kerasdl.layers`, if it has a layer or an initialiser of that), and `kerasdl predict` can name classes.
"""

import json
import shutil
import zipfile
from pathlib import Path

import keras

import kerasdl.layers
import kerasdl.optimizers  # noqa: F401  and what a user's own network was compiled with
from kerasdl import discovery, keras_file, text
from kerasdl.errors import UsageError, without_memory
from kerasdl.files import written_whole
from kerasdl.keras_file import METADATA


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
                archive.writestr(METADATA, json.dumps(metadata, ensure_ascii=False))
            shutil.move(keras_file, temporary)
        finally:
            keras_file.unlink(missing_ok=True)


def load_model(path, *, safe_mode=True):
    """The model in a `.keras` file and the dictionary saved with it.

    Args:
        path: a file that `save_model` or Keras wrote.
        safe_mode: whether the file is refused where it holds a Lambda, which is code that would
            run, or a class that is neither Keras' nor ours nor registered by this program
            (`keras.saving.register_keras_serializable`). `False` for files of your own only.

    Returns:
        The `keras.Model`, not compiled, and a dictionary: `{}` for a plain file.

    Raises:
        UsageError: there is no such file, it is not a Keras model, or loading it would be a risk:
            see `kerasdl.keras_file.read_contents`.

    Example:
    >>> keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)]).save(tmp / "plain.keras")
    >>> model, metadata = load_model(tmp / "plain.keras")
    >>> model.output_shape, metadata
    ((None, 3), {})
    """
    contents = keras_file.read_contents(path)
    for package in ("augmentation", "losses", "schedules"):  # a user's own network may hold them
        discovery.import_all(f"kerasdl.{package}")
    if safe_mode:
        _expect_known(path, contents.foreign)
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=safe_mode)
    # Whatever Keras makes of a file that anybody may have written.
    except Exception as error:
        if without_memory(error):
            raise
        reason = text.one_line(error) or type(error).__name__
        raise UsageError(f"{path} is not a Keras model that loads here: {reason:.300}") from error
    return model, contents.metadata


def _expect_known(path, foreign):
    for each in foreign:
        if not each.registered or keras.saving.get_registered_object(each.registered) is None:
            raise UsageError(
                f"{path} is refused: it holds {each.name}, whose code is neither Keras' nor ours; "
                "if you trust the file, load it in Python, by kerasdl.models.saving.load_model(path, "
                "safe_mode=False)."
            )
