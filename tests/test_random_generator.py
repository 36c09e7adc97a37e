"""The generator of a layer: its steps, in and out of compiled training, and its state."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasdl.random import Generator, generators


def first(stream):
    """A number that tells streams apart."""
    return float(stream.uniform((1,))[0])


def test_steps_follow_each_other():
    generator = Generator(seed=3, name="layer")
    for epoch in (0, 4):
        generator.begin_epoch(epoch)
        found = [first(generator.next_step()) for _ in range(3)]
        assert found == [first(generator.at(epoch, step)) for step in range(3)]
        assert len(set(found)) == 3


def test_an_epoch_does_not_depend_on_those_before():
    generator, other = Generator(3, "layer"), Generator(3, "layer")
    for _ in range(5):
        generator.next_step()
    for each in (generator, other):
        each.begin_epoch(1)
    assert first(generator.next_step()) == first(other.next_step())


def test_a_seed_of_pythons_generator():
    keras.utils.set_random_seed(1)
    seeds = [Generator().seed, Generator().seed]
    keras.utils.set_random_seed(1)
    assert [Generator().seed, Generator().seed] == seeds
    assert seeds[0] != seeds[1]


@pytest.mark.parametrize("seed", [1.5, True, "1"])
def test_seeds_that_are_none(seed):
    with pytest.raises(ValueError, match="Expected `seed` to be an integer or None"):
        Generator(seed)


def test_from_its_config():
    generator = Generator(7, "layer")
    again = Generator.from_config(generator.get_config())
    assert first(again.next_step()) == first(generator.next_step())


@keras.saving.register_keras_serializable("tests")
class Recorder(keras.layers.Layer):
    """Keeps the numbers that it drew in the last `calls` steps."""

    def __init__(self, calls=6, **kwargs):
        super().__init__(**kwargs)
        self.calls = calls
        self.generator = Generator(5, "recorder")

    def build(self, shape):
        self.seen = self.add_weight((self.calls, 3), "zeros", trainable=False, name="seen")
        self.scale = self.add_weight((), "ones", name="scale")

    def call(self, x, training=False):
        if training:
            drawn = ops.reshape(self.generator.next_step().uniform((3,)), (1, 3))
            self.seen.assign(ops.concatenate([self.seen[1:], drawn]))
        return self.scale * x


def trained(epochs, before=None, initial_epoch=0):
    """A model of one `Recorder`, after some epochs of three steps."""
    model = keras.Sequential([keras.Input((1,)), Recorder()])
    model.compile("sgd", "mse", jit_compile=keras.backend.backend() != "torch")
    if before is not None:
        for variable, other in zip(model.variables, before.variables, strict=True):
            variable.assign(np.copy(ops.convert_to_numpy(other)))  # JAX gives its memory away
    begin = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: [each.begin_epoch(epoch) for each in generators(model)]
    )
    data = np.zeros((12, 1)), np.zeros((12, 1))
    settings = {"epochs": epochs, "initial_epoch": initial_epoch, "callbacks": [begin]}
    model.fit(*data, batch_size=4, verbose=0, **settings)
    return model


def test_compiled_training_draws_what_its_steps_have():
    seen = ops.convert_to_numpy(trained(2).layers[0].seen)
    generator = Generator(5, "recorder")
    expected = [generator.at(epoch, step).uniform((3,)) for epoch in (0, 1) for step in range(3)]
    np.testing.assert_array_equal(seen, [ops.convert_to_numpy(each) for each in expected])


def test_training_that_is_resumed_draws_the_same():
    whole, begun = trained(4), trained(2)
    resumed = trained(4, before=begun, initial_epoch=2)
    np.testing.assert_array_equal(resumed.layers[0].seen, whole.layers[0].seen)


def test_the_state_is_a_variable_and_no_weight():
    model = trained(1)
    (generator,) = generators(model)
    assert any(variable is generator.state for variable in model.variables)
    assert all(variable is not generator.state for variable in model.weights)
    np.testing.assert_array_equal(generator.state, [0, 3])


def test_generators_of_nested_models():
    inner = keras.Sequential([keras.Input((1,)), Recorder(name="a"), Recorder(name="b")])
    outer = keras.Sequential([keras.Input((1,)), inner, Recorder(name="c")])
    expected = [layer.generator for layer in (*inner.layers, outer.layers[1])]
    assert {id(each) for each in generators(outer)} == {id(each) for each in expected}


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="of TensorFlow alone")
def test_steps_given_in_a_pipeline_of_tensorflow():
    """Parallel calls draw what the steps have, whatever their order."""
    import tensorflow as tf

    generator = Generator(5, "pipeline")
    data = tf.data.Dataset.range(20).map(
        lambda step: generator.at(0, step).uniform((3,)), num_parallel_calls=2
    )
    expected = [ops.convert_to_numpy(generator.at(0, step).uniform((3,))) for step in range(20)]
    np.testing.assert_array_equal([each.numpy() for each in data], expected)
