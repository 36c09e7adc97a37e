"""Multiply-accumulates of single layers, worked by hand."""

import keras
import pytest
from keras import layers

from kerasdl.inspection import describe

pytestmark = pytest.mark.any_backend

ZEROS = {"kernel_initializer": "zeros"}  # no layer here is run


def test_attention_counts_both_of_its_products():
    tokens, memory = keras.Input((10, 6)), keras.Input((7, 4))
    attend = layers.MultiHeadAttention(2, key_dim=3, value_dim=5, output_shape=8, name="attend")
    model = keras.Model([tokens, memory], attend(tokens, memory))
    row = describe(model)["attend"]
    projections = 10 * 6 * 2 * 3 + 7 * 4 * 2 * 3 + 7 * 4 * 2 * 5 + 10 * (2 * 5) * 8
    assert row.macs == projections + 2 * 10 * 7 * 3 + 2 * 10 * 7 * 5  # + Q K^T + weights V
    assert (row.weights, row.parameters) == (36 + 24 + 40 + 80, model.count_params())


def test_a_mask_costs_attention_nothing():
    """5 queries and 7 keys of 8 values, 2 heads of 4: by hand, with the mask and without."""
    query, value = keras.Input((5, 8)), keras.Input((7, 8))
    mask = keras.Input((5, 7), dtype="bool")
    attend = layers.MultiHeadAttention(2, 4, name="attend")
    by_hand = 5 * 8 * 8 + 2 * 7 * 8 * 8 + 2 * 5 * 7 * 8 + 5 * 8 * 8
    plain = describe(keras.Model([query, value], attend(query, value)))
    assert plain["attend"].macs == by_hand
    attend = layers.MultiHeadAttention(2, 4, name="attend")
    masked = keras.Model([query, value, mask], attend(query, value, attention_mask=mask))
    assert describe(masked)["attend"].macs == by_hand


@pytest.mark.parametrize(
    ("layer", "macs"),
    [
        (layers.Conv2D(6, (3, 2), groups=2, **ZEROS), 6 * 7 * 6 * (3 * 2 * 2)),
        (layers.Conv2D(6, 3, dilation_rate=2, **ZEROS), 4 * 4 * 6 * (9 * 4)),
        (layers.SeparableConv2D(5, 3), 6 * 6 * (9 * 4 + 4 * 5)),
        (layers.Conv2DTranspose(3, 2, 2, **ZEROS), 8 * 8 * (4 * 4 * 3)),
        (layers.Dense(5, **ZEROS), 64 * 4 * 5),
    ],
)
def test_multiply_accumulates_of_one_layer(layer, macs):
    model = keras.Sequential([keras.Input((8, 8, 4)), layer])
    assert describe(model)[layer.name].macs == macs


def test_frozen_weights_are_learned_and_moving_statistics_are_not():
    norm = layers.BatchNormalization(name="norm")
    model = keras.Sequential([keras.Input((8, 8, 4)), layers.Conv2D(4, 1, **ZEROS), norm])
    for frozen in (False, True):
        model.trainable = not frozen
        row = describe(model)["norm"]
        assert (row.weights, row.biases, row.statistics) == (4, 4, 8)
