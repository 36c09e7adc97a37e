"""Schedules against PyTorch's and optax' own, and inside an optimizer."""

import json
import pathlib
import runpy

import keras
import numpy as np
import pytest
from compiling import compiled

from kerasdl import schedules
from kerasdl.errors import UsageError

GOLDEN = pathlib.Path(__file__).parent / "golden"
CASES = json.loads((GOLDEN / "schedules.json").read_text())
each_case = pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])


def build(entry):
    entry = dict(entry)
    name = entry.pop("name")
    if name == "join":
        return schedules.Join([build(part) for part in entry["schedules"]], entry["boundaries"])
    if name == "per_epoch":
        return schedules.PerEpoch(**entry | {"schedule": build(entry["schedule"])})
    return schedules.get(name, **entry)


@each_case
def test_equals_torch_and_optax(case):
    schedule = build(case["schedule"])
    rates = [schedule(step) for step in range(len(case["rates"]))]
    assert all(type(rate) is float for rate in rates)
    np.testing.assert_allclose(rates, case["rates"], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(schedule(np.arange(len(rates))), rates, rtol=1e-14)


def test_tensors_under_the_compiler_give_the_same_rates():
    built = [build(case["schedule"]) for case in CASES]
    longest = max(len(case["rates"]) for case in CASES)
    function = compiled(lambda step: [schedule(step) for schedule in built])
    rates = function(keras.ops.arange(longest, dtype="int32"))
    for case, computed in zip(CASES, rates, strict=True):
        expected = case["rates"]
        computed = keras.ops.convert_to_numpy(computed)[: len(expected)]
        np.testing.assert_allclose(
            computed, expected, rtol=1e-5, atol=1e-6 * max(expected), err_msg=case["case"]
        )


@each_case
def test_inside_an_optimizer(case):
    expected = case["rates"][:12]
    optimizer = keras.optimizers.SGD(build(case["schedule"]))
    weight = keras.Variable(0.0)
    optimizer.build([weight])
    for step, rate in enumerate(expected):
        shown = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
        assert shown == pytest.approx(rate, rel=1e-5, abs=1e-7)
        optimizer.apply([keras.ops.ones(())])
        moved = float(keras.ops.convert_to_numpy(weight))
        assert moved == pytest.approx(-sum(expected[: step + 1]), rel=1e-5, abs=1e-6)


def test_moves_the_weights_of_a_model_in_fit():
    # The gradient of w * 1 is 1, so the weight is minus the sum of the rates.
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, name="w")])
    schedule = schedules.get("multi_step", learning_rate=1.0, milestones=[1, 2], warmup=1)
    schedule = schedules.PerEpoch(schedule, steps_per_epoch=4)
    model.compile(keras.optimizers.SGD(schedule), loss=lambda y, out: keras.ops.mean(out))
    model.get_layer("w").set_weights([np.zeros((1, 1))])
    model.fit(np.ones((16, 1)), np.ones((16, 1)), batch_size=4, epochs=4, verbose=0, shuffle=False)
    # warm-up 0, 1/4, 2/4, 3/4; then an epoch each of 1, 0.1 and 0.01
    expected = 1.5 + 4 * (1 + 0.1 + 0.01)
    assert model.get_weights()[0] == pytest.approx(-expected, rel=1e-5)


def test_a_tensor_is_computed_with_in_the_precision_of_keras():
    if keras.backend.backend() == "jax":
        pytest.skip("JAX computes in float64 only in a process that asks for it")
    rate = schedules.CosineAnnealing(0.01, duration=7)
    keras.config.set_floatx("float64")
    try:
        found = float(keras.ops.convert_to_numpy(rate(keras.ops.convert_to_tensor(3, "int32"))))
    finally:
        keras.config.set_floatx("float32")
    # Keras' own products of float64 are float32 on PyTorch (reports/upstream/float64.md)
    digits = 1e-15 if keras.backend.backend() == "tensorflow" else 1e-6
    assert found == pytest.approx(0.01 * (1 + np.cos(3 * np.pi / 7)) / 2, rel=digits)


