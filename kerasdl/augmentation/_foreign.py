"""Refuses what a layer is given inside `tf.data` while Keras computes with another backend."""

import sys

import keras


def expect_no_graph_of_tensorflow(images, layer):
    """Refuse symbolic tensors of TensorFlow, of which PyTorch and JAX compute nothing.

    TensorFlow is looked at where it has been imported, and never imported here.

    Args:
        images: what the layer is given: images, or a pair of images and labels.
        layer: its name, for the sentence.

    Raises:
        ValueError: one of them is such a tensor, and TensorFlow is not the backend.
    """
    backend = keras.backend.backend()
    tf = None if backend == "tensorflow" else sys.modules.get("tensorflow")
    given = images if isinstance(images, tuple | list) else (images,)
    if tf is not None and any(tf.is_symbolic_tensor(each) for each in given):
        raise ValueError(
            f"{layer} computes with {backend} and cannot be mapped over a tf.data.Dataset: put it in "
            "front of the network, call it with arrays, or set KERAS_BACKEND=tensorflow. "
            "Received: a symbolic tensor of TensorFlow"
        )
