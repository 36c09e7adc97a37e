"""What a comparison of backends finds: rounding is told from a bug, and the bug is located."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from kerasdl.__main__ import main
from kerasdl.errors import UsageError
from kerasdl.parity import distances
from kerasdl.parity.compare import Design, compare
from kerasdl.parity.comparison import Comparison
from kerasdl.parity.trace import PROBE, perturb, restore, run, trace
from kerasdl.recipes import Data, Model, Optimizer, Recipe, to_dict
from kerasdl.training import resolve
from kerasdl.training.network import build

STEPS = 4
RECIPE = Recipe(
    name="tests/parity",
    data=Data("digits", limit_train=64, limit_test=20),
    model=Model(
        "CNN",
        arguments={
            "filters": (4, 6),
            "kernel_size": 3,
            "units": (8,),
            "batch_norm": True,
            "kernel_initializer": "fan_in_uniform",
            "bias_initializer": "fan_in_uniform",
        },
    ),
    inputs="unit",
    loss="sparse_categorical_crossentropy",
    optimizer=Optimizer("sgd", 0.1, weight_decay=0.1, arguments={"momentum": 0.9}),
    epochs=1,
    batch_size=16,
)


@pytest.fixture(scope="module")
def experiment():
    return resolve(RECIPE)


@pytest.fixture(scope="module")
def reference(experiment):
    return list(trace(experiment, build(experiment).trained, STEPS))


def compared(experiment, reference, network):
    steps = trace(experiment, network, len(reference))
    return [distances.between(a, b) for a, b in zip(reference, steps, strict=True)]


@pytest.fixture(scope="module")
def yardstick(experiment, reference):
    """Five runs whose initial weights differ by one rounding, in a network that is built once."""
    network = build(experiment).trained
    network.optimizer.build(network.trainable_variables)
    initial = network.get_weights()
    state = [np.array(keras.ops.convert_to_numpy(v)) for v in network.optimizer.variables]
    found = []
    for seed in range(5):
        network.set_weights(initial)
        for variable, value in zip(network.optimizer.variables, state, strict=False):
            variable.assign(value)
        perturb(network, seed)
        found.append(compared(experiment, reference, network))
    return found


def first_departure(steps, yardstick, lockstep=False):
    found = distances.Envelope(yardstick, distances.FLOOR, lockstep).departures(steps)
    return found[0] if found else None


def layer(network, name):
    return network.get_layer(name)


def test_the_gradients_are_those_of_the_loss(experiment):
    """Against central differences of the loss, for a few weights of the last layer."""
    network = build(experiment).trained
    initial = network.get_weights()
    x, y = experiment.training_batches[0]
    step = next(trace(experiment, network, 1))
    kernel = [w.path for w in network.trainable_weights].index("logits/kernel")

    def loss(change):
        network.set_weights(initial)
        weight = network.trainable_weights[kernel]
        weight.assign(keras.ops.convert_to_numpy(weight) + change)
        logits = network(keras.ops.convert_to_tensor(x), training=True)
        exact = np.asarray(keras.ops.convert_to_numpy(logits), "float64")
        exact -= exact.max(axis=1, keepdims=True)
        probability = np.exp(exact) / np.exp(exact).sum(axis=1, keepdims=True)
        return -np.log(probability[np.arange(len(y)), y]).mean()

    gradient = step["gradients/logits/kernel"]
    for position in ((0, 0), (3, 2), (7, 9)):
        change = np.zeros_like(gradient)
        change[position] = 1e-2
        slope = (loss(change) - loss(-change)) / 2e-2
        assert gradient[position] == pytest.approx(slope, abs=2e-4)


def test_one_rounding_is_one_rounding(experiment):
    network = build(experiment).trained
    before = network.get_weights()
    perturb(network, seed=0)
    for old, new in zip(before, network.get_weights(), strict=True):
        step = np.spacing(np.abs(old))
        assert (np.abs(new - old) <= step).all()
    kernel = network.get_layer("conv1").get_weights()[0]
    original = before[[w.path for w in network.weights].index("conv1/kernel")]
    assert (kernel != original).all()
    assert 0.3 < (kernel > original).mean() < 0.7


@pytest.mark.parametrize(("precision", "bits"), [("bfloat16", 8), ("float16", 11)])
def test_one_rounding_of_half_precision(precision, bits):
    """A weight is the next number of that type, where it was one."""
    half = resolve(replace(RECIPE, precision=precision))
    network = build(half).trained
    for weight in network.trainable_weights:
        exponent = np.frexp(weight.numpy())[1]
        weight.assign(
            np.ldexp(np.round(np.ldexp(weight.numpy(), bits - exponent)), exponent - bits)
        )
    before = [np.array(weight.numpy()) for weight in network.trainable_weights]
    perturb(network, 0, precision)
    for old, weight in zip(before, network.trainable_weights, strict=True):
        exact = np.array(weight.numpy())
        rounded = keras.ops.convert_to_numpy(keras.ops.cast(exact, precision)).astype("float32")
        np.testing.assert_array_equal(exact, rounded)
        assert ((exact != old) == (old != 0)).all()
        assert (np.abs(exact - old) <= 2.0 ** (1 - bits) * np.abs(old)).all()


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_is_traced(precision):
    """In arrays that files can hold; gradients are those of the loss, however it was scaled."""
    half = resolve(replace(RECIPE, precision=precision))
    step = next(trace(half, build(half).trained, 1))
    single = next(trace(resolve(RECIPE), build(resolve(RECIPE)).trained, 1))
    assert {array.dtype.kind for array in step.values()} <= {"f", "i"}
    assert [name for name in step if name.startswith("outputs/")] == [
        name for name in single if name.startswith("outputs/")
    ]
    ours, theirs = (each["gradients/logits/kernel"] for each in (step, single))
    assert 0 < np.abs(ours - theirs).max() < 0.1 * np.abs(theirs).max()


def test_a_network_with_dropout(experiment):
    """Its dropout is replaced, in a model that shares all other layers with the one before."""
    arguments = {**RECIPE.model.arguments, "dropout": 0.5}
    with_dropout = resolve(replace(RECIPE, model=replace(RECIPE.model, arguments=arguments)))
    network = build(with_dropout).trained
    logits = network.predict(with_dropout.dataset.train.x[:PROBE], verbose=0)
    step = next(trace(with_dropout, network, 1))
    np.testing.assert_allclose(step["outputs/logits"], logits, rtol=1e-5, atol=1e-6)
    names = [name.removeprefix("outputs/") for name in step if name.startswith("outputs/")]
    dropped = [name for name in names if "dropout" in name]
    assert dropped
    for name in dropped:  # in inference
        before = names[names.index(name) - 1]
        np.testing.assert_array_equal(step[f"outputs/{name}"], step[f"outputs/{before}"])


def test_the_same_run_has_no_distance(experiment, reference):
    steps = compared(experiment, reference, build(experiment).trained)
    assert all(distances.relative(step, q) == 0 for step in steps for q in distances.QUANTITIES)


def test_rounding_is_no_departure(experiment, reference, yardstick):
    network = build(experiment).trained
    perturb(network, seed=99)
    steps = compared(experiment, reference, network)
    assert distances.relative(steps[-1], "weights") > 0
    assert first_departure(steps, yardstick) is None


def test_a_momentum_of_batch_norm_is_found(experiment, reference, yardstick):
    network = build(experiment).trained
    layer(network, "conv2_bn").momentum = 0.99  # for 0.9
    found = first_departure(compared(experiment, reference, network), yardstick)
    assert (found.step, found.quantity) == (1, "statistics")
    assert found.name.startswith("conv2_bn/moving_")


def test_an_epsilon_is_found(experiment, reference, yardstick):
    network = build(experiment).trained
    layer(network, "conv2_bn").epsilon = 1e-3  # for 1e-5
    found = first_departure(compared(experiment, reference, network), yardstick)
    assert (found.step, found.quantity, found.name) == (1, "outputs", "conv2_bn")


def test_a_weight_decay_on_biases_is_found(experiment, reference, yardstick):
    network = build(experiment).trained
    network.optimizer.exclude_from_weight_decay(var_list=[])  # for all but the kernels
    found = first_departure(compared(experiment, reference, network), yardstick)
    assert (found.step, found.quantity, found.name) == (1, "weights", "conv1/bias")


def in_lockstep(experiment, reference, network, perturbation=None):
    """Distances of a run whose every step starts from the reference's state."""

    def start_step(step):
        if step > 1:
            restore(network, reference[step - 2])
        if perturbation is not None:
            perturb(network, [perturbation, step])

    steps = trace(experiment, network, len(reference), start_step)
    return [distances.between(a, b) for a, b in zip(reference, steps, strict=True)]


