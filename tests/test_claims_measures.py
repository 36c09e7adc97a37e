"""Measures of a curve's shape, and of what is logged within epochs, on curves by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from kerasdl.claims import (
    Claim,
    Departure,
    Difference,
    Doublings,
    HighestWithin,
    Last,
    MeanOver,
    Oscillation,
    Seconds,
    Within,
)
from kerasdl.errors import UsageError
from kerasdl.recipes import Data, Model, Optimizer, Recipe
from kerasdl.runs.finished import FinishedRun

pytestmark = pytest.mark.no_backend

RECIPE = Recipe(
    "a", Data("digits"), Model("CNN"), "mean_squared_error", Optimizer("sgd", 0.1), 1, 1
)


def run(seconds=1.0, steps=None, **columns):
    epochs = len(next(iter(columns.values())))
    log = pd.DataFrame({"epoch": range(1, epochs + 1), **columns})
    return FinishedRun("a", "jax", 0, {"status": "finished", "seconds": seconds}, log, steps=steps)


def test_a_steady_curve_does_not_oscillate_however_steep():
    assert Oscillation("loss")(run(loss=[9.0, 6.0, 3.0, 0.0])) == 0
    assert Oscillation("loss")(run(loss=[1.0, 1.1, 1.0, 1.1])) == pytest.approx(0.2)


@pytest.mark.parametrize("values", [[1.0], [1.0, 2.0]])
def test_two_epochs_have_no_second_difference(values):
    assert math.isnan(Oscillation("loss")(run(loss=values)))


def test_oscillation_against_numpy():
    values = np.random.default_rng(0).normal(size=20)
    expected = np.abs(np.diff(values, n=2)).mean()
    assert Oscillation("loss")(run(loss=values)) == pytest.approx(expected)


def test_mean_over_epochs():
    found = run(accuracy=[0.1, 0.2, 0.4, 0.9])
    assert MeanOver("accuracy", 2, 3)(found) == pytest.approx(0.3)
    assert MeanOver("accuracy", 4, 4)(found) == pytest.approx(0.9)
    assert math.isnan(MeanOver("accuracy", 4, 5)(found))


def test_departure_is_the_largest_distance_from_the_printed_curve():
    found = run(loss=[4.0, 3.0, 2.5, 0.1])
    assert Departure("loss", (4.1, 2.7, 2.4))(found) == pytest.approx(0.3)
    assert math.isnan(Departure("loss", (4.0, 3.0, 2.5, 0.1, 0.0))(found))
    assert math.isnan(Departure("loss", (1.0, 1.0))(run(loss=[1.0, math.nan])))


def test_what_is_logged_within_epochs():
    steps = pd.DataFrame({"step": [100, 200, 300], "epoch": 1, "accuracy": [0.5, 0.99, 0.97]})
    assert HighestWithin("accuracy")(run(accuracy=[0.8], steps=steps)) == 0.99


def test_a_run_without_steps_is_named():
    claim = Claim("it learns", "figure 2", Within(RECIPE, HighestWithin("accuracy"), least=0.9))
    with pytest.raises(UsageError, match=r"within epochs of the run a on jax.*no .steps\.csv"):
        claim.judge([run(accuracy=[0.8])])


def test_doublings():
    found = run(seconds=8.0, loss=[0.0])
    assert Doublings(Seconds())(found) == 3
    assert math.isnan(Doublings(Last("loss"))(found))


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (Oscillation("loss"), "mean second difference of loss"),
        (MeanOver("loss", 2, 4), "mean loss of epochs 2 to 4"),
        (Departure("loss", (1.0,) * 99), "largest distance of loss from the printed curve"),
        (HighestWithin("loss"), "highest loss that is logged within epochs"),
        (Doublings(Seconds()), "binary logarithm of the seconds of training"),
        (Difference(Last("val_loss"), Last("loss")), "val_loss at the end less loss at the end"),
    ],
)
def test_what_is_measured_is_said(measure, expected):
    assert str(measure) == expected
