"""A network whose random numbers NumPy's Philox draws in the input pipeline.

The other known way to equal bits on every backend, beside which `kerasdl bench draws` measures
ours: what each layer draws in a step follows from seed, layer, epoch and step as well, but is drawn
on the host, and is an input of the network.
"""

import keras
import numpy as np


def with_numpy_draws(network, batches):
    """A copy of a network that draws nothing itself, and batches that hold what it would draw.

    Args:
        network: functional and compiled, one layer after the other.
        batches: `kerasdl.training.batches.Batches` of images, all of one size.

    Returns:
        The copy, with weights of its own equal to the network's, and batches to fit it to.

    Raises:
        ValueError: the last batch is smaller.
    """
    images = batches[0][0]
    if len(batches.x) % len(images):
        raise ValueError(
            f"Expected batches of one size. Received: {len(batches.x)} images in batches of "
            f"{len(images)}"
        )
    x = keras.Input(batch_shape=images.shape, dtype=images.dtype)
    inputs, draws_of_layers = [x], []
    for layer in network.layers[1:]:
        copy = type(layer).from_config(layer.get_config())
        if not hasattr(layer, "generator"):
            x = copy(x)
            continue
        copy.generator = recorder = _Recorder()
        copy(keras.ops.zeros(x.shape, x.dtype), training=True)
        given = [
            keras.Input(batch_shape=each.shape, dtype=str(each.dtype)) for each in recorder.examples
        ]
        x = _WithGivenDraws(copy)([x, *given])
        inputs += given
        draws_of_layers.append(recorder.draws)
    model = keras.Model(inputs, x)
    model.set_weights(network.get_weights())
    model.compile_from_config(network.get_compile_config())
    return model, _BatchesWithDraws(batches, draws_of_layers)


class _Recorder:
    """Stands for a generator and its stream: notes how each draw of a step is made."""

    def __init__(self):
        self.draws, self.examples = [], []

    def next_step(self):
        return self

    def uniform(self, shape):
        return self._note(lambda rng: rng.random(shape, "float32"))

    def integers(self, shape, count):
        return self._note(lambda rng: rng.integers(0, count, shape, "int32"))

    def normal(self, shape):
        return self._note(lambda rng: rng.standard_normal(shape, "float32"))

    def keep(self, shape, rate):
        count, dropped = int(np.prod(shape)), round(256 * rate)  # a byte each, as in `Stream.keep`
        return self._note(
            lambda rng: (np.frombuffer(rng.bytes(count), "uint8") >= dropped).reshape(shape)
        ), 1 - dropped / 256

    def _note(self, draw):
        self.draws.append(draw)
        self.examples.append(draw(np.random.default_rng(0)))
        return keras.ops.convert_to_tensor(self.examples[-1])


class _Given:
    """Stands for a generator and its stream: gives, in their order, the draws of a step."""

    def __init__(self, draws):
        self._draws = iter(draws)

    def next_step(self):
        return self

    def uniform(self, shape):
        return next(self._draws)

    def integers(self, shape, count):
        return next(self._draws)

    def normal(self, shape):
        return next(self._draws)

    def keep(self, shape, rate):
        return next(self._draws), 1 - round(256 * rate) / 256


class _WithGivenDraws(keras.layers.Layer):
    """A layer that draws, given what it draws beside the images."""

    def __init__(self, layer):
        super().__init__(name=layer.name, autocast=False)
        self.layer = layer

    def call(self, inputs, training=False):
        images, *draws = inputs
        self.layer.generator = _Given(draws)
        return self.layer(images, training=training)

    def compute_output_spec(self, inputs, training=False):
        return keras.KerasTensor(inputs[0].shape, inputs[0].dtype)


class _BatchesWithDraws(keras.utils.PyDataset):
    """Batches, each with the draws of its step: keyed by layer, epoch 0 and step."""

    def __init__(self, batches, draws_of_layers):
        super().__init__()
        self._batches, self._draws_of_layers = batches, draws_of_layers

    def shuffled_arrays(self):
        """None: a batch is more than rows of arrays."""

    def __len__(self):
        return len(self._batches)

    def __getitem__(self, step):
        x, y = self._batches[step]
        draws = []
        for number, of_layer in enumerate(self._draws_of_layers):
            philox = np.random.Philox(
                key=[self._batches.seed or 0, number], counter=[0, 0, 0, step]
            )
            rng = np.random.Generator(philox)
            draws += [draw(rng) for draw in of_layer]
        return (x, *draws), y
