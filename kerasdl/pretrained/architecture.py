"""What the `config.json` beside a file of weights says of its ViT, and the tensors' shapes do not."""

import json
import re
from dataclasses import dataclass

from kerasdl.errors import UsageError
from kerasdl.files import read_bytes
from kerasdl.pretrained.hub import CONFIG, FILE

HEAD_SIZE = 64  # width of a head in every size of ViT and DeiT from tiny to large
_LARGEST = 1_000_000  # bytes of a config.json that is read
_TIMM_NAME = re.compile(r"(vit|deit3?)_(?P<size>[a-z]+)_(distilled_)?patch\d+.*")
# timm/models/vision_transformer.py; Dosovitskiy et al. 2021, table 1; Touvron et al. 2021, table 1.
_TIMM_HEADS = {
    "tiny": 3,
    "small": 6,
    "medium": 8,
    "base": 12,
    "large": 16,
    "huge": 16,
    "giant": 16,
    "gigantic": 16,
}


@dataclass(frozen=True)
class Architecture:
    """A ViT as its `config.json` describes it; `None` is what it does not say.

    Attributes:
        heads: attention heads of a block.
        image_size: `(height, width)` of the images in pixels.
    """

    heads: int | None = None
    image_size: tuple | None = None

    def grid(self, patch_size):
        """`(rows, columns)` of patches of `(height, width)` pixels; `None` if it is not known."""
        if self.image_size is None:
            return None
        return tuple(i // p for i, p in zip(self.image_size, patch_size, strict=True))

    def note_on_heads(self, file, heads, size):
        """What is assumed of the number of heads, in a sentence; `""` if it is known or usual.

        Args:
            file: of the weights.
            heads: of the model that gets them.
            size: width of one of its heads.

        Raises:
            UsageError: the file's attention has another number of heads.
        """
        if self.heads not in (None, heads):
            raise UsageError(
                f"The ViT of {file} has {self.heads} attention heads, as its {CONFIG} says; the "
                f"model has {heads}: build it with num_heads={self.heads}."
            )
        if self.heads == heads or size == HEAD_SIZE:
            return ""
        return (
            f"Nothing says how many attention heads the ViT of {file} has: they are taken as the "
            f"model's {heads}, of width {size}; published ones have width {HEAD_SIZE}."
        )


def read_architecture(file):
    """The architecture of the network whose weights are in `file`.

    Hugging Face's `config.json` of a ViT is read, and timm's, which names one of timm's
    architectures. It is taken to belong to the weights if they are called `model.safetensors` and
    lie in the same folder, as on the hub and as `save_pretrained` writes both.

    Args:
        file: `pathlib.Path` of the weights.

    Returns:
        `Architecture`, which says nothing where there is no such file or it is of another kind.

    Example:
    >>> _ = (tmp / "config.json").write_text('{"architecture": "vit_small_patch16_224"}')
    >>> read_architecture(tmp / "model.safetensors").heads
    6
    """
    config = _read_json(file.with_name(CONFIG)) if file.name == FILE else {}
    if "architecture" in config:
        return _from_timm(config)
    return Architecture(
        heads=_positive(config.get("num_attention_heads")), image_size=_size(config, "image_size")
    )


def _from_timm(config):
    arguments = config.get("model_args")
    arguments = arguments if isinstance(arguments, dict) else {}
    found = _TIMM_NAME.fullmatch(str(config["architecture"]))
    heads = _positive(arguments.get("num_heads"))
    published = config.get("pretrained_cfg")
    shape = published.get("input_size") if isinstance(published, dict) else None
    trained = {"size": shape[1:]} if isinstance(shape, list) else {}  # (channels, height, width)
    return Architecture(
        heads=heads or (_TIMM_HEADS.get(found["size"]) if found else None),
        image_size=_size(arguments, "img_size") or _size(trained, "size"),
    )


def _read_json(path):
    try:
        config = json.loads(read_bytes(path, at_most=_LARGEST))
    except (ValueError, RecursionError):  # a UsageError among them: no such file, or a pipe
        return {}
    return config if isinstance(config, dict) else {}


def _size(config, key):
    """`(height, width)` from a side or from both."""
    value = config.get(key)
    sides = value if isinstance(value, list) else [value, value]
    sides = tuple(map(_positive, sides))
    return sides if len(sides) == 2 and None not in sides else None


def _positive(value):
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
