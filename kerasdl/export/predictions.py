"""What a model predicts, and how far from it something else does."""

import numpy as np

from kerasdl.errors import UsageError

SIDE = 32  # of images, and how many values a sequence has, where the model takes any number


def examples(model, count=16, seed=0):
    """Inputs from 0 to 255 of every contrast: one level, faint noise around it, up to full noise.

    Noise alone makes a softmax nearly sure of one class, and then hides what is wrong before it.

    Args:
        model: a `keras.Model` with one input.
        count: how many.
        seed: of the noise.

    Returns:
        float32 array `(count, ...)` of whole numbers.

    Raises:
        UsageError: the model has several inputs.

    Example:
    >>> from kerasdl.models import MLP
    >>> examples(MLP((2, 3, 1), classes=2)).shape
    (16, 2, 3, 1)
    """
    if len(model.inputs) != 1:
        raise UsageError(f"The model should have one input; it has {len(model.inputs)}.")
    shape = [SIDE if size is None else size for size in model.inputs[0].shape[1:]]
    rng = np.random.default_rng(seed)
    levels = rng.uniform(0, 255, size=count)
    contrasts = np.linspace(0, 128, count)
    noise = rng.uniform(-1, 1, size=(*shape, count))
    images = np.moveaxis(levels + contrasts * noise, -1, 0)
    return np.clip(np.rint(images), 0, 255).astype("float32")


def outputs_of(model, images):
    """What the model predicts: a list of arrays, an output each, in the order of Keras."""
    from keras import tree

    predicted = model.predict(images, batch_size=len(images), verbose=0)
    return [np.asarray(each) for each in tree.flatten(predicted)]


def output_names(model):
    """The names of the outputs: of a dictionary its keys, of a single one `"predictions"`.

    Example:
    >>> from kerasdl.models import TwoTowerCNN
    >>> output_names(TwoTowerCNN(classes={"digit": 10, "ground": 5}))
    ['digit', 'ground']
    """
    from keras import tree

    names = sorted(model.output) if isinstance(model.output, dict) else []
    count = len(tree.flatten(model.output))
    single = ["predictions"] if count == 1 else [f"output_{i}" for i in range(count)]
    return names if len(names) == count else single


def largest_difference(expected, found):
    """The largest absolute difference between two lists of arrays; nan where one has a nan.

    Raises:
        ValueError: they are not of the same shapes.

    Example:
    >>> largest_difference([np.zeros(2)], [np.array([0.0, 0.5])])
    0.5
    """
    shapes = [[np.shape(each) for each in arrays] for arrays in (expected, found)]
    if shapes[0] != shapes[1]:
        raise ValueError(f"Expected outputs of the shapes {shapes[0]}; received {shapes[1]}.")
    differences = [np.abs(a - b).max() for a, b in zip(expected, found, strict=True)]
    return float(np.max(differences))


def in_float32(model):
    """A model as a functional one whose layers all compute in float32, and a sentence if they did not.

    Args:
        model: a functional or sequential `keras.Model`.

    Returns:
        A `keras.Model` of the same layers, or of copies with the same weights; and `""`, or what was
        changed.

    Raises:
        UsageError: it is neither functional nor sequential.
    """
    import keras

    from kerasdl.inspection.graph import functional

    graph = functional(model)
    if graph is None:
        raise UsageError(
            "The model should be a functional or sequential keras.Model that is built."
        )
    kinds = {layer.compute_dtype for layer in model._flatten_layers(include_self=False)}
    others = sorted(kinds - {"float32", None})
    if not others:
        return graph, ""

    def rebuilt(layer):
        return type(layer).from_config(layer.get_config() | {"dtype": "float32"})

    copy = keras.models.clone_model(graph, clone_function=rebuilt)
    copy.set_weights(model.get_weights())
    return copy, f"It computes in float32, where the model has layers in {', '.join(others)}."
