"""What every image layer promises: Keras' own layer checks, its draws, its life in a model.

Values are compared with other libraries in `test_augmentation_values.py`.
"""

import functools
import json

import keras
import numpy as np
import pytest
from compiling import compiled
from keras import ops

from kerasdl import augmentation as aug
from kerasdl import discovery, studies
from kerasdl.augmentation import pipelines
from kerasdl.augmentation._mix import Mix
from kerasdl.datasets import Dataset, Split
from kerasdl.errors import UsageError
from kerasdl.recipes import override
from kerasdl.training import train

BACKEND = keras.backend.backend()

# The arguments that layers are tested with; a layer that is not named here is tested with its defaults.
ARGUMENTS = {
    "RandomPadCrop": {"padding": 2, "mode": "constant", "value": 9},
    "RandomEnlargeCrop": {"margin": 2},
    "RandomHorizontalFlip": {"probability": 0.4},
    "RandomAffine": {"rotation": 10, "translation": (0.1, 0.2), "scale": 0.1, "shear": 5},
    "RandomColor": {"brightness": 0.2, "contrast": 0.3, "saturation": 0.4, "hue": 0.1},
    "RandomErasing": {"probability": 0.9, "value": "random"},
    "Cutout": {"size": 5, "value": 3},
    "RandomGaussianNoise": {"stddev": 9.0},
    "RandAugment": {"num_ops": 3, "magnitude": 7, "fill_value": 5},
    "TrivialAugmentWide": {"fill_value": 7},
    "MixUp": {"alpha": 0.3},
    "CutMix": {"alpha": 0.7},
}
CLASSES = [
    discovery.class_name(name)
    for name in discovery.modules("kerasdl.augmentation", besides=("pipelines",))
]
MIXERS = [name for name in CLASSES if issubclass(getattr(aug, name), Mix)]
LAYERS = [name for name in CLASSES if name not in MIXERS]


def make(layer, seed=0, **more):
    return getattr(aug, layer)(**{**ARGUMENTS.get(layer, {}), "seed": seed, **more})


def images(shape=(6, 10, 12, 3), dtype="uint8"):
    return np.random.default_rng(0).integers(0, 256, shape).astype(dtype)


@functools.cache
def plain(name):
    """The layer with its settings here, one in all tests: it is compiled once for each shape."""
    return make(name)


def applied(layer, x, draw):
    """`layer.apply(x, draw)`; on JAX compiled, because operation by operation takes seconds."""
    return (compiled(layer.apply) if BACKEND == "jax" else layer.apply)(x, draw)


def augmented(layer, x):
    """`layer(x, training=True)`, likewise."""
    return layer(x, training=True) if BACKEND != "jax" else applied(layer, x, layer.draw(x))


def numpy(tensors):
    return keras.tree.map_structure(ops.convert_to_numpy, tensors)


@pytest.mark.parametrize("name", CLASSES)
def test_config_round_trip(name):
    layer = make(name, name="some")
    config = layer.get_config()
    again = type(layer).from_config(config)
    assert again.get_config() == config
    assert set(ARGUMENTS.get(name, ())) <= set(config)
    assert set(config) == set(type(layer)().get_config())
    through_json = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(through_json) is type(layer)
    assert through_json.get_config() == config
    assert layer.supports_jit


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("name", LAYERS)
def test_shapes_and_dtypes(name, dtype):
    layer = make(name)
    for shape in ((6, 10, 12, 3), (10, 12, 1))[: 2 if dtype == "uint8" else 1]:
        x = images(shape, dtype)
        out = augmented(layer, x)
        assert tuple(out.shape) == shape
        assert keras.backend.standardize_dtype(out.dtype) == dtype
        assert 0 <= np.min(numpy(out)) <= np.max(numpy(out)) <= 255
        np.testing.assert_array_equal(numpy(layer(x)), x)
    symbolic = layer(keras.Input((10, 12, 3), dtype=dtype))
    assert symbolic.shape == (None, 10, 12, 3)
    assert symbolic.dtype == dtype
    assert layer.compute_output_shape((None, 10, 12, 3)) == (None, 10, 12, 3)
    assert (len(layer.trainable_weights), len(layer.non_trainable_variables)) == (0, 1)


