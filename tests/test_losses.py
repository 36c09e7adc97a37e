"""The Gaussian negative log-likelihood against SciPy, and where exponentials overflow."""

import keras
import numpy as np
import pytest
from gradients import value_and_gradients
from scipy.stats import norm

from kerasdl import datasets, losses, recipes, studies
from kerasdl.datasets import Dataset, Split
from kerasdl.errors import UsageError
from kerasdl.losses import GaussianNLL
from kerasdl.losses.gaussian_nll import split, squared_error_of_mean
from kerasdl.models import MLP
from kerasdl.training import train

pytestmark = pytest.mark.optimized


def test_equals_scipys_normal_density():
    rng = np.random.default_rng(0)
    y, mean = rng.normal(size=(2, 64, 1)).astype("float32")
    log_variance = rng.uniform(-8, 8, (64, 1)).astype("float32")
    expected = -norm.logpdf(y, mean, np.exp(log_variance / 2))
    given = np.concatenate([mean, log_variance], axis=-1)
    each = keras.ops.convert_to_numpy(GaussianNLL(reduction=None)(y, given))
    np.testing.assert_allclose(each, expected[:, 0], rtol=2e-5, atol=1e-5)
    np.testing.assert_allclose(float(GaussianNLL()(y, given)), expected.mean(), rtol=1e-5)
    np.testing.assert_allclose(float(GaussianNLL()(y[:, 0], given)), expected.mean(), rtol=1e-5)


def test_several_targets_are_averaged_means_first():
    y, mean, log_variance = np.random.default_rng(1).normal(size=(3, 16, 3)).astype("float32")
    expected = -norm.logpdf(y, mean, np.exp(log_variance / 2)).mean()
    given = np.concatenate([mean, log_variance], axis=-1)
    np.testing.assert_allclose(float(GaussianNLL()(y, given)), expected, rtol=1e-5)
    error = keras.ops.convert_to_numpy(squared_error_of_mean(y, keras.ops.array(given)))
    np.testing.assert_allclose(error, ((y - mean) ** 2).mean(axis=-1), rtol=1e-5)


# exp(s) overflows float32 above 88.7, and so does the square of a residual above 1.8e19
@pytest.mark.parametrize(
    ("residual", "s"), [(1.0, 100.0), (1e20, 94.0), (1e15, 60.0), (3.0, 1000.0)]
)
def test_large_log_variance_overflows_nothing(residual, s):
    given = np.array([[0.0, s]], "float32")
    expected = -norm.logpdf(residual, 0, np.exp(s / 2))  # float64
    loss = float(GaussianNLL()(np.array([[residual]], "float32"), given))
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_gradients_are_finite_and_point_back():
    y = keras.ops.convert_to_tensor(np.array([[0.5]], "float32"))
    loss = GaussianNLL()

    def of(mean, s):
        _, (gradient,) = value_and_gradients(lambda given: loss(y, given), [[mean, s]])
        return gradient[0]

    # by hand: d/dm = -(y - m) exp(-s), d/ds = (1 - (y - m)^2 exp(-s)) / 2
    np.testing.assert_allclose(of(0.0, 2.0), [-0.5 * np.exp(-2), (1 - 0.25 * np.exp(-2)) / 2], 1e-5)
    np.testing.assert_allclose(of(0.0, 1e4), [0, 0.5], rtol=1e-5)
    for s in (-31.0, -100.0, -1e4, -1e30):  # exp(100) overflows float32; a clip's gradient is 0
        below = of(0.0, s)
        assert np.isfinite(below).all()
        np.testing.assert_allclose(below, [-0.5 * np.exp(30), -0.125 * np.exp(30)], rtol=1e-4)
        assert np.isfinite(float(loss(y, np.array([[0.0, s]], "float32"))))
    np.testing.assert_allclose(of(0.5, -1e4), [0, 0.5], atol=1e-6)


def test_the_bound_is_an_argument_and_survives_saving():
    loss = GaussianNLL(min_log_variance=-2.0, reduction="sum")
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert isinstance(again, GaussianNLL)
    assert again.get_config() == loss.get_config()
    y, given = np.array([[1.0]], "float32"), np.array([[0.0, -5.0]], "float32")
    np.testing.assert_allclose(float(again(y, given)), -norm.logpdf(1, 0, np.exp(-1)), rtol=1e-6)


