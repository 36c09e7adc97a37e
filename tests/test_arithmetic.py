"""Tables of networks against the report, against published numbers, and against perturbed pixels."""

import csv
import io

import keras
import numpy as np
import pytest
from keras import layers

from kerasdl.errors import UsageError
from kerasdl.inspection import describe, fully_convolutional
from kerasdl.models import CNN, MLP, ViT

ZEROS = {"kernel_initializer": "zeros"}  # no network here is run, and JAX compiles no draws


@pytest.fixture(scope="module")
def network():
    return CNN(**ZEROS)


def test_the_table_of_the_regularization_report(network):
    table = describe(network)
    # II.Q10: output size, weights; 32 x (5 x 5 x 3 + 1), which it writes, would be with biases
    reported = {
        "conv1": ((32, 32, 32), 2400),
        "pool1": ((16, 16, 32), 0),
        "conv2": ((16, 16, 64), 51200),
        "pool2": ((8, 8, 64), 0),
        "conv3": ((8, 8, 64), 102400),
        "pool3": ((4, 4, 64), 0),
        "dense1": ((1000,), 1024000),
        "logits": ((10,), 10000),
    }
    assert {name: (table[name].output, table[name].weights) for name in reported} == reported
    assert table["conv1"].parameters == 2432
    assert table.total("weights") == 1_190_000  # II.Q11
    assert table.total("parameters") == network.count_params() == 1_191_170


def test_receptive_fields_strides_and_padding(network):
    table = describe(network)
    names = ("conv1", "pool1", "conv2", "pool2", "conv3", "pool3")
    fields = [5, 6, 14, 16, 32, 36]  # II.Q7, layer by layer
    assert [table[name].receptive_field for name in names] == [(r, r) for r in fields]
    assert [table[name].stride for name in names] == [(j, j) for j in (1, 2, 2, 4, 4, 8)]
    assert not any(table[name].sees_everything for name in names)
    assert table["dense1"].sees_everything
    assert table["dense1"].receptive_field == (32, 32)
    assert table["conv1"].window.padding == ((2, 2), (2, 2))  # II.Q8: (k - 1) / 2
    assert table["pool1"].window.padding == ((0, 0), (0, 0))  # II.Q9


def test_costs_worked_by_hand(network):
    table = describe(network)
    assert table["conv1"].macs == 32 * 32 * 32 * (5 * 5 * 3)
    assert table["conv2"].macs == 16 * 16 * 64 * (5 * 5 * 32)
    assert table["logits"].macs == 10 * 1000
    assert table["pool1"].macs == table["conv1_activation"].macs == 0
    assert table["conv1"].dense_weights == (32 * 32 * 3) * (32 * 32 * 32)  # II.Q1, with its z'
    assert table["dense1"].dense_weights == 1_024_000
    assert table["conv1_activation"].dense_weights is None
    assert table["conv1"].memory == 32 * 32 * 32 * 4
    assert table["image"].memory == 32 * 32 * 3 * 4


def test_half_precision_takes_half_the_memory():
    image = keras.Input((8, 8, 3))
    out = layers.Conv2D(2, 3, dtype="mixed_float16", name="conv", **ZEROS)(image)
    assert describe(keras.Model(image, out))["conv"].memory == 6 * 6 * 2 * 2


