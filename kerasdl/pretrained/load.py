"""From a `.safetensors` file to the weights of a model, all of them or none."""

import math
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from kerasdl.errors import UsageError
from kerasdl.pretrained.naming import NAMINGS, WITHOUT_PLACE, source
from kerasdl.pretrained.positions import resize_positions

HEAD = "logits/"
POSITIONS = "embedding_positions/positions"

FLOATS = ("F64", "F32", "F16", "BF16")  # as safetensors names them


def load_pretrained(model, file, *, say=print):
    """Give `model` the weights in `file`.

    Two things may differ, and are said: a head with another number of classes
    keeps the model's own weights, and positional embeddings of another image size
    are interpolated (the file's patches are taken as a square, unless there are as
    many as the model's). Everything else has to fit exactly.

    A file says nothing of how pixels went in: timm's ViTs of AugReg take [-1, 1]
    (`inputs="signed"` in a recipe), ResNet-18 ImageNet's mean and standard
    deviation (`inputs="imagenet"`); nor of the epsilon of layer normalizations,
    which is an argument of `ViT`.

    Args:
        model: a `ViT` or a `ResNet18` of `kerasdl.models`.
        file: path of a `.safetensors` file in the names of timm (`vit_*`,
            `resnet18`), torchvision (`resnet18`) or Hugging Face
            (`ViTForImageClassification`, `ResNetForImageClassification` of basic
            blocks), which are told apart by themselves.
        say: function that is called with each sentence of what differs.

    Returns:
        Tuple of these sentences.

    Raises:
        UsageError: the file is missing, damaged or no safetensors file, or one
            of its tensors does not fit (the first is named). The model is then
            as it was.

    Example:
    >>> from safetensors.numpy import save_file
    >>> from kerasdl.models import ResNet18
    >>> save_file({"conv1.weight": np.zeros((64, 3, 7, 7), "float32")}, tmp / "part.safetensors")
    >>> load_pretrained(ResNet18(filters=(64, 8, 8, 8)), tmp / "part.safetensors")
    Traceback (most recent call last):
    kerasdl.errors.UsageError: ...part.safetensors has no tensor bn1.weight, ...
    """
    file = Path(file)
    with _open(file) as tensors:
        sources = _sources(model, file, tensors)
        values, notes = _read(model, file, tensors, sources)
    for weight, value in zip(model.weights, values, strict=True):
        if value is not None:
            weight.assign(value)
    for note in notes:
        say(note)
    return notes


def _open(file):
    if not file.is_file():
        raise UsageError(f"There is no file of weights {file}.")
    try:
        return safe_open(file, framework="numpy")
    except (SafetensorError, OSError) as error:
        raise UsageError(
            f"{file} is not a whole .safetensors file ({error}); other formats are not read."
        ) from error


def _sources(model, file, tensors):
    """The `Source` of each weight of the model, in the naming that most of the file is in."""
    held = set(tensors.keys())
    candidates = [
        [source(naming, weight.path, weight.shape) for weight in model.weights]
        for naming in NAMINGS.values()
    ]
    candidates = [sources for sources in candidates if None not in sources]
    if not candidates:
        raise UsageError(
            f"Pretrained weights are for ViT and ResNet18; received a model {model.name}."
        )
    known, best = max(
        ((len({each.name for each in sources} & held), sources) for sources in candidates),
        key=lambda pair: pair[0],
    )
    if not known:
        raise UsageError(
            f"{file} has none of the tensors of a {model.name} in the names of timm, torchvision "
            f"or Hugging Face; its first is {min(held, default='none')}."
        )
    return best


def _read(model, file, tensors, sources):
    """A new value for each weight, `None` where it keeps its own, and what is to be said."""
    held, notes = set(tensors.keys()), []
    keeps_head = _keeps_head(model, file, tensors, sources, held, notes)
    values = []
    for weight, wanted in zip(model.weights, sources, strict=True):
        if keeps_head and weight.path.startswith(HEAD):
            values.append(None)
            continue
        if wanted.name not in held:
            raise UsageError(
                f"{file} has no tensor {wanted.name}, which is {weight.path} of the model."
            )
        found = tuple(tensors.get_slice(wanted.name).get_shape())
        grids = _grids(model, wanted, found) if weight.path == POSITIONS else None
        if found != wanted.shape and grids is None:
            raise UsageError(
                f"{wanted.name} in {file} should have shape {wanted.shape}, as {weight.path} of "
                f"the model needs; received {found}."
            )
        array = _array(file, tensors, wanted.name)
        if grids is not None:
            array = resize_positions(array, *grids)
            (rows, columns), (new_rows, new_columns), _ = grids
            notes.append(
                f"Positional embeddings were interpolated from {rows}x{columns} to "
                f"{new_rows}x{new_columns} patches."
            )
        values.append(wanted.convert(array))
    used = {wanted.name for wanted in sources}
    for name in sorted(held - used):
        if not WITHOUT_PLACE.fullmatch(name):
            raise UsageError(f"{file} has a tensor {name}, for which the model has no place.")
    return values, tuple(notes)


def _array(file, tensors, name):
    """A tensor of the file as float32."""
    kind = tensors.get_slice(name).get_dtype()
    if kind not in FLOATS:
        raise UsageError(
            f"{name} in {file} should be one of {', '.join(FLOATS)}, floating-point numbers; "
            f"received {kind}."
        )
    with np.errstate(over="ignore"):  # what overflows is refused below
        array = np.asarray(tensors.get_tensor(name)).astype("float32")
    if not np.isfinite(array).all():
        raise UsageError(f"{name} in {file} holds values that are not finite in float32.")
    return array


def _keeps_head(model, file, tensors, sources, held, notes):
    """Whether the model's head stays as it is; why is added to `notes`."""
    head = {
        weight.path.removeprefix(HEAD): wanted
        for weight, wanted in zip(model.weights, sources, strict=True)
        if weight.path.startswith(HEAD)
    }
    classes = head["bias"].shape[0]
    if not any(wanted.name in held for wanted in head.values()):
        notes.append(
            f"{file} has no head: that of the model, {classes} classes, keeps its weights."
        )
        return True
    if not all(wanted.name in held for wanted in head.values()):
        return False  # a tensor is missing
    kernel, bias = (tuple(tensors.get_slice(head[n].name).get_shape()) for n in ("kernel", "bias"))
    fits = len(kernel) == 2 and kernel[1] == head["kernel"].shape[1] and bias == kernel[:1]
    if not fits or bias[0] == classes:
        return False
    notes.append(
        f"The head of {file} has {bias[0]} classes, the model {classes}: the model's head keeps "
        "its own weights."
    )
    return True


def _grids(model, wanted, found):
    """Old grid, new grid, tokens before them; `None` where nothing is to be interpolated."""
    if found == wanted.shape or len(found) != 3 or found[::2] != wanted.shape[::2]:
        return None
    new = model.get_layer("embedding_patches").output.shape[1:3]
    extra = wanted.shape[1] - new[0] * new[1]
    side = math.isqrt(max(0, found[1] - extra))
    if side < 1 or side**2 != found[1] - extra:
        return None
    return (side, side), new, extra
