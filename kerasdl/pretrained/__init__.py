"""Pretrained weights from `.safetensors` files, and fine-tuning from them.

Weights are read by the safetensors library into NumPy arrays: neither PyTorch nor
pickle takes part.
"""

from kerasdl import backend

backend.require()  # one clear sentence, before Keras fails on a missing backend

from kerasdl.pretrained.finetune import freeze, layer_rates, with_rates  # noqa: E402
from kerasdl.pretrained.hub import Weights, find  # noqa: E402
from kerasdl.pretrained.load import load_pretrained  # noqa: E402

__all__ = ["Weights", "find", "freeze", "layer_rates", "load_pretrained", "with_rates"]
