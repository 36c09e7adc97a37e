"""What torch.export gives, the successor of TorchScript: a .pt2 file for PyTorch."""

SUFFIX, SIGN = ".pt2", ""
WRITERS = {"torch": ()}
CANNOT = {"tensorflow": "a format of PyTorch's own", "jax": "a format of PyTorch's own"}
RUNTIMES = ("torch",)
LOADING = """\
import torch

model = torch.export.load("PATH").module()
predictions = model(torch.from_numpy(images))
"""


def write(model, path):
    """Through Keras, for any number of images at a time."""
    import torch

    shapes = {0: torch.export.Dim("batch")}
    model.export(str(path), format="torch", dynamic_shapes=shapes, verbose=False)


def predict(path, images):
    """What PyTorch computes without Keras."""
    import torch
    from keras import tree

    with torch.no_grad():
        found = torch.export.load(str(path)).module()(torch.from_numpy(images))
    return [each.detach().numpy() for each in tree.flatten(found)]
