"""Write a model in another format, whole or not at all, after the format's own runtime agrees."""

import contextlib
import importlib
import importlib.metadata
import importlib.util
import logging
import os
import shutil
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

from kerasdl import backend
from kerasdl.errors import SystemFailure, UsageError, without_memory

LARGEST_DIFFERENCE = 1e-4
"""Between a prediction of the runtime and one of the model, in each number of each output."""


@dataclass(frozen=True)
class Exported:
    """A model that was written in another format.

    Attributes:
        path: the file, or the folder.
        format: its name, as in `kerasdl.export.FORMATS`.
        runtime: what predicted from the file, with its version: `"onnxruntime 1.32.0"`; `""` where
            it is not installed.
        difference: largest absolute difference between a prediction of that and one of the model;
            `None` where there is no runtime.
        notice: a sentence on what is otherwise than in the model, or `""`.
    """

    path: Path
    format: str
    runtime: str
    difference: float | None
    notice: str = ""


def expect_possible(format, name):
    """Refuse what cannot be written, before a backend is imported.

    Args:
        format: one of `kerasdl.export.FORMATS`.
        name: of the backend in use.

    Raises:
        UsageError: the format cannot be written with the backend, or a package is missing; the
            sentence says what can.

    Example:
    >>> expect_possible("saved_model", "torch")
    Traceback (most recent call last):
    kerasdl.errors.UsageError: saved_model cannot be written with PyTorch (Keras needs torch_xla): ...
    """
    module = format_module(format)
    if name not in module.WRITERS:
        able = " or ".join(f"KERAS_BACKEND={each}" for each in module.WRITERS)
        others = ", ".join(each for each in _formats() if name in format_module(each).WRITERS)
        raise UsageError(
            f"{format} cannot be written with {backend.BACKENDS[name]} ({module.CANNOT[name]}): "
            f"{able} can, from the same .keras file, and {backend.BACKENDS[name]} can write {others}."
        )
    if missing := _missing(module.WRITERS[name]):
        raise UsageError(
            f"Writing {format} with {backend.BACKENDS[name]} needs {' and '.join(missing)}: "
            f"try pip install {' '.join(missing)}."
        )


def export(model, path, format):
    """Write `model` in another format.

    The file takes its place only after the format's own runtime, where it is installed, has
    predicted from it what the model predicts, within `LARGEST_DIFFERENCE`.

    Args:
        model: a functional or sequential `keras.Model` with one input. Pixels go into the exported
            one as they go into this one: of a run, as 0 to 255.
        path: the file, which is replaced where it is there; its folder is made.
        format: one of `kerasdl.export.FORMATS`.

    Returns:
        An `Exported`. A model that computes in bfloat16 or float16 is exported in float32, with
        the same weights, and compared with itself in float32.

    Raises:
        UsageError: the format is unknown, cannot be written with the backend in use, a package is
            missing, or something else is at `path`.
        SystemFailure: the format's library fails, or its runtime predicts something else.

    Example:
    >>> from kerasdl.models import MLP
    >>> exported = export(MLP((2,), classes=2, units=()), tmp / "m.safetensors", "safetensors")
    >>> exported.path.name, exported.difference
    ('m.safetensors', 0.0)
    """
    from kerasdl.export.predictions import examples, in_float32, outputs_of

    path, module = Path(path), format_module(format)
    expect_possible(format, backend.load())
    _expect_replaceable(path, module)
    model, notice = in_float32(model)
    images = examples(model)
    expected = outputs_of(model, images)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        written = Path(folder) / f"model{module.SUFFIX}"
        with _only_errors(f"{format} cannot be written of this model"):
            module.write(model, written)
        runtime, difference = "", None
        if not _missing(module.RUNTIMES):
            runtime = " ".join(filter(None, (module.RUNTIMES[0], _version(module.RUNTIMES[0]))))
            difference = _difference(module, written, runtime, images, expected)
        _put_in_place(Path(folder), written, path)
    return Exported(path, format, runtime, difference, notice)


def _difference(module, written, runtime, images, expected):
    """How far what the runtime predicts is from what the model predicts; refuses too much."""
    from kerasdl.export.predictions import largest_difference

    with _only_errors(f"{runtime} cannot compute what was written"):
        difference = largest_difference(expected, module.predict(written, images))
    if not difference <= LARGEST_DIFFERENCE:  # nan too
        raise SystemFailure(
            f"{runtime} predicts from the file what differs from the model by {difference:.2g}, "
            f"more than {LARGEST_DIFFERENCE:g}: the file was not kept."
        )
    return difference


def format_module(format):
    """The module of a format.

    Raises:
        UsageError: there is none of that name.
    """
    if format not in _formats():
        raise UsageError(
            f"The format should be one of {', '.join(_formats())}; received {format!r}."
        )
    return importlib.import_module(f"kerasdl.export.{format}")


def _formats():
    from kerasdl.export import FORMATS

    return FORMATS


def _missing(modules):
    """Names, as package indices have them, of the modules that are not installed."""
    absent = (name for name in modules if importlib.util.find_spec(name) is None)
    return [name.replace("_", "-") for name in absent]


def _version(module):
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(module.replace("_", "-"))
    return ""


def _expect_replaceable(path, module):
    """Refuse to replace a folder that is no export, and a file by a folder."""
    is_ours = (path / module.SIGN).is_file() if module.SIGN else path.is_file()
    if path.exists() and not is_ours:
        kind = "folder" if path.is_dir() else "file"
        raise UsageError(f"{path} is a {kind} of something else: name another place with --out.")


@contextlib.contextmanager
def _only_errors(sentence):
    """Turns what a library raises into a sentence, and keeps its warnings and its chatter away."""
    try:
        with warnings.catch_warnings(), _quiet():
            warnings.simplefilter("ignore")
            yield
    except UsageError:
        raise
    except Exception as error:  # whatever the many libraries raise
        if without_memory(error):
            raise
        lines = str(error).strip().splitlines() or [""]
        reason = " ".join(filter(None, (f"{type(error).__name__}:", lines[0].strip()[:300])))
        raise SystemFailure(f"{sentence}: {reason.rstrip('.: ')}.") from error


@contextlib.contextmanager
def _quiet():
    """Within it what libraries print, from C++ too, goes nowhere, and they log errors only."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    kept = [(stream, os.dup(stream)) for stream in (1, 2)]
    sys.stdout.flush()
    sys.stderr.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for stream, _ in kept:
            os.dup2(nowhere, stream)
        with (
            open(os.devnull, "w") as sink,
            contextlib.redirect_stdout(sink),
            contextlib.redirect_stderr(sink),
        ):
            yield
    finally:
        for stream, copy in kept:
            os.dup2(copy, stream)
            os.close(copy)
        os.close(nowhere)
        logging.disable(before)


def _put_in_place(folder, written, path):
    """Move what was written to `path`, and the files beside it to the same names with other endings."""
    beside = {each: path.with_suffix(each.suffix) for each in folder.iterdir() if each != written}
    foreign = [each for each in beside.values() if each.exists() and not path.exists()]
    if foreign:  # of an earlier export, `path` would be there too
        raise UsageError(
            f"{foreign[0]} is there already, and of no export: name another place with --out."
        )
    for each, place in beside.items():
        os.replace(each, place)
    if path.is_dir():
        shutil.move(path, folder / "replaced")
    os.replace(written, path)
