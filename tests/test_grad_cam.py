"""Grad-CAM beside what follows by hand, and on networks of each kind."""

import keras
import numpy as np
import pytest

from kerasdl.errors import UsageError
from kerasdl.inspection import grad_cam
from kerasdl.inspection.grad_cam import default_layer, part_seen
from kerasdl.inspection.layer_gradients import LayerGradients
from kerasdl.inspection.scores import scored
from kerasdl.models import CNN, MLP, CIFARNet, ResNet18, TwoTowerCNN, ViT


def convolved(images, kernel):
    """Correlation with zeros around the image: `(n, h, w, c)` with `(3, 3, c, k)`."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    height, width = images.shape[1:3]
    parts = [
        np.einsum("nijc,ck->nijk", padded[:, a : a + height, b : b + width], kernel[a, b])
        for a in range(3)
        for b in range(3)
    ]
    return np.sum(parts, axis=0)


RNG = np.random.default_rng(0)
KERNEL = RNG.normal(size=(3, 3, 2, 4)).astype("float32")
WEIGHTS = RNG.normal(size=(4, 3)).astype("float32")
IMAGES = RNG.normal(size=(5, 6, 7, 2)).astype("float32")
CLASSES = [0, 1, 2, 0, 1]


def network(activation="softmax", separate=False, dropout=0.0, units=3):
    """A convolution, its average and a dense layer: the network of Zhou et al."""
    x = keras.Input((6, 7, 2))
    maps = keras.layers.Conv2D(4, 3, padding="same", use_bias=False, name="maps")(x)
    y = keras.layers.GlobalAveragePooling2D()(keras.layers.Dropout(dropout)(maps))
    dense = keras.layers.Dense(units, None if separate else activation, name="dense")
    y = dense(y)
    y = keras.layers.Activation(activation)(y) if separate else y
    model = keras.Model(x, y)
    model.get_layer("maps").set_weights([KERNEL])
    dense.set_weights([WEIGHTS[:, :units], np.zeros(units, "float32")])
    return model


def class_activation_maps(classes=CLASSES):
    """Zhou et al. (2016), equation 2; the average over 6 x 7 places divides the gradient."""
    maps = convolved(IMAGES, KERNEL)
    return np.maximum(np.einsum("nijk,nk->nij", maps, WEIGHTS.T[classes]) / 42, 0)


@pytest.mark.parametrize("separate", [True, False])
@pytest.mark.parametrize("activation", ["softmax", None])
def test_after_an_average_they_are_class_activation_maps(activation, separate):
    """Of the scores before the softmax, wherever that is; in batches that are not full."""
    model = network(activation, separate)
    found = grad_cam(model, IMAGES, CLASSES, batch_size=2)
    np.testing.assert_allclose(found, class_activation_maps(), atol=1e-5)
    assert (class_activation_maps() > 0.1).any()


def test_by_default_of_the_class_that_is_predicted():
    scores = convolved(IMAGES, KERNEL).mean(axis=(1, 2)) @ WEIGHTS
    expected = class_activation_maps(scores.argmax(axis=1))
    np.testing.assert_allclose(grad_cam(network(), IMAGES), expected, atol=1e-5)


def test_one_sigmoid_has_maps_of_both_classes():
    model = network("sigmoid", units=1)
    maps = np.einsum("nijk,k->nij", convolved(IMAGES, KERNEL), WEIGHTS[:, 0]) / 42
    for label, expected in ((1, np.maximum(maps, 0)), (0, np.maximum(-maps, 0))):
        found = grad_cam(model, IMAGES, [label] * 5)
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_it_is_inference_and_leaves_the_network_as_it_is():
    model = network(dropout=0.9)
    before = model.get_weights()
    trainable = [layer.trainable for layer in model.layers]
    found = grad_cam(model, IMAGES, CLASSES)
    np.testing.assert_allclose(found, class_activation_maps(), atol=1e-5)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert [layer.trainable for layer in model.layers] == trainable


def test_gradients_of_a_nonlinear_network_are_finite_differences():
    """Through a square and a branch around it, by central differences of NumPy's formula."""
    x = keras.Input((3,))
    middle = keras.layers.Identity(name="middle")(x)
    model = keras.Model(x, middle * middle + 3.0 * x)
    values = np.array([[1.0, -2.0, 0.5], [0.0, 4.0, -1.0]], "float32")
    weights = np.array([[1.0, 2.0, 3.0], [1.0, 0.0, -1.0]], "float32")
    given, gradients = LayerGradients(model, "middle", batch_size=4)(values, weights)
    np.testing.assert_allclose(given, values)
    np.testing.assert_allclose(gradients, 2 * values * weights, rtol=1e-5)  # not of the branch


