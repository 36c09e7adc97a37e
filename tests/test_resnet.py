"""ResNet-18; its numbers are held to torchvision's and transformers' in `test_pretrained`."""

import keras
import numpy as np
import pytest

from kerasdl.models import ResNet18

NARROW = {"filters": (4, 6, 8, 10), "kernel_initializer": "zeros"}


def initialize_all(model):
    rng = np.random.default_rng(0)
    model.set_weights([0.5 * rng.random(weight.shape) for weight in model.get_weights()])


def trainable(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def test_number_of_parameters():
    """torchvision's resnet18(); and 512 x 990 + 990 fewer for 10 classes, 64 x 40 x 3 for the stem."""
    assert trainable(ResNet18(kernel_initializer="zeros")) == 11_689_512
    small = ResNet18((32, 32, 3), 10, stem="cifar", kernel_initializer="zeros")
    assert trainable(small) == 11_689_512 - 990 * 513 - 64 * 3 * (49 - 9)


@pytest.mark.parametrize(
    ("stem", "sizes"),
    [("imagenet", [32, 16, 16, 8, 4, 2]), ("cifar", [64, 64, 32, 16, 8])],
)
def test_sizes_of_the_maps(stem, sizes):
    model = ResNet18((64, 64, 3), 10, stem=stem, **NARROW)
    names = ["stem_relu", *(["stem_pool"] if stem == "imagenet" else [])]
    names += [f"stage{i}_block2_relu" for i in (1, 2, 3, 4)]
    assert [model.get_layer(name).output.shape[1] for name in names] == sizes


def test_projections_are_where_the_shape_changes():
    names = [layer.name for layer in ResNet18((32, 32, 3), 10, stem="cifar", **NARROW).layers]
    found = [name for name in names if name.endswith("shortcut")]
    assert found == [f"stage{i}_block1_shortcut" for i in (2, 3, 4)]


def test_grey_images_are_resized_and_repeated_inside():
    model = ResNet18((28, 28, 1), 10, resize=64, rgb=True, **NARROW)
    assert model.get_layer("adapt").output.shape == (None, 64, 64, 3)
    assert model.get_layer("stem_conv").kernel.shape == (7, 7, 3, 4)
    plain = ResNet18((28, 28, 1), 10, **NARROW)
    assert plain.get_layer("stem_conv").kernel.shape == (7, 7, 1, 4)


def test_a_frozen_network_uses_its_statistics():
    model = ResNet18((16, 16, 3), 10, None, stem="cifar", **NARROW)
    initialize_all(model)
    model.trainable = False
    x = np.random.default_rng(0).random((4, 16, 16, 3)).astype("float32")
    trained, inferred = (keras.ops.convert_to_numpy(model(x, training=t)) for t in (True, False))
    np.testing.assert_array_equal(trained, inferred)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [({"stem": "tiny"}, "'imagenet' or 'cifar'"), ({"filters": (64, 128)}, "four stages")],
)
def test_what_cannot_be_built(arguments, expected):
    with pytest.raises(ValueError, match=expected):
        ResNet18(**arguments)
