"""LiteRT, formerly TensorFlow Lite: a .tflite file for telephones and small devices."""

SUFFIX, SIGN = ".tflite", ""
WRITERS = {"tensorflow": (), "torch": ("litert_torch",)}
CANNOT = {"jax": "Keras has no converter"}
RUNTIMES = ("ai_edge_litert",)
LOADING = """\
from ai_edge_litert.interpreter import Interpreter

interpreter = Interpreter("PATH")
run = interpreter.get_signature_runner("serving_default")
(name,) = run.get_input_details()
predictions = [list(run(**{name: image[None]}).values()) for image in images]
"""


def write(model, path):
    """Through Keras; with PyTorch the file takes one example at a time."""
    model.export(str(path), format="litert", verbose=False)


def predict(path, images):
    """What LiteRT computes, an example at a time."""
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    run = Interpreter(str(path)).get_signature_runner("serving_default")
    (name,) = run.get_input_details()
    found = [run(**{name: image[None]}) for image in images]
    return [np.concatenate([each[key] for each in found]) for key in sorted(found[0])]