def mobilenet():
    """Howard et al. 2017, table 1, as published for 224x224."""
    x = image = keras.Input((224, 224, 3))
    x = layers.Conv2D(32, 3, 2, "same", use_bias=False, **ZEROS)(x)
    x = layers.BatchNormalization()(x)
    plan = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5]
    for i, (width, stride) in enumerate([*plan, (1024, 2), (1024, 1)]):
        x = layers.DepthwiseConv2D(
            3, stride, "same", use_bias=False, depthwise_initializer="zeros", name=f"deep{i}"
        )(x)
        x = layers.BatchNormalization()(x)
        x = layers.Conv2D(width, 1, use_bias=False, name=f"wide{i}", **ZEROS)(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(image, layers.Dense(1000, **ZEROS)(x))


def resnet50():
    """He et al. 2016, table 1: bottleneck blocks, strides in the first 1x1 convolution."""

    def conv(x, width, size, stride=1):
        x = layers.Conv2D(width, size, stride, "same", use_bias=False, **ZEROS)(x)
        return layers.BatchNormalization()(x)

    image = keras.Input((224, 224, 3))
    x = layers.MaxPooling2D(3, 2, "same")(conv(image, 64, 7, 2))
    for stage, blocks in enumerate((3, 4, 6, 3)):
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            width = 64 * 2**stage
            y = conv(conv(conv(x, width, 1, stride), width, 3), 4 * width, 1)
            short = x if block else conv(x, 4 * width, 1, stride)
            x = layers.Add(name=f"stage{stage + 1}_{block + 1}")([short, y])
    return keras.Model(image, layers.Dense(1000, **ZEROS)(layers.GlobalMaxPooling2D()(x)))


def test_mobilenet_has_its_published_cost_and_field():
    table = describe(mobilenet())
    # Howard et al., table 4: 569 million multiply-adds, 4.2 million parameters
    assert round(table.total("macs") / 1e6) == 569
    assert round(table.total("weights") / 1e6, 1) == 4.2
    # Araujo et al. 2019, table 1: receptive field 315, effective stride 32
    assert table["wide12"].receptive_field == (315, 315)
    assert table["wide12"].stride == (32, 32)
    assert table["pool"].sees_everything


def test_a_cropped_network_costs_what_it_computes():
    """By hand: 28, 14 and 7 pixels a side; the third pool leaves 4, of which no unit sees 32."""
    table = describe(CNN(crop=28, pool_padding="same"))
    convolutions = 2400 * 28**2 + 51_200 * 14**2 + 102_400 * 7**2
    assert table.total("macs") == convolutions + 1_024_000 + 10_000
    assert table["conv1"].receptive_field == (5, 5)


def test_resnet_takes_the_longest_path():
    table = describe(resnet50())
    assert round(table.total("macs") / 1e8) in (38, 39)  # He et al., table 1: 3.8e9
    # Araujo et al., table 1: resnet_v1_50 has receptive field 483, effective stride 32
    assert table["stage4_3"].receptive_field == (483, 483)
    assert table["stage4_3"].stride == (32, 32)
    assert table.total("parameters") == 25_636_712 - 26_560  # Keras' own, less 26,560 conv biases


def test_vision_transformer_has_its_published_cost():
    # torchvision's vit_b_16: 17.56 GFLOPS (multiply-accumulates), 86,567,656 parameters. Blocks
    # are alike, so one and two of them tell what twelve cost.
    one, two = (describe(ViT(depth=depth, **ZEROS)) for depth in (1, 2))
    for column, published in (("macs", 17.56e9), ("parameters", 86_567_656)):
        each = two.total(column) - one.total(column)
        assert one.total(column) + 11 * each == pytest.approx(published, rel=3e-4)
    assert one["embedding_patches"].receptive_field == (16, 16)
    assert not one["block1_attention_norm"].sees_everything
    assert one["block1_attention"].sees_everything
    assert one["logits"].receptive_field == (224, 224)
    assert all(row.macs is not None for row in one)


# Convolutions of ones: a value depends on a pixel if it changes with it.
SLIDING = {
    "strided": [layers.Conv2D(1, 3, 2), layers.Conv2D(1, (5, 3)), layers.AveragePooling2D(2)],
    "dilated": [layers.Conv2D(1, 3, dilation_rate=3), layers.AveragePooling2D(3, 1)],
    "upsampled": [layers.AveragePooling2D(2), layers.UpSampling2D(2), layers.Conv2D(1, 3)],
    "transposed": [layers.Conv2D(1, 3, 3), layers.Conv2DTranspose(1, 4, 2)],
    "cropped": [layers.Cropping2D(2), layers.Conv2D(1, 5, 2), layers.AveragePooling2D(2)],
    "remainder": [layers.Conv2D(1, 11, 11), layers.Flatten(), layers.Dense(1)],
}


@pytest.mark.parametrize("case", SLIDING)
def test_field_and_stride_equal_what_pixels_change(case):
    for layer in SLIDING[case]:
        if hasattr(layer, "kernel_initializer"):
            layer.kernel_initializer = keras.initializers.Ones()
    model = keras.Sequential([keras.Input((28, 28, 1)), *SLIDING[case]])
    pixels = np.eye(28, dtype="float32")  # one image a row, and one a column
    found = {}
    for axis, images in (("rows", pixels[:, :, None, None]), ("columns", pixels[:, None, :, None])):
        images = np.broadcast_to(images, (28, 28, 28, 1))
        changed = keras.ops.convert_to_numpy(model(images)) != 0  # (pixel, ...)
        line = changed.any(axis=2 if axis == "rows" else 1) if changed.ndim == 4 else changed
        found[axis] = [np.flatnonzero(column) for column in line.reshape(28, -1).T]
    row = describe(model).rows[-1]
    extents = [max(np.ptp(seen) + 1 for seen in found[axis]) for axis in ("rows", "columns")]
    assert row.receptive_field == tuple(extents)
    if row.stride is not None:  # where padding or upsampling is, on average
        firsts = [[seen[0] for seen in found[axis]] for axis in ("rows", "columns")]
        steps = [np.ptp(first) / (len(first) - 1) for first in firsts]
        np.testing.assert_allclose([float(step) for step in row.stride], steps, atol=0.25)


def test_padding_of_an_even_image_is_uneven():
    conv = layers.Conv2D(1, 3, strides=2, padding="same", name="conv", **ZEROS)
    model = keras.Sequential([keras.Input((8, 7, 1)), conv])
    assert describe(model)["conv"].window.padding == ((0, 1), (1, 1))
    assert "3x3/2 pad 0+1x1" in describe(model).to_text()
    zeros = keras.Sequential([keras.Input((8, 7, 1)), layers.ZeroPadding2D(3, name="zeros")])
    line = next(line for line in describe(zeros).to_text().splitlines() if line.startswith("zeros"))
    assert line.split()[:4] == ["zeros", "14x13x1", "pad", "3"]


def test_nested_shared_and_several_outputs():
    shared = layers.Conv2D(2, 3, padding="same", name="shared", **ZEROS)
    inner = keras.Sequential([keras.Input((8, 8, 2)), layers.Conv2D(2, 5, name="c", **ZEROS)])
    inner.name = "inner"
    image = keras.Input((8, 8, 2), name="image")
    x = shared(image)
    y = shared(x) * 2.0
    heads = {"a": layers.Dense(3, name="a", **ZEROS)(layers.Flatten()(inner(y))), "b": x}
    model = keras.Model(image, heads)
    table = describe(model)
    assert table.total("parameters") == model.count_params()
    assert table["inner/c"].receptive_field == (9, 9)
    calls = [row for row in table if row.layer == "shared"]
    assert [(row.parameters, row.shared) for row in calls] == [(38, False), (0, True)]
    assert [row.receptive_field for row in calls] == [(3, 3), (5, 5)]
    assert all(row.macs is not None for row in table)
    assert "Called before, and counted there: shared." in table.to_text()


@keras.saving.register_keras_serializable("kerasdl-tests")
class Strange(keras.layers.Layer):
    def build(self, shape):
        self.scale = self.add_weight(name="scale", shape=(shape[-1],))

    def call(self, x):
        return x * self.scale


def test_an_unknown_layer_gets_output_and_weights_and_is_named():
    parts = [layers.Conv2D(4, 3, **ZEROS), Strange(name="odd"), layers.ReLU(name="after")]
    table = describe(keras.Sequential([keras.Input((8, 8, 1)), *parts]))
    odd = table["odd"]
    assert (odd.output, odd.weights, odd.macs, odd.receptive_field) == ((6, 6, 4), 4, None, None)
    assert table["after"].receptive_field is None
    assert "output and weights only: odd (Strange)." in table.to_text()


def test_plain_features_have_no_place():
    table = describe(MLP((4,), 2, None, units=(10,), batch_norm=True))
    assert {row.receptive_field for row in table} == {None}
    bn = table["dense1_bn"]
    assert (bn.weights, bn.biases, bn.statistics, bn.macs) == (10, 10, 20, 0)
    assert "20 statistics that are not learned" in table.to_text()


def test_models_of_open_size_are_described_for_a_size(network):
    sliding = fully_convolutional(network)
    with pytest.raises(UsageError, match="NonexNonex3; expected a shape for each, without None"):
        describe(sliding)
    table = describe(sliding, (48, 64, 3))
    assert table["predictions"].output == (3, 5, 10)
    assert table["dense1"].receptive_field == (60, 60)  # pool3's 36 and three steps of 8
    assert table["dense1"].weights == 1_024_000
    with pytest.raises(UsageError, match="does not take 48x64x4"):
        describe(sliding, (48, 64, 4))
    with pytest.raises(UsageError, match="expected input_shape"):
        describe(keras.Sequential([layers.Dense(2)]))
    assert describe(keras.Sequential([layers.Dense(2)]), (3,)).total("parameters") == 8


def test_text_is_narrow_and_csv_is_plain(network):
    table = describe(network)
    text = table.to_text()
    assert max(map(len, text.splitlines())) <= 100
    conv1 = next(line for line in text.splitlines() if line.startswith("conv1 "))
    assert conv1.split() == [
        *("conv1", "32x32x32", "5x5", "pad", "2", "2,400", "2,432", "5", "1", "2.46M"),
        *("128", "KiB", "101M"),
    ]
    rows = {row["layer"]: row for row in csv.DictReader(io.StringIO(table.to_csv()))}
    assert len(rows) == len(table)
    assert rows["conv1"]["MACs"] == "2457600"
    assert rows["conv1"]["dense"] == "100663296"
    assert rows["dense1"]["field"] == "all"
    lines = table.to_markdown().splitlines()
    assert len({line.count("|") for line in lines[: len(table) + 2]}) == 1


def test_what_meets_an_unknown_path_has_no_receptive_field():
    x = keras.Input((8, 8, 3))
    y = layers.Conv2D(3, 3, padding="same", name="conv")(x)
    sum_ = layers.Add(name="sum")([y, layers.Permute((2, 1, 3))(y)])
    table = describe(keras.Model(x, layers.ReLU(name="relu")(sum_)))
    assert table["conv"].receptive_field == (3, 3)
    assert table["sum"].receptive_field is None
    assert table["relu"].receptive_field is None


def test_augmentation_inside_a_users_network_does_nothing_in_inference():
    augmentation = [layers.RandomFlip(seed=0), layers.RandomRotation(0.1, seed=0)]
    conv = layers.Conv2D(2, 3, name="conv", **ZEROS)
    table = describe(keras.Sequential([keras.Input((8, 8, 3)), *augmentation, conv]))
    assert table["conv"].receptive_field == (3, 3)
    assert [row.macs for row in table][:3] == [0, 0, 0]


def test_one_dimension_is_not_known_here():
    conv = layers.Conv1D(4, 3, name="conv", **ZEROS)
    row = describe(keras.Sequential([keras.Input((20, 3)), conv]))["conv"]
    assert (row.output, row.weights, row.biases) == ((18, 4), 3 * 3 * 4, 4)
    assert (row.macs, row.receptive_field, row.window) == (None, None, None)