@pytest.mark.parametrize("steps_per_epoch", [3, 41, 61, 1532])
def test_changes_exactly_between_epochs(steps_per_epoch):
    # XLA divides by multiplying with 1 / n, and in float32 floor(k * n * (1 / n)) is k - 1
    # for n = 41, k = 1 and for n = 61, every k: that must not move a milestone.
    schedule = schedules.PerEpoch(
        schedules.MultiStep(1.0, range(1, 12), factor=0.5), steps_per_epoch
    )
    staircase = schedules.PerEpoch(schedules.Step(1.0, every=1, factor=0.5), steps_per_epoch)
    warm = schedules.PerEpoch(schedules.CosineWarmRestarts(1.0, period=1), steps_per_epoch)
    steps = np.arange(12 * steps_per_epoch)
    expected = 0.5 ** (steps // steps_per_epoch)
    np.testing.assert_array_equal(schedule(steps), expected)
    np.testing.assert_array_equal(staircase(steps), expected)
    function = compiled(lambda step: [schedule(step), staircase(step), warm(step)])
    rates = function(keras.ops.convert_to_tensor(steps, "int32"))
    rates = [keras.ops.convert_to_numpy(rate) for rate in rates]
    np.testing.assert_allclose(rates[0], expected, rtol=1e-6)
    np.testing.assert_allclose(rates[1], expected, rtol=1e-6)
    np.testing.assert_allclose(rates[2][::steps_per_epoch], 1.0)


@pytest.mark.parametrize("start", [0.0, 0.1])
def test_a_warmup_by_epoch_trains_in_every_epoch(start):
    # From 0, epoch e of 5 has (e + 1) / 6 of the rate; else the line itself, as in PyTorch.
    schedule = schedules.get("constant", learning_rate=0.6, warmup=5, warmup_start=start)
    by_epoch = schedules.PerEpoch(schedule, steps_per_epoch=10, by="epoch")
    epochs = np.arange(7)
    line = 0.6 * (epochs + 1) / 6 if start == 0 else start + (0.6 - start) * epochs / 5
    expected = np.repeat(np.minimum(line, 0.6), 10)
    np.testing.assert_allclose(by_epoch(np.arange(70)), expected, rtol=1e-12)
    computed = compiled(by_epoch)(keras.ops.arange(70, dtype="int32"))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(computed), expected, rtol=1e-6)
    # step by step the line is what it was
    by_batch = schedules.PerEpoch(schedule, steps_per_epoch=10)(np.arange(50))
    np.testing.assert_allclose(by_batch, start + (0.6 - start) * np.arange(50) / 50, rtol=1e-12)


def test_a_warmup_by_epoch_within_other_schedules():
    warm = schedules.Warmup(schedules.Constant(1.0), duration=1)
    joined = schedules.Join([schedules.Constant(0.1), warm], [2])
    by_epoch = schedules.PerEpoch(joined, steps_per_epoch=1, by="epoch")
    np.testing.assert_allclose(by_epoch(np.arange(5)), [0.1, 0.1, 0.5, 1, 1])
    half = schedules.PerEpoch(
        schedules.Warmup(schedules.Constant(1.0), duration=0.5), steps_per_epoch=1, by="epoch"
    )
    np.testing.assert_allclose(half(np.arange(3)), [2 / 3, 1, 1])


@each_case
def test_config_round_trip(case):
    schedule = build(case["schedule"])
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(schedule)))
    assert keras.saving.deserialize_keras_object(config) == schedule


