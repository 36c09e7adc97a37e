"""Adam and AdamW in one pass beside their formula and beside Keras' own."""

import importlib

import keras
import numpy as np
import pytest

from kerasdl import recipes, studies
from kerasdl.models import MLP
from kerasdl.pretrained import with_rates
from kerasdl.training.optimizer import build_optimizer

BACKEND = keras.backend.backend()
pytestmark = pytest.mark.skipif(BACKEND == "jax", reason="XLA fuses Keras' own")

SHAPES = ((4, 3), (5,), (2, 2, 3, 2))
VIT = studies.get("transformers/vit_patch_size-7")


def fused(kind, **arguments):
    module = importlib.import_module(f"kerasdl.optimizers.fused_{BACKEND}")
    return getattr(module, kind)(**arguments)


def weights(optimizer, steps=6, frozen=False):
    """Weights that begin as ones, after steps with drawn gradients, one of them without."""
    rng = np.random.default_rng(0)
    variables = [keras.Variable(np.ones(shape, "float32"), name="kernel") for shape in SHAPES]
    for _ in range(steps):
        gradients = [keras.ops.convert_to_tensor(rng.normal(size=s), "float32") for s in SHAPES]
        if frozen:
            gradients[1] = None
        optimizer.apply(gradients, variables)
    return [variable.numpy() for variable in variables]


def formula(rate, epsilon, steps=6):
    """Kingma and Ba (2015), section 2, with the epsilon of Keras, in float64."""
    rng = np.random.default_rng(0)
    w, m, v = ([np.full(s, value) for s in SHAPES] for value in (1.0, 0.0, 0.0))
    for t in range(1, steps + 1):
        for i, shape in enumerate(SHAPES):
            g = rng.normal(size=shape)
            m[i], v[i] = 0.9 * m[i] + 0.1 * g, 0.999 * v[i] + 0.001 * g * g
            unbiased = np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            w[i] = w[i] - rate * unbiased * m[i] / (np.sqrt(v[i]) + epsilon)
    return w


@pytest.mark.parametrize("epsilon", [1e-7, 0.1])
def test_adam_is_its_formula(epsilon):
    given = weights(fused("FusedAdam", learning_rate=0.01, epsilon=epsilon))
    for one, two in zip(given, formula(0.01, epsilon), strict=True):
        np.testing.assert_allclose(one, two, rtol=2e-6)


@pytest.mark.parametrize(
    "arguments",
    [
        {"weight_decay": 0.1},
        {"clipnorm": 0.5},
        {"global_clipnorm": 0.5},
        {"use_ema": True, "ema_overwrite_frequency": 2},
        {"gradient_accumulation_steps": 2},
        {"learning_rate": keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)},
    ],
)
@pytest.mark.parametrize("kind", ["Adam", "AdamW"])
@pytest.mark.filterwarnings("ignore:Gradients do not exist")
def test_it_does_all_else_as_keras(kind, arguments):
    given, expected = (
        weights(optimizer, frozen="gradient_accumulation_steps" not in arguments)
        for optimizer in (
            fused(f"Fused{kind}", **arguments),
            getattr(keras.optimizers, kind)(**arguments),
        )
    )
    for one, two in zip(given, expected, strict=True):
        np.testing.assert_allclose(one, two, rtol=2e-6)


