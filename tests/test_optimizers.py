"""Muon: its steps beside the published formulas in NumPy, its groups, its configuration."""

import keras
import numpy as np
import pytest

from kerasdl.optimizers import Muon
from kerasdl.optimizers.orthogonal import MatrixAxes, orthogonalize
from kerasdl.schedules import PerEpoch, Polynomial

pytestmark = pytest.mark.optimized

AIRBENCH = {"update": "muon", "momentum": 0.6, "steps": 3, "scale": None, "normalize": True}


def published_orthogonalization(g, steps):
    """K. Jordan's `zeropower_via_newtonschulz5`, of a matrix `(outputs, inputs)`, in float64."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g / (np.linalg.norm(g) + 1e-7)
    if len(g) > g.shape[1]:
        x = x.T
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if len(g) > g.shape[1] else x


def published_step(p, g, buffer, lr):
    """A step of the `Muon` of airbench94_muon.py on filters `(out, in, height, width)`."""
    buffer = 0.6 * buffer + g
    g = g + 0.6 * buffer
    p = p * len(p) ** 0.5 / np.linalg.norm(p)
    return p - lr * published_orthogonalization(g.reshape(len(g), -1), 3).reshape(g.shape), buffer


def stepped(optimizer, weight, gradients):
    """`weight` after a step with each of the gradients."""
    variable = keras.Variable(weight, name="kernel")
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    return variable.numpy()


def orthogonalized(matrix, dtype=None):
    tensor = keras.ops.convert_to_tensor(matrix)
    return keras.ops.convert_to_numpy(orthogonalize(tensor, steps=5, dtype=dtype))


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.mark.parametrize("shape", [(3, 3, 2, 4), (2, 2, 3, 24), (1, 1, 5, 5)])
def test_convolutions_are_updated_as_in_airbench(shape):
    weight, gradients = normal(*shape), [normal(*shape, seed=i) for i in (1, 2, 3)]
    expected = weight.astype("float64").transpose(3, 2, 0, 1)  # PyTorch's layout
    buffer = np.zeros_like(expected)
    for gradient in gradients:
        expected, buffer = published_step(expected, gradient.transpose(3, 2, 0, 1), buffer, lr=0.24)
    muon = Muon(0.24, groups=({"weights": "kernel", **AIRBENCH},))
    found = stepped(muon, weight, gradients)
    np.testing.assert_allclose(found, expected.transpose(2, 3, 1, 0), rtol=0, atol=2e-6)


def test_a_wide_and_a_tall_matrix_have_nearly_equal_singular_values_afterwards():
    """Between 0.68 and 1.14 after five iterations, wherever they were from 0.01 on."""
    for shape in [(40, 8), (8, 40)]:
        left, _, right = np.linalg.svd(normal(*shape), full_matrices=False)
        matrix = left * np.linspace(0.02, 1, 8) @ right
        found = orthogonalized(matrix.astype("float32"))
        values = np.linalg.svd(found, compute_uv=False)
        assert values.min() > 0.65
        assert values.max() < 1.25


def test_bfloat16_changes_the_direction_a_little():
    matrix = normal(16, 32)
    found = orthogonalized(matrix, dtype="bfloat16")
    assert found.dtype == "float32"
    expected = published_orthogonalization(matrix.astype("float64"), 5)
    assert 0 < np.abs(found - expected).max() < 0.05


def test_heads_are_orthogonalized_together_or_each_by_itself():
    gradient = normal(8, 2, 4)
    zeros, plain = np.zeros_like(gradient), {"momentum": 0.0, "nesterov": False, "scale": None}
    together = {"weights": "", "update": "muon", "output_axes": (-2, -1), **plain}
    expected = published_orthogonalization(gradient.reshape(8, 8).T.astype("float64"), 5).T
    found = -stepped(Muon(1.0, groups=(together,)), zeros, [gradient])
    np.testing.assert_allclose(found, expected.reshape(8, 2, 4), rtol=0, atol=2e-6)
    apart = {**together, "output_axes": (-1,), "reduction_axes": (0,)}
    found = -stepped(Muon(1.0, groups=(apart,)), zeros, [gradient])
    for head in range(2):
        expected = published_orthogonalization(gradient[:, head].T.astype("float64"), 5).T
        np.testing.assert_allclose(found[:, head], expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize(
    ("scale", "factor"), [(None, 1), ("rms", 0.2 * 40**0.5), ("spectral", (40 / 10) ** 0.5)]
)
def test_directions_are_scaled_by_the_shape_of_the_matrix(scale, factor):
    gradient = normal(10, 40)
    muon = Muon(1.0, groups=({"weights": "", "update": "muon", "scale": scale},))
    expected = factor * published_orthogonalization(gradient.T.astype("float64"), 5).T
    found = -stepped(muon, np.zeros((10, 40), "float32"), [gradient])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_sgd_is_pytorchs_where_the_rate_falls():
    """torch.optim.SGD: v = m v + g, p = p - lr (g + m v), with the rate of the step outside of v."""
    schedule = PerEpoch(Polynomial(0.5, duration=4), steps_per_epoch=1)
    weight, gradients = normal(3), [normal(3, seed=i) for i in (1, 2, 3)]
    sgd = {"weights": "", "update": "sgd", "momentum": 0.85, "nesterov": True}
    expected, v = weight.astype("float64"), np.zeros(3)
    for gradient, lr in zip(gradients, (0.5, 0.375, 0.25), strict=True):
        v = 0.85 * v + gradient
        expected = expected - lr * (gradient + 0.85 * v + 0.1 * expected)
    found = stepped(Muon(schedule, groups=(sgd,), weight_decay=0.1), weight, gradients)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_adamw_is_that_of_keras():
    """To the place of its epsilon: a small gradient, as there is one here, tells."""
    weight, gradients = normal(3, 4), [normal(3, 4, seed=i) for i in (1, 2, 3)]
    ours = Muon(0.01, groups=({"weights": "", "update": "adamw"},), weight_decay=0.1)
    expected = stepped(keras.optimizers.AdamW(0.01, weight_decay=0.1), weight, gradients)
    np.testing.assert_allclose(stepped(ours, weight, gradients), expected, rtol=0, atol=1e-6)


def test_the_first_group_that_finds_a_weight_has_it():
    """With its own rate and decay, or those of the optimizer."""
    falling = PerEpoch(Polynomial(0.5, duration=2), steps_per_epoch=1)
    groups = (
        {"weights": "^a", "update": "sgd", "momentum": 0.0, "learning_rate": falling},
        {"weights": "b$", "update": "sgd", "momentum": 0.0, "weight_decay": 0.5},
        {"weights": "", "update": "sgd", "momentum": 0.0},
    )
    variables = [keras.Variable(1.0, name=name) for name in ("a", "b", "c")]
    muon = Muon(0.1, groups=groups)
    for _ in range(2):
        muon.apply([keras.ops.ones(())] * 3, variables)
    assert [muon.group_of(each) for each in variables] == list(groups)
    found = [float(each.numpy()) for each in variables]
    b = 1 - 0.1 * (1 + 0.5)
    np.testing.assert_allclose(found, [1 - 0.5 - 0.25, b - 0.1 * (1 + 0.5 * b), 0.8], atol=1e-6)


def test_the_default_groups_are_those_of_a_transformer():
    x = keras.Input((4, 8))
    attention = keras.layers.MultiHeadAttention(2, 4, name="attention")(x, x)
    y = keras.layers.Dense(16, name="mlp")(keras.layers.LayerNormalization(name="norm")(attention))
    model = keras.Model(x, keras.layers.Dense(3, name="logits")(y))
    muon = Muon()
    muon.build(model.trainable_variables)
    by_path = {variable.path: muon.group_of(variable) for variable in model.trainable_variables}
    found = {
        path: (group["update"], group.get("output_axes"))
        for path, group in by_path.items()
        if not path.endswith("bias")
    }
    assert found == {
        "attention/query/kernel": ("muon", (-2, -1)),
        "attention/key/kernel": ("muon", (-2, -1)),
        "attention/value/kernel": ("muon", (-2, -1)),
        "attention/attention_output/kernel": ("muon", None),
        "norm/gamma": ("adamw", None),
        "norm/beta": ("adamw", None),
        "mlp/kernel": ("muon", None),
        "logits/kernel": ("adamw", None),
    }
    biases = {group["update"] for path, group in by_path.items() if path.endswith("bias")}
    assert biases == {"adamw"}


def test_the_configuration_gives_the_same_optimizer():
    schedule = PerEpoch(Polynomial(0.5, duration=2), steps_per_epoch=3)
    groups = ({"weights": "", "learning_rate": schedule, **AIRBENCH, "output_axes": (-2, -1)},)
    muon = Muon(0.1, groups=groups, weight_decay=0.2, global_clipnorm=1.0)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(muon))
    assert type(again) is Muon
    assert again.groups == muon.groups
    assert again.get_config() == muon.get_config()


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (({"weights": "", "update": "lion"},), "one of muon, sgd, adamw"),
        (({"update": "sgd"},), "`weights`, a regular expression"),
        (({"weights": "", "update": "sgd", "beta_1": 0.9},), r"\['momentum', 'nesterov'\].*beta_1"),
        (({"weights": "", "update": "muon", "scale": "big"},), "'rms', 'spectral' or None"),
        (({"weights": "", "update": ["sgd"]},), "one of muon, sgd, adamw"),
        (({"weights": "(", "update": "sgd"},), r"regular expression \(missing .*weights='\('"),
        (({"weights": "a{9999999999999}", "update": "sgd"},), "a regular expression"),
        (({"weights": "", "update": "sgd", "learning_rate": "x"},), "or a schedule.*rate='x'"),
        (({"weights": "", "update": "sgd", "weight_decay": "x"},), "0 or more.*weight_decay='x'"),
        (3, "a list of dictionaries. Received: groups=3"),
        ({"weights": "", "update": "sgd"}, "a list of dictionaries. Received: groups={"),
    ],
)
def test_groups_that_make_no_sense_are_refused(groups, message):
    with pytest.raises(ValueError, match=message):
        Muon(groups=groups)


@pytest.mark.parametrize(
    ("update", "name", "value"),
    [
        ("muon", "momentum", "x"),
        ("muon", "momentum", 1.5),
        ("muon", "nesterov", 1),
        ("muon", "steps", "x"),
        ("muon", "steps", 0),
        ("muon", "steps", 2.5),
        ("muon", "output_axes", -1),
        ("muon", "output_axes", ("a",)),
        ("muon", "reduction_axes", "ab"),
        ("muon", "normalize", "x"),
        ("muon", "dtype", "foo"),
        ("muon", "dtype", "int32"),
        ("sgd", "momentum", None),
        ("sgd", "nesterov", "x"),
        ("adamw", "beta_1", "x"),
        ("adamw", "beta_2", 1.0),
        ("adamw", "beta_2", float("nan")),
        pytest.param("adamw", "epsilon", 10**400, id="beyond all floats"),
    ],
)
def test_values_that_a_step_would_stumble_over_are_refused(update, name, value):
    group = {"weights": "", "update": update, name: value}
    with pytest.raises(ValueError, match=rf"^Expected `{name}` to be .* Received: {name}="):
        Muon(groups=(group,))


def test_numbers_of_numpy_are_numbers():
    momentum, steps = np.float32(0.5), np.int64(3)
    Muon(groups=({"weights": "", "update": "muon", "momentum": momentum, "steps": steps},))
    with pytest.raises(ValueError, match="Expected `weight_decay`"):
        Muon(weight_decay="x")


def test_weights_without_a_group_or_without_a_matrix_are_refused():
    bias = keras.Variable(np.zeros(3), name="bias")
    muon = Muon(groups=({"weights": "x", "update": "sgd"},))
    with pytest.raises(ValueError, match="a group of the optimizer for every weight"):
        muon.build([bias])
    muon = Muon(groups=({"weights": "", "update": "muon"},))
    with pytest.raises(ValueError, match="bias: Expected `output_axes`"):
        muon.build([bias])
    with pytest.raises(ValueError, match="different axes of a kernel of 4 axes"):
        MatrixAxes(4, output_axes=(3,), reduction_axes=(-1, 0))


def test_a_network_is_trained_and_its_optimizer_is_saved(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            keras.layers.Conv2D(4, 3),
            keras.layers.Flatten(),
            keras.layers.Dense(3, name="logits"),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(Muon(0.02, weight_decay=0.01), loss)
    x, y = normal(48, 6, 6, 1), np.arange(48) % 3
    x[:, 0, 0, 0] += 3 * y
    losses = model.fit(x, y, epochs=5, batch_size=16, shuffle=False, verbose=0).history["loss"]
    assert losses[-1] < 0.7 * losses[0]
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    for a, b in zip(model.optimizer.variables, again.optimizer.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
