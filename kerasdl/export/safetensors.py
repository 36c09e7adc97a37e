"""safetensors: the weights alone, by the paths of their variables, with the network's configuration."""

SUFFIX, SIGN = ".safetensors", ""
WRITERS = {"tensorflow": ("safetensors",), "torch": ("safetensors",), "jax": ("safetensors",)}
CANNOT = {}
RUNTIMES = ("safetensors",)
LOADING = """\
import keras
import kerasdl.layers  # the classes of its networks
from safetensors import safe_open

with safe_open("PATH", framework="numpy") as file:
    model = keras.models.model_from_json(file.metadata()["keras_config"])
    model.set_weights([file.get_tensor(weight.path) for weight in model.weights])
predictions = model.predict(images)
"""


def write(model, path):
    """The arrays as float32 or whatever they are, and the configuration among the metadata."""
    import numpy as np
    from safetensors.numpy import save_file

    values = zip(model.weights, model.get_weights(), strict=True)
    tensors = {weight.path: np.ascontiguousarray(value) for weight, value in values}
    if len(tensors) != len(model.weights):
        raise ValueError("Expected weights of different paths")
    save_file(tensors, path, metadata={"format": "keras", "keras_config": model.to_json()})


def predict(path, images):
    """What Keras computes with the configuration and the weights in the file alone."""
    import keras
    from safetensors import safe_open

    from kerasdl.export.predictions import outputs_of

    with safe_open(path, framework="numpy") as file:
        model = keras.models.model_from_json(file.metadata()["keras_config"])
        model.set_weights([file.get_tensor(weight.path) for weight in model.weights])
    return outputs_of(model, images)
