"""Augmentation in the input pipeline, and beside KerasCV."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasdl import augmentation as aug

BACKEND = keras.backend.backend()
on_tensorflow = pytest.mark.skipif(BACKEND != "tensorflow", reason="tf.data, under TensorFlow")
on_torch = pytest.mark.skipif(BACKEND != "torch", reason="DataLoader, under PyTorch")

LAYERS = [
    aug.RandomPadCrop,
    aug.RandomEnlargeCrop,
    aug.RandomHorizontalFlip,
    aug.RandomAffine,
    lambda: aug.RandomColor(0.2, 0.2, 0.2, 0.1),
    aug.RandomErasing,
    aug.Cutout,
    aug.RandomGaussianNoise,
    aug.RandAugment,
    aug.TrivialAugmentWide,
]


def different_rows(batches):
    rows = np.concatenate([np.asarray(batch).reshape(len(batch), -1) for batch in batches])
    return len(np.unique(rows, axis=0))


@on_tensorflow
@pytest.mark.parametrize("make", LAYERS)
def test_tf_data(make):
    import tensorflow as tf

    layer = make()
    x = np.random.default_rng(0).integers(0, 256, (7, 8, 10, 3)).astype("uint8")
    single = tf.data.Dataset.from_tensor_slices(x).map(lambda image: layer(image, training=True))
    assert single.element_spec == tf.TensorSpec((8, 10, 3), "uint8")
    assert len(list(single)) == 7
    batches = tf.data.Dataset.from_tensor_slices(x).batch(4)
    out = list(batches.map(lambda batch: layer(batch, training=True)))
    assert [tuple(batch.shape) for batch in out] == [(4, 8, 10, 3), (3, 8, 10, 3)]


@on_tensorflow
def test_autograph_can_read_what_is_mapped(python):
    """Else it says so, and asks for a report of a bug: in a script, whose source it finds."""
    (python.folder / "script.py").write_text(SCRIPT)
    assert "AutoGraph" not in python("script.py", TF_CPP_MIN_LOG_LEVEL="0").stderr


SCRIPT = """
import numpy as np
import tensorflow as tf

from kerasdl import augmentation as aug

kinds = aug.RandomPadCrop, aug.RandomHorizontalFlip, aug.RandomErasing, aug.RandomGaussianNoise
images = tf.data.Dataset.from_tensor_slices(np.zeros((4, 8, 8, 3), "uint8")).batch(2)
for layer in [kind() for kind in kinds]:

    def augmented(batch):
        return layer.apply(batch, layer.draw(batch, step=0))

    list(images.map(augmented))
