"""What the builders need and Keras lacks: layers, and compositions of Keras' own.

`encoder_block` and `patch_embedding` are functions from a symbolic tensor to another one, made
of named Keras layers, so that a model's summary, its freezing by layer and the inspection of its
attention see every part.
"""

from kerasdl import backend

backend.load()  # one clear sentence where there is none, and Keras with no other one

from kerasdl.layers.dirac import Dirac  # noqa: E402
from kerasdl.layers.dropout import Dropout, MultiHeadAttention, with_portable_dropout  # noqa: E402
from kerasdl.layers.encoder import encoder_block, patch_embedding  # noqa: E402
from kerasdl.layers.fast import with_fast_layers  # noqa: E402
from kerasdl.layers.images import AdaptImages  # noqa: E402
from kerasdl.layers.tokens import (  # noqa: E402
    ClassToken,
    PositionalEmbedding,
    SinusoidalPositions,
    TakeToken,
)
from kerasdl.layers.whitening import Whitening  # noqa: E402

__all__ = [
    "AdaptImages",
    "ClassToken",
    "Dirac",
    "Dropout",
    "MultiHeadAttention",
    "PositionalEmbedding",
    "SinusoidalPositions",
    "TakeToken",
    "Whitening",
    "encoder_block",
    "patch_embedding",
    "with_fast_layers",
    "with_portable_dropout",
]