@pytest.mark.parametrize("name", sorted(set(LAYERS) - {"RandAugment", "TrivialAugmentWide"}))
def test_four_channels(name):
    layer = make(name, **({"hue": 0} if name == "RandomColor" else {}))
    assert tuple(augmented(layer, images((3, 8, 9, 4))).shape) == (3, 8, 9, 4)


@pytest.mark.parametrize(
    ("policy", "dtype"),
    [("float32", "float16"), ("float32", "bfloat16"), ("mixed_bfloat16", "float32"),
     ("mixed_float16", "float16"), ("mixed_float16", "uint8")],
)  # fmt: skip
@pytest.mark.parametrize("name", LAYERS)
def test_the_dtype_of_what_went_in_comes_out(name, policy, dtype):
    """Whatever the policy is; computed in float32, then rounded once."""
    layer = make(name, dtype=policy)
    x = ops.cast(ops.convert_to_tensor(images(dtype="float32")), dtype)
    draw = layer.draw(x)
    out, spec = applied(layer, layer(x), draw), layer(keras.KerasTensor(x.shape, dtype))
    assert keras.backend.standardize_dtype(out.dtype) == dtype == spec.dtype
    exact = applied(plain(name), ops.cast(x, "float32"), draw)
    expected = ops.cast(ops.round(exact) if dtype == "uint8" else exact, dtype)
    step = {"float16": 255 * 2**-10, "bfloat16": 255 * 2**-7, "float32": 255e-6, "uint8": 1}[dtype]
    np.testing.assert_allclose(
        numpy(ops.cast(out, "float32")), numpy(ops.cast(expected, "float32")), rtol=0, atol=step
    )


@pytest.mark.parametrize("name", MIXERS)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_mixers_keep_the_dtype(name, dtype):
    x = ops.cast(ops.convert_to_tensor(images(dtype="float32")), dtype)
    mixed, labels = make(name, dtype="mixed_float16")(
        (x, np.eye(6, dtype="float32")), training=True
    )
    assert keras.backend.standardize_dtype(mixed.dtype) == dtype
    assert keras.backend.standardize_dtype(labels.dtype) == "float32"


RANGES = [(0, 1), (-1, 1), (0, 255.0), (16, 235)]


@pytest.mark.parametrize("value_range", RANGES)
@pytest.mark.parametrize("name", CLASSES)
def test_images_of_a_range_give_what_levels_give(name, value_range):
    """`x` in [0, 1] gives what `255 * x` gives, divided by 255."""
    low, high = value_range

    def in_range(levels):
        return (low + np.asarray(levels, "float64") * (high - low) / 255).astype("float32")

    levels = images(dtype="float32")
    layer = make(name, value_range=value_range)
    draw = make(name).draw(levels.shape)
    for a, b in zip(_leaves(draw), _leaves(layer.draw(levels.shape)), strict=True):
        np.testing.assert_array_equal(a, b)
    if name in MIXERS:
        labels = np.eye(6, dtype="float32")
        expected, _ = applied(plain(name), (levels, labels), draw)
        out, _ = applied(layer, (in_range(levels), labels), draw)
    else:
        expected, out = applied(plain(name), levels, draw), applied(layer, in_range(levels), draw)
    expected = in_range(numpy(expected))
    np.testing.assert_allclose(numpy(out), expected, rtol=0, atol=2e-6 * (high - low))
    again = type(layer).from_config(layer.get_config())
    assert again.value_range == value_range


@pytest.mark.parametrize("name", pipelines.NAMES)
def test_pipelines_of_a_range(name):
    levels = images((4, 32, 32, 3), "float32")
    plain = aug.pipeline(name, seed=3)
    scaled = aug.pipeline(name, seed=3, value_range=(0, 1))
    expected, out = levels, levels / np.float32(255)
    for a, b in zip(plain, scaled, strict=True):
        expected, out = augmented(a, expected), augmented(b, out)
    np.testing.assert_allclose(255 * numpy(out), numpy(expected), rtol=0, atol=1e-3)


MOVERS = ["RandomHorizontalFlip", *MIXERS]  # of any values