def test_half_precision_predictions_are_computed_in_float32():
    given = np.array([[0.0, -12.0]], "float16")  # exp(12) overflows float16
    expected = -norm.logpdf(1, 0, np.exp(-6))
    np.testing.assert_allclose(float(GaussianNLL()(np.ones((1, 1)), given)), expected, rtol=1e-5)


def test_refuses_what_is_not_a_mean_and_a_log_variance():
    with pytest.raises(ValueError, match=r"a mean and a log-variance.*\(4, 3\)"):
        split(np.zeros((4, 3)))
    with pytest.raises(ValueError, match=r"each of 2 targets.*2 predictions"):
        GaussianNLL()(np.zeros((4, 2)), np.zeros((4, 2)))
    with pytest.raises(ValueError, match="each of 4 targets"):  # would broadcast to (4, 4)
        GaussianNLL()(np.zeros((2, 4)), np.zeros((2, 2)))


def data():
    """Noise whose deviation grows with the input: y = x + (0.05 + 0.4 x) e."""
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, (512, 1)).astype("float32")
    y = (x + (0.05 + 0.4 * x) * rng.normal(size=x.shape)).astype("float32")
    part = Split(x, y)
    return Dataset(name="noise", train=part, test=part, classes=None, source="drawn here")


def test_an_output_has_two_units_a_target():
    output = losses.output("gaussian_nll", classes=None, values=3)
    assert output.units == 6
    assert isinstance(output.keras_loss(), GaussianNLL)
    names = [metric.name for metric in output.metrics(("accuracy", "mean_squared_error"))]
    assert names == ["mean_squared_error"]
    assert output.metrics(()) == []
    with pytest.raises(UsageError, match="regression target; received 2 classes"):
        losses.output("gaussian_nll", classes=2)


def test_a_network_learns_mean_and_variance():
    train, output = data().train, losses.output("gaussian_nll", classes=None)
    keras.utils.set_random_seed(0)
    model = MLP((1,), classes=2, classifier_activation=None, units=(16,), activation="tanh")
    model.compile(
        keras.optimizers.Adam(0.03),
        loss=output.keras_loss(),
        metrics=output.metrics(("mean_squared_error",)),
    )
    steps = 150
    model.fit(np.tile(train.x, (steps, 1)), np.tile(train.y, (steps, 1)), 512, verbose=0)
    measured = model.evaluate(train.x, train.y, 512, verbose=0, return_dict=True)

    mean, log_variance = np.split(model.predict(train.x, 512, verbose=0), 2, axis=-1)
    loss = -norm.logpdf(train.y, mean, np.exp(log_variance / 2)).mean()
    np.testing.assert_allclose(measured["loss"], loss, rtol=1e-4)
    error = ((mean - train.y) ** 2).mean()
    np.testing.assert_allclose(measured["mean_squared_error"], error, rtol=1e-4)
    # Close to the entropy of the noise, and well below one variance for all.
    deviation = 0.05 + 0.4 * train.x
    assert loss < -norm.logpdf(train.y, train.x, deviation).mean() + 0.05
    assert loss < -norm.logpdf(train.y, train.y.mean(), train.y.std()).mean() - 0.3
    low, high = (np.exp(log_variance / 2)[np.abs(train.x - at).argmin()] for at in (0.1, 0.9))
    assert 0.05 < low < 0.14 < 0.3 < high < 0.5  # 0.09 and 0.41


@pytest.mark.data
def test_the_report_s_regression_on_ames_housing(data_dir, tmp_path):
    recipe = recipes.override(studies.get("exercises/regression_gaussian"), {"epochs": 10})
    run = train(recipe, data_dir=data_dir, out=tmp_path, callbacks=())
    part = datasets.load("ames_housing", data_dir=data_dir).test
    mean, log_variance = np.split(run.model.predict(part.x, verbose=0), 2, axis=-1)
    expected = -norm.logpdf(part.y, mean, np.exp(log_variance / 2)).mean()
    measured = run.result["metrics"]["test"]
    np.testing.assert_allclose(measured["loss"], expected, rtol=1e-4)
    error = ((mean - part.y) ** 2).mean()
    np.testing.assert_allclose(measured["mean_squared_error"], error, rtol=1e-4)
    assert measured["loss"] < -1.0  # the report has -1.37 after its 100 epochs
