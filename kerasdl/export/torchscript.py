"""TorchScript, which PyTorch loads without Python, in C++ and on Android."""

SUFFIX, SIGN = ".pt", ""
WRITERS = {"torch": ()}
CANNOT = {"tensorflow": "a format of PyTorch's own", "jax": "a format of PyTorch's own"}
RUNTIMES = ("torch",)
LOADING = """\
import torch

model = torch.jit.load("PATH")
predictions = model(torch.from_numpy(images))
"""


def write(model, path):
    """Through PyTorch, which traces the model on a batch of two.

    Of several outputs the trace gives a dictionary by their names.
    """
    import torch

    from kerasdl.export.predictions import examples

    images = torch.from_numpy(examples(model, count=2))
    with torch.no_grad():
        traced = torch.jit.trace(model.eval(), images, strict=False)
    torch.jit.save(traced, path)


def predict(path, images):
    """What PyTorch computes without Keras."""
    import torch
    from keras import tree

    with torch.no_grad():
        found = torch.jit.load(str(path))(torch.from_numpy(images))
    return [each.numpy() for each in tree.flatten(found)]
