"""From a `.safetensors` file to the weights of a model, all of them or none."""

import dataclasses
import itertools
import math
import re
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from kerasdl.errors import UsageError
from kerasdl.pretrained.architecture import read_architecture
from kerasdl.pretrained.finetune import HEAD
from kerasdl.pretrained.naming import IGNORED, NAMINGS
from kerasdl.pretrained.positions import find_grids
from kerasdl.pretrained.tensors import locate

POSITIONS = "embedding_positions/positions"
_QUERY_BIAS = re.compile(r".*/(query|key|value)/bias")
FLOATS = ("F64", "F32", "F16", "BF16")  # as safetensors names them


def load_pretrained(model, file, *, notify=print):
    """Give `model` the weights in `file`.

    Three differences are allowed, and reported. If the head has another number of classes, the
    model's head keeps its own weights. If positional embeddings are of another grid of patches,
    they are interpolated. If the file's attention has no biases of query, key and value
    (`qkv_bias=False`), the model's become 0. Everything else has to fit exactly.

    The tensors of a ViT do not show how many heads it has, nor its grid of patches. Both are
    taken from the `config.json` of Hugging Face or timm beside a `model.safetensors`, and heads
    that differ are refused. Where there is none, heads are taken to be as many as the model's;
    that is reported if they are not 64 wide, as published ones are. The grid is then taken as the
    model's if it has as many patches, and as a square if their number is one; that is reported
    if the model's is not square.

    A file does not say how pixels are scaled: timm's ViTs of AugReg take [-1, 1]
    (`inputs="signed"` in a recipe), ResNet-18 ImageNet's mean and standard deviation
    (`inputs="imagenet"`). Nor does it say the epsilon of layer normalizations, an argument of
    `ViT`.

    Args:
        model: a `ViT` or a `ResNet18` of `kerasdl.models`.
        file: path of a `.safetensors` file in the names of timm (`vit_*`, `resnet18`), torchvision
            (`resnet18`) or Hugging Face (`ViTForImageClassification`,
            `ResNetForImageClassification` of basic blocks); in which, is found out. A prefix that
            all names have (`model.`, `module.`) may stand before them.
        notify: function that is called with a sentence for each difference or assumption.

    Returns:
        Tuple of these sentences.

    Raises:
        UsageError: the file is missing, damaged or no safetensors file, one of its tensors does
            not fit (the first is named), or its ViT has another number of heads or normalizes
            after pooling. The model is then as it was.

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
        stored = _stored_tensors(model, file, set(tensors.keys()))
        values, notes = _read(model, file, tensors, stored)
    for weight, value in zip(model.weights, values, strict=True):
        if value is not None:
            weight.assign(value)
    for note in notes:
        notify(note)
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


def _stored_tensors(model, file, names):
    """The `StoredTensor` of each weight of the model, in the naming that most `names` are in."""
    candidates = [
        [locate(naming, weight.path, weight.shape) for weight in model.weights]
        for naming in NAMINGS.values()
    ]
    candidates = [stored for stored in candidates if None not in stored]
    if not candidates:
        raise UsageError(
            f"Pretrained weights are for ViT and ResNet18; received a model {model.name}."
        )
    if prefix := _prefix(names):
        candidates += [
            [dataclasses.replace(each, name=prefix + each.name) for each in stored]
            for stored in candidates
        ]

    def count(stored):
        return len({each.name for each in stored} & names)

    best = max(candidates, key=count)
    if not count(best):
        raise UsageError(
            f"{file} has none of the tensors of a {model.name} in the names of timm, torchvision "
            f"or Hugging Face; its first is {min(names, default='none')}."
        )
    return best


def _prefix(names):
    """What all names begin with, up to a dot: `model.` where a network was a part of another."""
    levels = zip(*(name.split(".")[:-1] for name in names), strict=False)
    shared = itertools.takewhile(lambda words: len(set(words)) == 1, levels)
    return "".join(f"{words[0]}." for words in shared)


def _read(model, file, tensors, stored):
    """A new value for each weight, `None` where it keeps its own; and what differs, in sentences."""
    names = set(tensors.keys())
    architecture = read_architecture(file)
    _refuse_norm_after_pooling(file, names)
    queries = [w.shape for w in model.weights if w.path.endswith("_attention/query/kernel")]
    notes = [architecture.note_on_heads(file, *queries[0][1:])] if queries else []
    head_note = _note_on_head(model, file, tensors, stored)
    notes.append(head_note)
    zero = _absent_biases(model, stored, names)
    if zero:
        notes.append(f"{file} has no biases of query, key and value: those of the model become 0.")
    values = []
    for weight, wanted in zip(model.weights, stored, strict=True):
        if head_note and _is_of_head(weight):
            values.append(None)
            continue
        if wanted.name in zero:
            values.append(np.zeros(weight.shape, "float32"))
            continue
        if wanted.name not in names:
            raise UsageError(
                f"{file} has no tensor {wanted.name}, which is {weight.path} of the model."
            )
        shape = _shape(tensors, wanted.name)
        is_positions = weight.path == POSITIONS
        grids = _grids(model, wanted, shape, architecture) if is_positions else None
        if shape != wanted.shape and grids is None:
            raise UsageError(
                f"{wanted.name} in {file} should have shape {wanted.shape}, as {weight.path} of "
                f"the model needs; received {shape}."
            )
        array = _array(file, tensors, wanted.name)
        if grids is not None:
            array = grids.resize(array)
            notes.append(grids.note(file))
        values.append(wanted.to_weight(array))
    _expect_no_others(file, names - {wanted.name for wanted in stored}, _prefix(names))
    return values, tuple(filter(None, notes))


def _absent_biases(model, stored, names):
    """Names of the biases of query, key and value, where the file has not one of them."""
    biases = {
        wanted.name
        for weight, wanted in zip(model.weights, stored, strict=True)
        if _QUERY_BIAS.fullmatch(weight.path)
    }
    return set() if biases & names else biases


def _refuse_norm_after_pooling(file, names):
    found = sorted(name for name in names if re.fullmatch(r"(.*\.)?fc_norm\.\w+", name))
    if found:
        raise UsageError(
            f"{file} normalizes after pooling (its tensor {found[0]}: timm's global_pool='avg'), "
            "our ViT before it: take weights of a model with global_pool='token'."
        )


def _expect_no_others(file, names, prefix):
    for name in sorted(names):
        if not IGNORED.fullmatch(name.removeprefix(prefix)):
            raise UsageError(f"{file} has a tensor {name}, for which the model has no place.")


def _shape(tensors, name):
    return tuple(tensors.get_slice(name).get_shape())


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


def _is_of_head(weight):
    return weight.path.startswith(f"{HEAD}/")


def _note_on_head(model, file, tensors, stored):
    """Why the model's head keeps its own weights, in a sentence; `""` if it gets the file's.

    It keeps them if the file has no head, or a head that is whole and differs in the number of
    classes only.
    """
    names = set(tensors.keys())
    head = {
        weight.path.rpartition("/")[2]: wanted
        for weight, wanted in zip(model.weights, stored, strict=True)
        if _is_of_head(weight)
    }
    classes = head["bias"].shape[0]
    found = [wanted.name for wanted in head.values() if wanted.name in names]
    if not found:
        return f"{file} has no head: that of the model, {classes} classes, keeps its weights."
    if len(found) < len(head):
        return ""  # a tensor is missing, which is an error
    kernel, bias = (_shape(tensors, head[name].name) for name in ("kernel", "bias"))
    fits = len(kernel) == 2 and kernel[1] == head["kernel"].shape[1] and bias == kernel[:1]
    if not fits or bias[0] == classes:
        return ""
    return (
        f"The head of {file} has {bias[0]} classes, the model {classes}: the model's head keeps "
        "its own weights."
    )


def _grids(model, wanted, shape, architecture):
    """The `Grids` of positions of this shape; `None` where they cannot be of the model's width."""
    if len(shape) != 3 or shape[::2] != wanted.shape[::2]:
        return None
    patches = model.get_layer("embedding_patches")
    new = tuple(patches.output.shape[1:3])
    extra = wanted.shape[1] - math.prod(new)
    return find_grids(
        shape[1] - extra, new, extra, architecture.grid(patch_size=patches.kernel_size)
    )