def test_in_lockstep_nothing_accumulates(experiment, reference):
    """A start that is far off is forgotten at the second step: all that trains is put back."""
    network = build(experiment).trained
    for weight in network.trainable_weights:
        weight.assign(2 * keras.ops.convert_to_numpy(weight))
    first, *others = in_lockstep(experiment, reference, network)
    assert distances.relative(first, "weights") > 0.1
    for step in others:
        assert [distances.relative(step, q) for q in distances.QUANTITIES] == [0] * 6


@pytest.fixture(scope="module")
def lockstep_yardstick(experiment, reference):
    return [in_lockstep(experiment, reference, build(experiment).trained, seed) for seed in (0, 1)]


def test_in_lockstep_rounding_is_no_departure(experiment, reference, lockstep_yardstick):
    network = build(experiment).trained
    steps = in_lockstep(experiment, reference, network, perturbation=99)
    assert all(distances.relative(step, "weights") > 0 for step in steps)
    assert first_departure(steps, lockstep_yardstick, lockstep=True) is None


def test_in_lockstep_a_bug_is_found(experiment, reference, lockstep_yardstick):
    network = build(experiment).trained
    network.optimizer.exclude_from_weight_decay(var_list=[])  # for all but the kernels
    steps = in_lockstep(experiment, reference, network)
    found = first_departure(steps, lockstep_yardstick, lockstep=True)
    assert (found.step, found.quantity, found.name) == (1, "weights", "conv1/bias")


