"""Random numbers that are the same on TensorFlow, PyTorch and JAX.

A layer that draws holds a `Generator`, and asks it at every training step for that step's
`Stream`. What a stream gives follows from seed, layer, epoch and step: the same in whatever
order things are drawn, in a run that was killed and resumed, and on each backend.

Dropout and augmentation draw from here; initial weights and the order of the images are
NumPy's (see `kerasdl.training`).
"""

from kerasdl import backend

backend.load()  # one clear sentence where there is none, and Keras with no other one

from kerasdl.random.generator import Generator, generators  # noqa: E402
from kerasdl.random.stream import Stream  # noqa: E402

__all__ = ["Generator", "Stream", "generators"]