@pytest.mark.parametrize("name", LAYERS)
def test_images_of_another_range_are_refused(name):
    unit = np.linspace(0, 1, 48, dtype="float32").reshape(1, 4, 4, 3)
    if name in MOVERS:
        make(name)(unit, training=True)
        return
    for call in (lambda layer, x: layer(x, training=True), lambda layer, x: layer.apply(x, {})):
        with pytest.raises(
            ValueError, match=r"value_range=\(0, 255\). Received: float32 from 0 to"
        ):
            call(make(name), unit)
        for wrong in (unit * 256, unit - 1):
            with pytest.raises(ValueError, match=r"Received: float\d\d from"):
                call(make(name), wrong)
        with pytest.raises(
            ValueError, match=r"value_range=\(0, 1\). Received: float32 from 0 to 255"
        ):
            call(make(name, value_range=(0, 1)), unit * 255)
    for integers in (images(), keras.KerasTensor((4, 4, 4, 3), "uint8")):
        with pytest.raises(ValueError, match="floating-point images"):
            make(name, value_range=(-1, 256))(integers, training=True)
    make(name)(np.zeros((1, 4, 4, 3), "float32"))  # black in both
    make(name)(np.ones((1, 4, 4, 3), "uint8"))


@pytest.mark.parametrize("scale", [1 / 255, 2])
def test_a_recipe_refuses_to_augment_images_of_another_range(scale, tmp_path):
    """`from_arrays` refuses them too, but a `Dataset` can be made without it."""
    x, y = images((20, 8, 8, 1), "float32") * np.float32(scale), np.arange(20, dtype="int32") % 2
    data = Dataset(
        name="mine",
        train=Split(x, y),
        test=Split(x, y),
        classes=("a", "b"),
        source="drawn",
    )
    recipe = override(
        studies.get("cifar10/default"),
        {"augmentation": "flip", "batch_size": 10, "data.validation": None, "select": "last"},
    )
    with pytest.raises(
        UsageError, match=r"mine: The recipe's augmentation expects images of value"
    ):
        train(recipe, dataset=data, out=tmp_path, callbacks=())


@pytest.mark.parametrize(
    "value_range", [(1, 0), (0, 0), 255, (0, np.inf), (0, np.nan), (0, 1, 2), "01", None]
)
def test_ranges_that_are_none(value_range):
    with pytest.raises(ValueError, match="two numbers in ascending order"):
        aug.RandAugment(value_range=value_range)


@pytest.mark.parametrize("name", LAYERS)
def test_fixed_draw_is_repeated_and_draws_are_not(name):
    layer, x = make(name), images()
    once = layer.draw(x)
    out = numpy(applied(layer, x, once))
    np.testing.assert_array_equal(numpy(applied(layer, x, once)), out)
    assert np.mean(out != x) > 0.02, "nothing happens"
    first, second = layer.draw((64, 8, 8, 3)), layer.draw((64, 8, 8, 3))
    changed = [np.any(a != b) for a, b in zip(*map(_leaves, (first, second)), strict=True)]
    assert all(changed), "a call repeats the one before it"
    for key, values in numpy(first).items():
        if (name, key) != ("RandAugment", "bin"):
            assert len(np.unique(values.reshape(64, -1), axis=0)) > 1, f"{key} is one for all"
    keys = set(numpy(layer.draw((5, 8, 8, 3))))
    assert keys == set(first)


@pytest.mark.parametrize("name", CLASSES)
def test_equal_seeds_repeat_draws_and_reloading_does_too(name, tmp_path):
    shape = (64, 8, 8, 3)
    layer = make(name, seed=11)
    expected = _leaves([layer.draw(shape), layer.draw(shape)])
    again = type(layer).from_config(layer.get_config())
    for a, b in zip(_leaves([again.draw(shape), again.draw(shape)]), expected, strict=True):
        np.testing.assert_array_equal(a, b)
    if name in LAYERS:
        keras.Sequential([keras.Input((8, 8, 3)), make(name, seed=11)]).save(tmp_path / "m.keras")
        loaded = keras.saving.load_model(tmp_path / "m.keras").layers[-1]
        for a, b in zip(_leaves(loaded.draw(shape)), expected, strict=False):
            np.testing.assert_array_equal(a, b)
    other = make(name, seed=12)
    assert any(np.any(a != b) for a, b in zip(_leaves(other.draw(shape)), expected, strict=False))