def test_in_lockstep_the_farthest_of_all_steps_counts():
    def steps(*values):
        return [{"loss/loss": [value, 1.0]} for value in values]

    yardstick = [steps(1e-4, 1e-7), steps(1e-7, 1e-7)]
    departure = first_departure(steps(1e-7, 9e-4), yardstick)
    assert (departure.step, departure.allowed) == (2, 1e-5)
    assert first_departure(steps(1e-7, 9e-4), yardstick, lockstep=True) is None
    departure = first_departure(steps(1e-7, 1.1e-3), yardstick, lockstep=True)
    assert (departure.step, departure.allowed) == (2, pytest.approx(1e-3))


def test_distances_by_hand():
    one = {"weights/a/kernel": np.array([1.0, -4.0]), "weights/a/bias": np.array([0.0])}
    other = {"weights/a/kernel": np.array([1.5, -4.0]), "weights/a/bias": np.array([0.2])}
    step = distances.between(one, other)
    assert step == {"weights/a/kernel": [0.5, 4.0], "weights/a/bias": [0.2, 0.0]}
    assert distances.relative(step, "weights") == 0.125
    assert np.isnan(distances.relative(step, "gradients"))
    near = distances.between(one, {**one, "weights/a/bias": np.array([0.01])})
    found = first_departure([step], [[near]])
    assert (found.name, found.distance, found.allowed) == ("a/kernel", 0.125, 1e-5)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_on_one_side_is_infinitely_far(value):
    one, other = {"loss/loss": np.array(1.0)}, {"loss/loss": np.array(value)}
    assert distances.between(one, other)["loss/loss"][0] == np.inf
    assert distances.between(other, other)["loss/loss"][0] == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_reference_that_is_not_finite_is_departed_from(value):
    """In memory as a run leaves it; `nan` and `inf` are larger than no number that is allowed."""
    one = {"gradients/a/kernel": np.array([value, 1.0])}
    near, same = (
        distances.between(one, {"gradients/a/kernel": np.array([value, second])})
        for second in (1.0 + 1e-7, 1.0)
    )
    assert same == {"gradients/a/kernel": [0.0, 1.0]}
    assert first_departure([near], [[same]]) is None
    for other in ([2.0, 1.0], [-value if value == value else np.inf, 1.0]):
        step = distances.between(one, {"gradients/a/kernel": np.array(other)})
        assert step == {"gradients/a/kernel": [np.inf, 1.0]}
        assert distances.relative(step, "gradients") == np.inf
        found = first_departure([step], [[near]])
        assert (found.step, found.name, found.distance) == (1, "a/kernel", np.inf)
    far = distances.between(one, {"gradients/a/kernel": np.array([value, 1.5])})
    assert first_departure([far], [[near]]).distance == 0.5