@pytest.mark.skipif(BACKEND != "torch", reason="other tensors have one order in memory")
@pytest.mark.parametrize("transposed", ["gradient", "weight"])
def test_any_order_in_memory(transposed):
    values = np.arange(6, dtype="float32").reshape(2, 3)
    found = []
    for optimizer in (fused("FusedAdam", learning_rate=0.1), keras.optimizers.SGD()):
        gradient = keras.ops.convert_to_tensor(values - 2.5)
        if transposed == "gradient":
            gradient = gradient.T.contiguous().T
        variable = keras.Variable(np.ones((2, 3), "float32"))
        if transposed == "weight":
            variable.value.data = variable.value.data.T.contiguous().T
        optimizer.apply([gradient], [variable])
        found.append(np.sign(variable.numpy() - 1))
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("kind", ["Adam", "AdamW"])
def test_each_layer_has_its_rate(kind):
    arguments = {"learning_rate": 0.1, "weight_decay": 0.1}
    optimizers = fused(f"Fused{kind}", **arguments), getattr(keras.optimizers, kind)(**arguments)
    found = []
    for optimizer in optimizers:
        variables = [keras.Variable(np.ones(2, "float32"), name=name) for name in "abc"]
        with_rates(optimizer, {"a": 0.1, "b": 0.5})
        for _ in range(3):
            optimizer.apply([keras.ops.ones(2)] * 3, variables)
        found.append([variable.numpy() for variable in variables])
    np.testing.assert_allclose(*found, rtol=2e-6)
    assert len(np.unique(found)) >= 3


@pytest.mark.skipif(BACKEND != "tensorflow", reason="TensorFlow's alone")
def test_steps_of_a_graph_and_of_xla_are_those_of_keras():
    """Over 300 steps: a mistake in the correction of the second moment grows with them."""
    import tensorflow as tf

    def after_steps(optimizer, **compiled):
        variables = [keras.Variable(np.full(5, 0.5, "float32"))]
        optimizer.build(variables)
        step = tf.function(lambda gradient: optimizer.apply([gradient], variables), **compiled)
        rng = np.random.default_rng(0)
        for _ in range(300):
            step(tf.constant(rng.normal(size=5), tf.float32))
        return variables[0].numpy()

    expected = after_steps(keras.optimizers.Adam(0.01))
    for compiled in ({}, {"jit_compile": True}):
        found = after_steps(fused("FusedAdam", learning_rate=0.01), **compiled)
        np.testing.assert_allclose(found, expected, rtol=0, atol=5e-7)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="TensorFlow's alone")
def test_rows_of_a_gradient_are_those_of_keras():
    """The gradient of an embedding has the rows that were looked up alone."""
    import tensorflow as tf

    found = []
    for optimizer in (fused("FusedAdam", learning_rate=0.1), keras.optimizers.Adam(0.1)):
        variable = keras.Variable(np.ones((4, 2), "float32"))
        rows = tf.IndexedSlices(tf.constant([[1.0, -2.0]]), tf.constant([2]), tf.constant([4, 2]))
        for _ in range(2):
            optimizer.apply([rows], [variable])
        found.append(variable.numpy())
    np.testing.assert_allclose(*found, rtol=1e-6)


@pytest.mark.parametrize(
    "arguments",
    [
        {"amsgrad": True, "beta_2": 0.5},  # whose second moment falls at once
        pytest.param(
            {"beta_2": 1 - 1e-9},
            marks=pytest.mark.skipif(BACKEND != "tensorflow", reason="TensorFlow's alone"),
        ),
    ],
)
def test_what_the_operation_cannot_is_computed_as_keras_does(arguments):
    """Such a beta_2 is 1 in float32."""
    expected = weights(keras.optimizers.Adam(0.01, **arguments))
    found = weights(fused("FusedAdam", learning_rate=0.01, **arguments))
    for one, two in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-6)


def test_which_recipes_take_it():
    network = MLP((4,), 2)

    def kind(changes):
        return type(build_optimizer(recipes.override(VIT, changes), network, 3)).__name__

    assert kind({}) == "FusedAdam"
    assert kind({"optimizer.name": "adamw", "optimizer.weight_decay": 0.1}) == "FusedAdamW"
    assert kind({"optimizer.arguments": {"amsgrad": True}}) != "FusedAdam"
    assert kind({"optimizer.name": "sgd", "optimizer.arguments": {}}) == "SGD"


def test_its_variables_are_those_of_keras():
    """So that what a run has saved with the one goes on with the other."""
    one, two = fused("FusedAdam"), keras.optimizers.Adam()
    network = MLP((4,), 2)
    for each in (one, two):
        each.build(network.trainable_variables)
    found, expected = ([(v.name, v.shape) for v in each.variables] for each in (one, two))
    assert found == expected