def test_saved_with_a_model(tmp_path):
    schedule = schedules.PerEpoch(
        schedules.Warmup(schedules.CosineAnnealing(0.1, duration=3), duration=1), 5
    )
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(schedule), loss="mse")
    model.fit(np.ones((8, 1)), np.ones((8, 1)), batch_size=4, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert int(loaded.optimizer.iterations) == 2
    shown = float(keras.ops.convert_to_numpy(loaded.optimizer.learning_rate))
    assert shown == pytest.approx(schedule(2))


def test_times_are_real_numbers():
    # Half-way between two integers of a formula known by hand.
    assert schedules.Polynomial(1.0, duration=4)(2.5) == pytest.approx(0.375)
    assert schedules.CosineAnnealing(2.0, duration=10)(2.5) == pytest.approx(1 + np.sqrt(0.5))
    assert schedules.Exponential(1.0, factor=0.01)(0.5) == pytest.approx(0.1)
    assert schedules.get("constant", learning_rate=1.0, warmup=5)(0.5) == pytest.approx(0.1)
    assert schedules.MultiStep(1.0, [0.5, 1.5], factor=0.5)(1.49) == 0.5


@pytest.mark.parametrize("name", schedules.NAMES)
def test_every_name_can_be_built_with_and_without_warmup(name):
    given = {"milestones": [2], "factor": 0.9, "learning_rate": 0.1}
    required = [argument for argument, is_required in schedules.takes(name).items() if is_required]
    arguments = {argument: given.get(argument, 4) for argument in required}
    plain = schedules.get(name, **arguments)
    warm = schedules.get(name, warmup=2, warmup_start=0.05, **arguments)
    assert warm(0) == pytest.approx(0.05)
    assert warm(5) == pytest.approx(plain(3))
    again = type(plain).from_config(plain.get_config())
    steps = np.arange(5)
    np.testing.assert_array_equal(again(steps), plain(steps))
    on_backend = [float(plain(keras.ops.convert_to_tensor(step, "int32"))) for step in steps]
    np.testing.assert_allclose(on_backend, plain(steps), rtol=1e-5)


def test_names():
    known = "constant step multi_step exponential polynomial cosine_annealing"
    known += " cosine_warm_restarts one_cycle triangular"
    assert set(known.split()) <= set(schedules.NAMES)


def test_unknown_names_and_arguments_list_the_known_ones():
    with pytest.raises(UsageError, match=r"constant, .*step, .*triangular.*Received: 'cosin'"):
        schedules.get("cosin", learning_rate=0.1)
    with pytest.raises(UsageError, match=r"learning_rate, every, factor.*Received: gamma"):
        schedules.get("step", learning_rate=0.1, every=3, gamma=0.1)
    with pytest.raises(UsageError, match=r"learning_rate, duration.*Missing: duration"):
        schedules.get("cosine_annealing", learning_rate=0.1)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("step", {"every": 0}, "every.*positive number. Received: every=0"),
        ("step", {"every": 2, "factor": -0.1}, "factor=-0.1"),
        ("multi_step", {"milestones": [3, 2]}, "increasing.*milestones=.3, 2."),
        ("multi_step", {"milestones": 3}, "milestones=3"),
        ("multi_step", {"milestones": []}, "milestones="),
        ("multi_step", {"milestones": "12"}, "increasing positive numbers. Received: .*'12'"),
        ("multi_step", {"milestones": ["1", "2"]}, "milestones="),
        ("multi_step", {"milestones": [True, 2]}, "milestones="),
        ("multi_step", {"milestones": [1, np.nan]}, "milestones="),
        ("multi_step", {"milestones": [1, np.inf]}, "milestones="),
        ("multi_step", {"milestones": [0, 2]}, "milestones="),
        ("exponential", {"factor": "0.9"}, "factor='0.9'"),
        ("polynomial", {"duration": float("inf")}, "duration=inf"),
        ("cosine_annealing", {"duration": 3, "minimum": -1}, "0 or more.*minimum=-1"),
        ("cosine_warm_restarts", {"period": 3, "multiplier": 1.5}, "multiplier=1.5"),
        ("one_cycle", {"duration": 3, "warmup_fraction": 1.5}, "between 0 and 1"),
        ("one_cycle", {"duration": 3, "anneal": "cos"}, "'cosine' or 'linear'"),
        ("triangular", {"up": 3, "down": 0}, "down=0"),
        ("constant", {"warmup": -1}, "duration=-1"),
        ("constant", {"learning_rate": True}, "learning_rate=True"),
        ("constant", {"learning_rate": 10**400}, "learning_rate=1000"),
    ],
)
def test_arguments_out_of_range(name, arguments, message):
    with pytest.raises(UsageError, match=message):
        schedules.get(name, **{"learning_rate": 0.1} | arguments)


def test_compositions_check_their_parts():
    constant = schedules.Constant(0.1)
    with pytest.raises(UsageError, match="a schedule of kerasdl"):
        schedules.Warmup(0.1, duration=3)
    with pytest.raises(UsageError, match="1 increasing positive numbers"):
        schedules.Join([constant, constant], [3, 4])
    with pytest.raises(UsageError, match=r"steps_per_epoch=1\.5"):
        schedules.PerEpoch(constant, 1.5)
    with pytest.raises(UsageError, match="by='step'"):
        schedules.PerEpoch(constant, 2, by="step")


@pytest.mark.parity
def test_golden_rates_are_what_torch_and_optax_compute():
    cases = runpy.run_path(str(GOLDEN / "make_schedules.py"))["CASES"]
    assert [case["case"] for case in CASES] == list(cases)
    for case in CASES:
        schedule, rates = cases[case["case"]]
        assert case["schedule"] == json.loads(json.dumps(schedule))
        np.testing.assert_allclose(case["rates"], rates(), rtol=1e-12, err_msg=case["case"])