def test_a_perturbed_run_that_is_not_finite_allows_nothing():
    """Otherwise one of five that diverges would hide every bug; in lockstep, at every step."""
    steps = [{"loss/loss": [value, 1.0]} for value in (1e-3, np.inf, 1e-3)]
    yardstick = [[{"loss/loss": [value, 1.0]} for value in (1e-7, np.inf, 1e-7)]]
    for lockstep in (False, True):
        envelope = distances.Envelope(yardstick, distances.FLOOR, lockstep)
        found = envelope.departures(steps)
        assert [(each.step, each.allowed) for each in found] == [(n, 1e-5) for n in (1, 2, 3)]


def test_no_array_of_either_run_is_left_out():
    one = {"weights/a": np.ones((3, 1)), "weights/b": np.ones(2)}
    for pair in ((one, one | {"weights/c": np.ones(1)}), (one | {"weights/c": np.ones(1)}, one)):
        with pytest.raises(UsageError, match=r"from one of them only: weights/c\.$"):
            distances.between(*pair)
    with pytest.raises(UsageError, match=r"weights/a to have one shape .* \(3, 1\) and \(3,\)"):
        distances.between(one, one | {"weights/a": np.ones(3)})


def test_a_run_says_when_it_is_not_finite_first(tmp_path):
    """Against the files that it keeps."""
    job = {
        "data_dir": None,
        "steps": STEPS,
        "precision": "float32",
        "perturbation": None,
        "references": {},
        "lockstep": None,
        "keep": True,
    }
    found = {}
    for name, rate in {"near": 0.1, "far": 1e19}.items():
        recipe = replace(RECIPE, optimizer=replace(RECIPE.optimizer, learning_rate=rate))
        folder = tmp_path / name
        found[name] = run(job | {"recipe": to_dict(recipe), "folder": str(folder)})["not_finite"]
        finite = []
        for step in range(1, STEPS + 1):
            with np.load(folder / f"{step}.npz") as arrays:
                finite.append(all(np.isfinite(array).all() for array in arrays.values()))
        assert found[name] == (finite.index(False) + 1 if False in finite else None)
    assert found["near"] is None
    assert found["far"] > 1


def test_a_comparison_says_which_runs_are_not_finite(monkeypatch):
    """Of both backends' runs, of the same numbers; that of the yardstick is no backend's."""
    quantities = {f"{name}/a": np.array([np.nan, 1.0]) for name in distances.QUANTITIES}
    step = distances.between(quantities, quantities)

    def trace_run(folder, name, job):
        found = {reference: [step] * 7 for reference in job["references"]}
        return {"distances": found, "not_finite": None if job["keep"] else 1}

    monkeypatch.setattr("kerasdl.parity.compare._trace", trace_run)
    monkeypatch.setattr("kerasdl.parity.compare._record", lambda *_: {"seed": 0})
    found = compare(RECIPE, ("torch", "jax"), Design(steps=7, perturbed=2))
    assert "Not finite: JAX, first at step 1\nPyTorch and JAX: within rounding" in found.table()
    written = found.to_dict()
    assert written["not_finite"] == {"jax": 1}
    assert list(written["pairs"]["torch-jax"]) == list(distances.QUANTITIES)
    assert [list(run) for run in written["yardstick"]] == [list(distances.QUANTITIES)] * 2


def test_the_precisions_of_a_comparison_are_named():
    words = r"one of float32, bfloat16, float16, float64; received 'float128'\.$"
    with pytest.raises(UsageError, match=words):
        compare(RECIPE, ("torch", "jax"), Design(precision="float128"))


