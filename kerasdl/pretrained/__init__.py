"""Pretrained weights from `.safetensors` files, and fine-tuning from them.

    hub.py              from the source of weights to a file
    load.py             from a file to the weights of a model
    architecture.py     what its `config.json` says of the network
    tensors.py          which tensor of the file belongs to which weight
    naming.py           the names that other libraries give, as tables
    positions.py        positional embeddings for another image size
    finetune.py         which layers are trained on, and at which rate
    optimizer_rates.py  an optimizer with a rate for each weight

Files are read by the safetensors library into NumPy arrays: neither PyTorch nor pickle takes part.
"""

from kerasdl import backend

backend.load()  # one clear sentence where there is none, and Keras with no other one

from kerasdl.pretrained.finetune import freeze, layer_rates  # noqa: E402
from kerasdl.pretrained.hub import Weights, find  # noqa: E402
from kerasdl.pretrained.load import load_pretrained  # noqa: E402
from kerasdl.pretrained.optimizer_rates import with_rates  # noqa: E402

__all__ = ["Weights", "find", "freeze", "layer_rates", "load_pretrained", "with_rates"]
