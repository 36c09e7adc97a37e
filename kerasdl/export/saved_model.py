"""TensorFlow's SavedModel, a folder, for TensorFlow and TensorFlow Serving."""

SUFFIX, SIGN = "", "saved_model.pb"
WRITERS = {"tensorflow": (), "jax": ("tensorflow",)}
CANNOT = {"torch": "Keras needs torch_xla"}
RUNTIMES = ("tensorflow",)
LOADING = """\
import tensorflow as tf

model = tf.saved_model.load("PATH")
predictions = model.serve(images)
"""


def write(model, path):
    """Through Keras."""
    model.export(str(path), format="tf_saved_model", verbose=False)


def predict(path, images):
    """What TensorFlow computes without Keras."""
    import numpy as np
    import tensorflow as tf
    from keras import tree

    loaded = tf.saved_model.load(str(path))  # which holds the weights, and has to live as long
    return [np.asarray(each) for each in tree.flatten(loaded.serve(images))]