def test_a_table_and_a_dictionary(experiment, reference, yardstick):
    network = build(experiment).trained
    layer(network, "conv2_bn").epsilon = 1e-3
    pairs = {"tensorflow-jax": compared(experiment, reference, network)}
    comparison = Comparison("tests/parity", "float32", "tensorflow", pairs, yardstick, {})
    words = f"TensorFlow and JAX: depart at {STEPS} of {STEPS} steps, first at step 1, outputs of conv2_bn"
    assert words in comparison.table()
    written = comparison.to_dict()
    departures = written["departures"]["tensorflow-jax"]
    assert [each["step"] for each in departures] == [1, 2, 3, 4]
    assert departures[0]["name"] == "conv2_bn"
    assert written["allowed"] == {"margin": distances.MARGIN, "floor": distances.FLOOR}
    assert len(written["pairs"]["tensorflow-jax"]["loss"]) == STEPS


@pytest.mark.parametrize(("loss", "code"), [(1.0, 0), (1.1, 1), (np.nan, 1)])
def test_the_exit_code_says_whether_a_backend_departs(loss, code, monkeypatch, capsys):
    quantities = {f"{name}/a": np.array(1.0) for name in distances.QUANTITIES}
    near = distances.between(quantities, quantities)
    found = distances.between(quantities, quantities | {"loss/a": np.array(loss)})
    pairs = {"tensorflow-jax": [found]}
    comparison = Comparison("tests/parity", "float32", "tensorflow", pairs, [[near]], {})
    monkeypatch.setattr("kerasdl.parity.compare.compare", lambda *args, **options: comparison)
    monkeypatch.setattr("kerasdl.backend.named", lambda names: ("tensorflow", "jax"))
    assert main(["parity", "exercises/circles_linear", "--backends", "tensorflow,jax"]) == code
    words = "depart at 1 of 1 steps, first at step 1, loss of a" if code else "within rounding"
    assert f"TensorFlow and JAX: {words}" in capsys.readouterr().out


def test_a_pair_without_the_reference_is_judged_by_the_same_envelope():
    """PyTorch and JAX are each within of TensorFlow, on both sides of it; of each other they are not.

    By hand: the farthest perturbed run is 2e-6 off, of a size of 2: 1e-6; ten times that is 1e-5.
    """

    def distance(value):
        return {"gradients/a/kernel": [value, 2.0], "gradients/a/bias": [0.0, 1e-3]}

    pairs = {
        "tensorflow-torch": [distance(0.0), distance(1.9e-4), distance(1.9e-4)],
        "tensorflow-jax": [distance(0.0), distance(1.9e-4), distance(0.0)],
        "torch-jax": [distance(0.0), distance(3.8e-4), distance(2.1e-4)],
    }
    yardstick = [[distance(v) for v in run] for run in ((2e-6, 2e-5, 2e-6), (0.0, 1e-5, 2e-5))]
    comparison = Comparison("tests/parity", "float32", "tensorflow", pairs, yardstick, {})
    found = comparison.to_dict()["departures"]
    assert {pair: [each["step"] for each in steps] for pair, steps in found.items()} == {
        "tensorflow-torch": [],
        "tensorflow-jax": [],
        "torch-jax": [2, 3],
    }
    first = found["torch-jax"][0]
    assert (first["quantity"], first["name"]) == ("gradients", "a/kernel")
    assert (first["distance"], first["allowed"]) == pytest.approx((1.9e-4, 1e-4))
    assert (
        "PyTorch and JAX: depart at 2 of 3 steps, first at step 2, gradients of a/kernel: 1.9e-04"
        in comparison.table()
    )


@pytest.mark.parametrize(
    ("precision", "floor"), [("float64", 1e-10), ("float32", 1e-5), ("bfloat16", 1e-5)]
)
def test_one_rounding_to_float32_is_a_departure_in_float64(precision, floor):
    """6e-8: far above the rounding of float64, and below what is ever a departure in float32."""
    near = [{"loss/loss": [1e-16, 1.0]}]
    pairs = {"tensorflow-jax": [{"loss/loss": [6e-8, 1.0]}]}
    comparison = Comparison("tests/parity", precision, "tensorflow", pairs, [near], {})
    found = comparison.to_dict()
    assert found["allowed"] == {"margin": 10, "floor": floor}
    departures = found["departures"]["tensorflow-jax"]
    assert [each["allowed"] for each in departures] == ([1e-10] if precision == "float64" else [])