@pytest.mark.parametrize("step", [3, np.int32(3)])
def test_a_given_step_leaves_the_generator_alone(step):
    layer = aug.RandomAffine(seed=0)
    before = numpy(layer.generator.state.value)
    step = step if isinstance(step, int) else ops.convert_to_tensor(step)
    first, second = layer.draw((4, 8, 8, 1), step=step), layer.draw((4, 8, 8, 1), step=step)
    for a, b in zip(_leaves(first), _leaves(second), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(numpy(layer.generator.state.value), before)
    other = layer.draw((4, 8, 8, 1), step=step + 1)
    assert np.all(_leaves(other)[0] != _leaves(first)[0])
    fourth = [layer.draw((4, 8, 8, 1)) for _ in range(4)][3]
    for a, b in zip(_leaves(fourth), _leaves(first), strict=True):
        np.testing.assert_array_equal(a, b)
    box = _leaves(aug.CutMix().draw((4, 8, 8, 1), step=step))
    assert len(box) == 2


def test_neighbouring_and_equal_seeds_share_no_numbers():
    """Nor do layers of two classes."""
    shape, seen = (4, 8, 8, 1), []
    for seed in range(20):
        layer = aug.RandomAffine(rotation=(0, 1), seed=seed)
        seen += [numpy(layer.draw(shape)["rotation"]) for _ in range(20)]
    assert len(np.unique(np.concatenate(seen))) > 0.999 * 20 * 20 * 4
    first = numpy(aug.RandomColor(brightness=(0, 1), seed=5).draw(shape)["brightness"])
    other = numpy(aug.RandomColor(brightness=(0, 1), seed=6).draw(shape)["brightness"])
    assert np.all(first != other)
    flip, crop = aug.RandomHorizontalFlip(seed=5), aug.RandomPadCrop(seed=5)
    assert np.all(numpy(flip.generator.at(0, 0).words(9) != crop.generator.at(0, 0).words(9)))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model with every image layer in front, trained for two epochs, and its reloaded twin."""
    keras.utils.set_random_seed(0)
    front = [make(name, seed=i, name=f"front_{i}") for i, name in enumerate(LAYERS)]
    body = [
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(4, 3, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(3),
    ]
    model = keras.Sequential([keras.Input((12, 10, 3), dtype="uint8"), *front, *body])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, jit_compile=BACKEND != "torch")
    x, y = images((24, 12, 10, 3)), np.arange(24) % 3
    history = model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    path = tmp_path_factory.mktemp("model") / "m.keras"
    model.save(path)
    return model, front, body, history, keras.saving.load_model(path)


def test_model_trains_compiled(trained):
    model, front, _, history, _ = trained
    assert model.jit_compile is (BACKEND != "torch")
    assert np.all(np.isfinite(history.history["loss"]))
    for layer in front:  # every batch of every epoch moved the generator on
        calls = int(numpy(layer.generator.state.value)[1])
        assert calls > 0, layer
        assert calls % 6 == 0, (layer, calls)


def test_model_saves_loads_and_predicts_without_augmentation(trained):
    model, front, body, _, loaded = trained
    x = images((9, 12, 10, 3))
    plain = ops.convert_to_tensor(x)
    for layer in body:
        plain = layer(plain)
    np.testing.assert_allclose(model.predict(x, verbose=0), numpy(plain), atol=1e-5)
    np.testing.assert_allclose(loaded.predict(x, verbose=0), numpy(plain), atol=1e-5)
    for before, after in zip(front, loaded.layers, strict=False):
        assert after.get_config() == before.get_config()


@pytest.mark.parametrize("name", MIXERS)
def test_mixers(name):
    layer, x, y = make(name), images(), np.eye(6)
    mixed_x, mixed_y = layer((x, y), training=True)
    assert tuple(mixed_x.shape) == x.shape
    assert keras.backend.standardize_dtype(mixed_x.dtype) == "uint8"
    np.testing.assert_allclose(numpy(mixed_y).sum(axis=1), 1, atol=1e-6)
    same_x, same_y = layer((x, y))
    np.testing.assert_array_equal(numpy(same_x), x)
    np.testing.assert_array_equal(numpy(same_y), y)
    outs = layer((keras.Input((10, 12, 3), dtype="uint8"), keras.Input((6,))))
    assert [out.shape for out in outs] == [(None, 10, 12, 3), (None, 6)]
    with pytest.raises(ValueError, match="one-hot"):
        layer((x, np.arange(6)), training=True)
    with pytest.raises(ValueError, match="one-hot"):
        layer((x[0], y[0]), training=True)


@pytest.mark.parametrize("name", pipelines.NAMES)
def test_pipelines(name):
    layers, again = aug.pipeline(name, seed=3), aug.pipeline(name, seed=3)
    names = [layer.name for layer in layers]
    assert len(set(names)) == len(names)
    assert names == [layer.name for layer in again]
    assert [layer.get_config() for layer in layers] == [layer.get_config() for layer in again]
    assert len({layer.seed for layer in layers}) == len(layers)
    x = images((4, 32, 32, 3))
    assert all(layer.seed is None for layer in aug.pipeline(name))
    out = x
    for layer in layers:
        out = augmented(layer, out)
    assert tuple(out.shape) == x.shape
    assert np.any(numpy(out) != x)


def test_layers():
    """None is lost, and all keep the names by which Keras knows them in saved models."""
    assert set(ARGUMENTS) <= set(CLASSES)
    for name in CLASSES:
        assert keras.saving.get_registered_name(getattr(aug, name)) == f"kerasdl>{name}"


def test_unknown_pipeline():
    with pytest.raises(UsageError, match=r"one of crop, flip.*received 'mixup'"):
        aug.pipeline("mixup")


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("RandomPadCrop", {"padding": -1}),
        ("RandomPadCrop", {"padding": 1.5}),
        ("RandomPadCrop", {"mode": "edge"}),
        ("RandomHorizontalFlip", {"probability": 2}),
        ("RandomAffine", {"rotation": (5, 1)}),
        ("RandomAffine", {"translation": 2}),
        ("RandomAffine", {"translation": (0.1, 0.1, 0.1)}),
        ("RandomAffine", {"scale": 1}),
        ("RandomAffine", {"shear": 90}),
        ("RandomAffine", {"interpolation": "bicubic"}),
        ("RandomAffine", {"fill_mode": "edge"}),
        ("RandomColor", {"brightness": "strong"}),
        ("RandomColor", {"contrast": (-1, 1)}),
        ("RandomColor", {"hue": 0.6}),
        ("RandomErasing", {"probability": -0.1}),
        ("RandomErasing", {"area": (0, 2)}),
        ("RandomErasing", {"value": "noise"}),
        ("Cutout", {"size": 0}),
        ("RandomGaussianNoise", {"stddev": -1}),
        ("RandAugment", {"num_ops": 0}),
        ("RandAugment", {"magnitude": 31}),
        ("MixUp", {"alpha": 0}),
        ("CutMix", {"alpha": -1}),
        ("TrivialAugmentWide", {"seed": "3"}),
        ("TrivialAugmentWide", {"seed": True}),
        ("TrivialAugmentWide", {"seed": 3.0}),
        ("TrivialAugmentWide", {"fill_value": "red"}),
        ("RandAugment", {"fill_value": 256}),
        ("RandAugment", {"fill_value": (1, 2, 3)}),
        ("RandAugment", {"magnitude": 9.0}),
        ("RandAugment", {"num_ops": True}),
        ("RandomAffine", {"fill_value": "red"}),
        ("RandomAffine", {"fill_value": np.nan}),
        ("RandomAffine", {"rotation": -15}),
        ("RandomAffine", {"rotation": np.inf}),
        ("RandomAffine", {"rotation": "12"}),
        ("RandomAffine", {"translation": "11"}),
        ("RandomAffine", {"translation": np.nan}),
        ("RandomAffine", {"translation": True}),
        ("RandomColor", {"brightness": -0.2}),
        ("RandomColor", {"saturation": np.nan}),
        ("RandomColor", {"contrast": (0.5, np.inf)}),
        ("RandomPadCrop", {"mode": "constant", "value": "red"}),
        ("RandomPadCrop", {"mode": "constant", "value": -1}),
        ("RandomErasing", {"probability": np.nan}),
        ("RandomErasing", {"probability": "1"}),
        ("RandomErasing", {"value": (1, 2, 300)}),
        ("Cutout", {"value": "random"}),
        ("Cutout", {"value": ()}),
        ("Cutout", {"size": 2.0}),
        ("RandomGaussianNoise", {"stddev": np.nan}),
        ("RandomGaussianNoise", {"stddev": np.inf}),
        ("RandomGaussianNoise", {"stddev": "9"}),
        ("MixUp", {"alpha": np.nan}),
        ("MixUp", {"alpha": np.inf}),
        ("MixUp", {"alpha": "1"}),
    ],
)
def test_mistakes_say_what_was_received(name, settings):
    with pytest.raises(ValueError, match="Received: "):
        getattr(aug, name)(**settings)


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8])
def test_numbers_of_numpy_are_numbers(kind):
    layers = [
        aug.RandomPadCrop(kind(2), "constant", kind(9), seed=kind(3)),
        aug.RandAugment(kind(1), kind(9), kind(5), seed=kind(3)),
        aug.Cutout(kind(4), (kind(1), kind(2), kind(3)), seed=kind(3)),
        aug.RandomAffine(np.float32(10), (kind(0), kind(1)), shear=kind(5), seed=kind(3)),
    ]
    for layer in layers:
        again = keras.saving.deserialize_keras_object(
            json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))
        )
        assert again.get_config() == layer.get_config()
        for a, b in zip(
            *(_leaves(each.draw((4, 8, 8, 3))) for each in (layer, again)), strict=True
        ):
            np.testing.assert_array_equal(a, b)
    expected = aug.RandAugment(1, 9, 5, seed=3).draw((4, 8, 8, 3), step=0)
    found = layers[1].draw((4, 8, 8, 3), step=0)
    for a, b in zip(_leaves(found), _leaves(expected), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("make_layer", [aug.Cutout, aug.RandomErasing])
def test_levels_are_as_many_as_channels(make_layer):
    layer = make_layer(value=(1, 2, 3))
    for shape in ((2, 8, 8, 1), (8, 8, 4)):
        with pytest.raises(
            ValueError, match=rf"{shape[-1]} channels .* Received: value=\(1, 2, 3\)"
        ):
            layer(images(shape), training=True)
    assert tuple(layer(images((2, 8, 8, 3)), training=True).shape) == (2, 8, 8, 3)


@pytest.mark.parametrize("make_layer", [aug.RandAugment, aug.TrivialAugmentWide])
def test_an_image_with_a_nan_stays_one_and_the_others_are_as_without(make_layer):
    x = images((40, 6, 7, 3), "float32")
    layer = make_layer(seed=0)
    draw = layer.draw(x.shape)
    expected = numpy(applied(layer, x, draw))
    damaged = x.copy()
    damaged[::2, 3, 4, 1] = np.nan
    out = numpy(applied(layer, damaged, draw))
    assert np.isnan(out[::2]).all()
    np.testing.assert_array_equal(out[1::2], expected[1::2])


def test_a_crop_of_float64_where_jax_computes_in_it():
    if keras.backend.backend() != "jax":
        pytest.skip("JAX has a switch for float64")
    import jax

    x = images((4, 6, 7, 3), "float32")
    layer = aug.RandomPadCrop(2, seed=3)
    expected = numpy(layer(x, training=True))
    with jax.enable_x64(True):
        found = numpy(aug.RandomPadCrop(2, seed=3, dtype="float64")(x, training=True))
    np.testing.assert_array_equal(found, expected)


def test_mistakes_at_the_call():
    with pytest.raises(ValueError, match="expects images of shape"):
        aug.RandomPadCrop()(images((10, 12)), training=True)
    with pytest.raises(ValueError, match="expects images of shape"):
        aug.RandomPadCrop()(keras.Input((None, 12, 3)))
    with pytest.raises(ValueError, match="smaller than the image"):
        aug.RandomPadCrop(12, "reflect")(images(), training=True)
    with pytest.raises(ValueError, match="1 or 3 channels"):
        aug.RandomColor(hue=0.1)(images((2, 4, 4, 4)), training=True)
    with pytest.raises(ValueError, match="1 or 3 channels"):
        aug.RandAugment()(images((2, 4, 4, 4)), training=True)


def test_channels_first_is_refused():
    keras.config.set_image_data_format("channels_first")
    try:
        with pytest.raises(ValueError, match="channels last"):
            aug.RandomHorizontalFlip()(images(), training=True)
    finally:
        keras.config.set_image_data_format("channels_last")


def _leaves(draws):
    draws = draws if isinstance(draws, list) else [draws]
    return [numpy(draw[key]) for draw in draws for key in sorted(draw) if key != "bin"]