@pytest.mark.parametrize(
    ("model", "layer", "shape"),
    [
        (CNN((16, 16, 3), 4, filters=(4, 4), batch_norm=True, dropout=0.5, units=(8,)),
         "conv2_activation", (8, 8)),
        (ResNet18((32, 32, 3), 4, filters=(2, 2, 2, 2), stem="cifar"),
         "stage4_block2_relu", (4, 4)),
        (CIFARNet((32, 32, 3), 4, widths=(4, 4, 4)), "block3_activation2", (3, 3)),
    ],
    ids=["cnn", "resnet", "cifar_net"],
)  # fmt: skip
def test_the_default_layer_is_after_the_last_convolution_and_before_its_pool(model, layer, shape):
    assert default_layer(scored(model).calls) == layer
    (output,) = [each.output for each in model.layers if each.name == layer]
    assert tuple(output.shape[1:3]) == shape


def test_each_output_has_maps_of_its_own_tower():
    model = TwoTowerCNN((28, 28, 3), {"digit": 3, "colour": 2}, filters=(2, 2, 2))
    assert default_layer(scored(model, "digit").calls) == "digit_conv3"
    images = np.random.default_rng(0).integers(0, 256, (2, 28, 28, 3))
    # 28, convolved 24, pooled 12, 10, 5, 3
    assert grad_cam(model, images, [0, 2], output="digit").shape == (2, 3, 3)
    with pytest.raises(UsageError, match=r"output should be one of .*; received None"):
        grad_cam(model, images)


def test_the_part_that_a_crop_leaves():
    model = CNN((32, 30, 3), 2, filters=(2,), crop=24)
    assert part_seen(scored(model).calls, (32, 30)) == (4, 28, 3, 27)


def test_what_has_no_maps_is_refused():
    flat = MLP((8, 8, 1), 3, units=(4,))
    vit = ViT((8, 8, 1), 3, patch_size=4, embed_dim=8, depth=1, num_heads=2)
    images = np.zeros((2, 8, 8, 1))
    with pytest.raises(UsageError, match="needs a network with convolutions"):
        grad_cam(flat, images)
    with pytest.raises(UsageError, match="attention rollout"):
        grad_cam(vit, images)
    with pytest.raises(UsageError, match="layer should be one of maps"):
        grad_cam(network(), IMAGES, layer="dense")
    with pytest.raises(UsageError, match="classes should be a number from 0 to 2 for each of 5"):
        grad_cam(network(), IMAGES, [0, 1, 2, 3, 0])


PROGRAM = """
import sys
import numpy as np
from kerasdl.inspection import grad_cam
from kerasdl.models import CNN, ResNet18
networks = [
    CNN((16, 16, 3), 4, filters=(4, 4), batch_norm=True, units=(8,)),
    ResNet18((16, 16, 3), 4, filters=(2, 2, 4, 4), stem="cifar"),
]
rng = np.random.default_rng(0)
images = rng.integers(0, 256, (3, 16, 16, 3)).astype("float32") / 255
maps = []
for model in networks:
    model.set_weights([rng.uniform(0.1, 1, w.shape) * rng.choice([-1, 1], w.shape)
                       if w.ndim > 1 else np.ones(w.shape) for w in model.get_weights()])
    found = grad_cam(model, images, [0, 1, 3])
    maps.append(found / found.max())
np.savez(sys.argv[1], *maps)
"""


@pytest.mark.parity
def test_the_backends_give_the_same_maps(python, tmp_path):
    maps = {}
    for name in ("tensorflow", "torch", "jax"):
        python("-c", PROGRAM, tmp_path / f"{name}.npz", KERAS_BACKEND=name)
        with np.load(tmp_path / f"{name}.npz") as found:
            maps[name] = list(found.values())
    for name in ("tensorflow", "jax"):
        for one, other in zip(maps["torch"], maps[name], strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)
    assert all(each.max() == 1 for each in maps["torch"])