def test_the_momentum_of_a_bias_is_seen_in_proportion_to_its_layer():
    """A bias in front of batch norm has a gradient of zero: all of it is rounding, on any backend."""
    sizes = {
        "weights/conv1/kernel": 1.0,
        "weights/conv1/bias": 0.1,
        "weights/conv1/deep/bias": 0.1,
        "optimizer/iteration": 1.0,
        "optimizer/conv1_kernel_momentum": 0.5,
        "optimizer/conv1_kernel_velocity": 1e-3,
        "optimizer/conv1_bias_momentum": 1e-9,
        "optimizer/conv1_deep_bias_momentum": 1e-9,
    }

    def step(**distances_of):
        changed = {name.replace("__", "/"): d for name, d in distances_of.items()}
        return {name: [changed.get(name, 0.0), size] for name, size in sizes.items()}

    yardstick = [[step()]]
    assert first_departure([step(optimizer__conv1_bias_momentum=1e-9)], yardstick) is None
    found = first_departure([step(optimizer__conv1_bias_momentum=1e-4)], yardstick)
    assert (found.name, found.distance) == ("conv1_bias_momentum", pytest.approx(2e-4))
    found = first_departure([step(optimizer__conv1_kernel_velocity=1e-6)], yardstick)
    assert (found.name, found.distance) == ("conv1_kernel_velocity", pytest.approx(1e-3))
    found = first_departure([step(optimizer__conv1_deep_bias_momentum=1e-9)], yardstick)
    assert (found.name, found.distance) == ("conv1_deep_bias_momentum", pytest.approx(1.0))


FLOAT64 = """
import math
import keras
import numpy as np
from kerasdl.parity.trace import compute_in_float64
from kerasdl.training.network import _normalization
rng = np.random.default_rng(0)
compute_in_float64()
as_float64 = lambda x: keras.ops.convert_to_tensor(x, "float64")

def show(found, expected):
    found = keras.ops.convert_to_numpy(found)
    print(found.dtype, np.abs(found - expected).max() < 1e-13)

a, b = rng.normal(size=(2, 9, 9))
show(keras.ops.matmul(as_float64(a), as_float64(b)), a @ b)
show(keras.ops.cast(0.999, "float64"), 0.999)
show(keras.layers.Rescaling(1 / 255)(as_float64([254.0])), 254 / 255)
x = rng.normal(size=50)
show(keras.activations.gelu(as_float64(x)), [0.5 * v * (1 + math.erf(v / math.sqrt(2))) for v in x])

mean, deviation = rng.uniform(0.1, 9, size=(2, 3))
x = rng.normal(size=(4, 3))
show(_normalization(mean, deviation, "n")(as_float64(x)), (x - mean) / deviation)

x = rng.normal(size=(2, 5, 8))
layer = keras.layers.MultiHeadAttention(num_heads=2, key_dim=3)
layer.build(x.shape, x.shape)
q, bq, k, bk, v, bv, o, bo = (rng.normal(size=w.shape) for w in layer.weights)
layer.set_weights([q, bq, k, bk, v, bv, o, bo])
project = lambda kernel, bias: np.einsum("btd,dnh->btnh", x, kernel) + bias
scores = np.einsum("btnh,bsnh->bnts", project(q, bq), project(k, bk)) / 3**0.5
weights = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
attended = np.einsum("bnts,bsnh->btnh", weights, project(v, bv))
show(layer(as_float64(x), as_float64(x)), np.einsum("btnh,nhd->btd", attended, o) + bo)
"""


def test_float64_is_float64(python):
    """To 1e-13 of NumPy: matrices, constants, gelu, normalization and attention."""
    printed = python("-c", FLOAT64, JAX_ENABLE_X64=1).stdout.split("\n")
    assert printed == ["float64 True"] * 6 + [""]