"""


@pytest.mark.parity
@pytest.mark.skipif(BACKEND == "tensorflow", reason="works there")
@pytest.mark.parametrize("name", ["RandomPadCrop", "MixUp"])
def test_tf_data_is_refused_on_another_backend(name):
    import tensorflow as tf

    layer = getattr(aug, name)(seed=0)
    x, y = np.zeros((8, 8, 8, 3), "uint8"), np.eye(8, dtype="float32")
    inputs = (x, y) if name == "MixUp" else x
    data = tf.data.Dataset.from_tensor_slices({"inputs": inputs}).batch(4)
    calls = (
        lambda batch: layer(batch["inputs"], training=True),
        lambda batch: layer.apply(batch["inputs"], {}),
    )
    for call in calls:
        message = f"{name} computes with {BACKEND} and cannot be mapped over a tf.data.Dataset"
        with pytest.raises(ValueError, match=message):
            data.map(call)
    augmented = layer(inputs, training=True)  # of arrays, as the sentence says
    assert keras.ops.shape(augmented[0] if name == "MixUp" else augmented) == x.shape


@on_tensorflow
def test_tf_data_draws_for_every_image_and_epoch():
    import tensorflow as tf

    layer = aug.RandomGaussianNoise(20, clip=False, seed=1)
    grey = tf.data.Dataset.from_tensor_slices(np.full((60, 4, 4, 1), 128, "float32"))
    for data in (grey.batch(1), grey.batch(20)):
        data = data.map(lambda batch: layer(batch, training=True))
        assert different_rows([*data, *data]) == 120
    numbered = tf.data.Dataset.zip(grey, tf.data.Dataset.counter())

    def augment(image, number):
        return layer.apply(image, layer.draw(image, step=number))

    parallel = numbered.map(augment, num_parallel_calls=4, deterministic=True).batch(20)
    assert different_rows(parallel) == 60
    assert different_rows([*parallel, *parallel]) == 60  # the same numbers, the same draws
    # the recipe of the docstring: the counter goes on from epoch to epoch
    numbered = tf.data.Dataset.zip(grey.repeat(), tf.data.Dataset.counter())
    parallel = numbered.map(augment, num_parallel_calls=4).batch(20)
    assert different_rows(parallel.take(6)) == 120


@on_tensorflow
def test_tf_data_mixes():
    import tensorflow as tf

    x, y = np.zeros((8, 4, 4, 1), "uint8"), np.eye(8, dtype="float32")
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(4)
    for layer in (aug.MixUp(), aug.CutMix()):
        for images, labels in data.map(lambda x, y: layer((x, y), training=True)):  # noqa: B023
            assert tuple(images.shape) == (4, 4, 4, 1)
            np.testing.assert_allclose(labels.numpy().sum(axis=1), 1, atol=1e-6)


@on_torch
@pytest.mark.parametrize("make", LAYERS)
def test_data_loader(make):
    import torch

    layer = make()
    data = [np.full((8, 10, 3), i, "uint8") for i in range(6)]
    loader = torch.utils.data.DataLoader(
        data, batch_size=3, collate_fn=lambda images: layer(np.stack(images), training=True)
    )
    assert [tuple(batch.shape) for batch in loader] == [(3, 8, 10, 3)] * 2


# on one core PyTorch warns of two workers
@pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")
@on_torch
@pytest.mark.parametrize("persistent", [False, True])
def test_data_loader_workers_draw_for_themselves(persistent):
    import torch

    class Noisy(torch.utils.data.Dataset):
        def __init__(self):
            self.layer = aug.RandomGaussianNoise(20, clip=False, seed=1)

        def __len__(self):
            return 12

        def __getitem__(self, index):
            return self.layer(np.full((4, 4, 1), 128, "float32"), training=True)

    def epochs(seed):
        torch.manual_seed(seed)
        loader = torch.utils.data.DataLoader(
            Noisy(), batch_size=3, num_workers=2, persistent_workers=persistent
        )
        return [batch.numpy() for _ in range(2) for batch in loader]

    first = epochs(0)
    assert different_rows(first) == 24
    np.testing.assert_array_equal(epochs(0), first)
    assert different_rows([*first, *epochs(1)]) == 48


def test_numpy_in_numpy_batches_out():
    layers = aug.pipeline("crop_flip", seed=0)
    out = np.zeros((2, 32, 32, 3), "uint8")
    for layer in layers:
        out = layer(out, training=True)
    assert ops.convert_to_numpy(out).dtype == np.uint8


@pytest.fixture
def keras_cv():
    if BACKEND != "tensorflow":
        pytest.skip("KerasCV's layers need TensorFlow")
    return pytest.importorskip("keras_cv")


def test_keras_cv_layers_stand_in_a_pipeline(keras_cv):
    layers = [
        aug.RandomPadCrop(seed=0),
        keras_cv.layers.RandomHue(0.2, (0, 255)),
        aug.RandAugment(),
    ]
    out = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3)).astype("float32")
    for layer in layers:
        out = layer(out, training=True)
    assert tuple(out.shape) == (4, 16, 16, 3)


def test_keras_cv_agrees_where_both_define_the_operation(keras_cv):
    x = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3)).astype("float32")
    kcv = keras_cv.layers
    flipped = kcv.RandomFlip("horizontal", rate=1.0)(x, training=True)
    ours = aug.RandomHorizontalFlip(1.0)(x, training=True)
    np.testing.assert_array_equal(ours, flipped)
    one = np.ones((3, 1), "int32")
    for name, theirs in (
        ("AutoContrast", kcv.AutoContrast((0, 255))),
        ("Solarize", kcv.Solarization((0, 255), threshold_factor=(127.5, 127.5))),
        ("Posterize", kcv.Posterization((0, 255), bits=6)),
    ):
        policy = aug.RandAugment(num_ops=1)
        bin_ = {"Solarize": 15, "Posterize": 15}.get(name, 0)
        draw = {
            "operation": one * aug.OPERATIONS.index(name),
            "bin": one * bin_,
            "sign": one,
        }
        apart = np.abs(np.asarray(policy.apply(x, draw)) - np.asarray(theirs(x, training=True)))
        assert apart.max() <= 1, name
