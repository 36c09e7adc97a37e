"""Random image layers: one draw for each image, vectorised, compiled with the model.

They stand in front of a model, or in an input pipeline: on NumPy batches, in
`tf.data` under TensorFlow, in a `DataLoader` under PyTorch. `draw` is random,
`apply` is not; `RandomImageLayer` says what they share. `pipelines` has those that
recipes name.

A new layer is a new module: `random_darken.py` with a class `RandomDarken`, a subclass
of `RandomImageLayer`. Importing this package imports no backend: a class is loaded
when it is first used. To load a model that was saved with a layer, import the layer
first, or all of them by `from kerasdl.augmentation import *`.
"""

from kerasdl import discovery

_MODULES = {
    discovery.class_name(name): name for name in discovery.modules(__name__, besides=("pipelines",))
} | {
    "OPERATIONS": "_operations",
    "RandomImageLayer": "_layer",
    "expect_values": "_range",
    "pipeline": "pipelines",
}

__all__ = [*_MODULES]

__getattr__, __dir__ = discovery.exports(__name__, **_MODULES)
