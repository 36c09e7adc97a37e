"""Fixed draws against NumPy, SciPy, colorsys and Pillow, on whichever backend runs.

Every backend is held to the same outside numbers, and a test that needs all
three compares them with each other.
"""

import colorsys

import keras
import numpy as np
import pytest
from compiling import compiled
from keras import ops
from PIL import Image, ImageEnhance, ImageOps
from scipy.ndimage import map_coordinates

from kerasdl import augmentation as aug
from kerasdl.augmentation import OPERATIONS, _levels, random_color
from kerasdl.augmentation._operations import BINS

pytestmark = pytest.mark.optimized

CLOSE = 1e-5 * 255  # the tolerance: of the value range


def images(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape).astype("uint8")


def apply(layer, x, draw):
    """`layer.apply(x, draw)` in NumPy, compiled as users compile it."""
    return keras.tree.map_structure(ops.convert_to_numpy, compiled(layer.apply)(x, draw))


@pytest.mark.parametrize("mode", ["zero", "reflect", "constant"])
def test_pad_crop_is_numpy_pad_and_a_window(mode):
    x = images(9, 8, 11, 3)
    offset = np.array([(a, b) for a in (0, 2, 4) for b in (1, 2, 3)], "int32")
    layer = aug.RandomPadCrop(padding=2, mode=mode, value=77)
    how = {"mode": "reflect"} if mode == "reflect" else {"constant_values": 77 * (mode != "zero")}
    padded = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)), **how)
    expected = [padded[i, a : a + 8, b : b + 11] for i, (a, b) in enumerate(offset)]
    np.testing.assert_array_equal(apply(layer, x, {"offset": offset}), expected)
    as_float = apply(layer, x.astype("float32"), {"offset": offset})
    np.testing.assert_array_equal(as_float, expected)


def test_enlarge_crop_is_pillows_resize_and_a_window():
    """torchvision's `Resize` and `RandomCrop`, which Pillow computes in whole levels."""
    x, margin = images(9, 8, 11, 3), 2
    offset = np.array([(a, b) for a in (0, 2, 4) for b in (0, 3, 4)], "int32")
    size = (11 + 2 * margin, 8 + 2 * margin)
    large = [Image.fromarray(each).resize(size, Image.Resampling.BILINEAR) for each in x]
    expected = np.stack(
        [
            np.asarray(each, int)[a : a + 8, b : b + 11]
            for each, (a, b) in zip(large, offset, strict=True)
        ]
    )
    out = apply(aug.RandomEnlargeCrop(margin=margin), x, {"offset": offset})
    assert out.dtype == "uint8"
    assert np.abs(out.astype(int) - expected).max() <= 1


def test_enlarge_crop_by_hand():
    """Two pixels become four: their centres lie at -1/4, 1/4, 3/4 and 5/4 of the old ones."""
    x = np.array([0, 100], "float32").reshape(1, 1, 2, 1).repeat(2, axis=1)
    row = np.array([0, 25, 75, 100])
    for first in (0, 1, 2):
        draw = {"offset": np.array([[1, first]], "int32")}
        out = apply(aug.RandomEnlargeCrop(margin=1), x, draw)
        np.testing.assert_allclose(out[0, :, :, 0], [row[first : first + 2]] * 2, atol=CLOSE)


def test_flip():
    x, flip = images(4, 5, 7, 2), np.array([True, False, False, True])
    out = apply(aug.RandomHorizontalFlip(), x, {"flip": flip})
    np.testing.assert_array_equal(
        out, [a[:, ::-1] if f else a for a, f in zip(x, flip, strict=True)]
    )


def affine_draw(count, seed=1):
    r = np.random.default_rng(seed)
    return {
        "rotation": r.uniform(-180, 180, count).astype("float32"),
        "translation": r.uniform(-0.2, 0.2, (count, 2)).astype("float32"),
        "scale": r.uniform(0.7, 1.4, count).astype("float32"),
        "shear": r.uniform(-20, 20, (count, 2)).astype("float32"),
    }


def affine_source(draw, height, width):
    """In float64, from the definition: where each output pixel comes from, and Pillow's numbers."""
    for i in range(len(draw["scale"])):
        angle, (sx, sy) = np.deg2rad(float(draw["rotation"][i])), np.deg2rad(draw["shear"][i])
        rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        # torchvision's `_get_inverse_affine_matrix`: M = T C R(a) S(s) SHy(sy) SHx(sx) C^-1 with
        # SHx = [[1, -tan(sx)], [0, 1]] and SHy = [[1, 0], [-tan(sy), 1]]; its `a` is clockwise
        shear = np.array([[1, 0], [-np.tan(sy), 1]]) @ np.array([[1, -np.tan(sx)], [0, 1]])
        inverse = np.linalg.inv(float(draw["scale"][i]) * rotation @ shear)
        middle = np.array([(width - 1) / 2, (height - 1) / 2])
        shift = draw["translation"][i].astype("float64") * [width, height]
        points = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1)
        source = (points - middle - shift) @ inverse.T + middle
        offset = middle + 0.5 - inverse @ (middle + 0.5 + shift)
        yield source, (*inverse[0], offset[0], *inverse[1], offset[1])


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize(
    ("fill_mode", "scipy_mode"),
    [
        ("constant", "nearest"),
        ("nearest", "nearest"),
        ("reflect", "reflect"),
        ("wrap", "grid-wrap"),
    ],
)
def test_affine_is_map_coordinates_and_pillow(fill_mode, scipy_mode, interpolation):
    count, height, width = 12, 20, 26
    x, draw = images(count, height, width, 3), affine_draw(count)
    layer = aug.RandomAffine(interpolation=interpolation, fill_mode=fill_mode, fill_value=77)
    out = apply(layer, x.astype("float32"), draw)
    order, differing, pillow_differing = int(interpolation == "bilinear"), 0, 0
    for i, (source, matrix) in enumerate(affine_source(draw, height, width)):
        expected = np.stack(
            [
                map_coordinates(x[i, ..., c].astype(float), source[..., ::-1].transpose(2, 0, 1),
                                order=order, mode=scipy_mode)
                for c in range(3)
            ],
            axis=-1,
        )  # fmt: skip
        if fill_mode == "constant":
            inside = (source >= -0.5) & (source < [width - 0.5, height - 0.5])
            expected = np.where(inside.all(axis=-1)[..., None], expected, 77)
            method = Image.Resampling.BILINEAR if order else Image.Resampling.NEAREST
            pillow = Image.fromarray(x[i]).transform(
                (width, height), Image.Transform.AFFINE, matrix, method, fillcolor=(77,) * 3
            )
            apart = np.abs(np.round(out[i]) - np.asarray(pillow, float))
            pillow_differing += np.sum(apart > order)
        differing += np.sum(np.abs(out[i] - expected) > CLOSE)
    assert differing <= (0 if order else 0.001 * out.size)
    assert pillow_differing <= (0 if order else 0.001 * out.size)


@pytest.mark.parametrize("degrees", [15.0, -90.0, 45.0, 180.0])
def test_rotation_turns_as_pillow_does(degrees):
    x = images(1, 16, 16, 3)
    draw = {
        "rotation": np.array([degrees], "float32"),
        "translation": np.zeros((1, 2), "float32"),
        "scale": np.ones(1, "float32"),
        "shear": np.zeros((1, 2), "float32"),
    }
    out = apply(aug.RandomAffine(), x, draw)[0].astype(int)
    expected = Image.fromarray(x[0]).rotate(degrees, Image.Resampling.BILINEAR)
    assert np.abs(out - np.asarray(expected, int)).max() <= 1


def test_a_shear_moves_points_as_torchvisions_does():
    """By hand: 45 degrees in x moves the row below the centre one pixel to the left."""
    x = np.zeros((2, 5, 5, 1), "uint8")
    x[:, 3, 2] = 200  # at (0, 1) from the centre, y downwards
    x[:, 2, 3] = 100  # at (1, 0)
    draw = {key: np.zeros_like(value[:2]) for key, value in affine_draw(2).items()}
    draw["scale"] += 1
    draw["shear"] = np.array([[45, 0], [0, 45]], "float32")
    out = apply(aug.RandomAffine(interpolation="nearest"), x, draw)[..., 0]
    assert {v: tuple(np.argwhere(out[0] == v)[0]) for v in (200, 100)} == {200: (3, 1), 100: (2, 3)}
    assert {v: tuple(np.argwhere(out[1] == v)[0]) for v in (200, 100)} == {200: (3, 2), 100: (1, 3)}


@pytest.mark.parametrize("pixels", [7, 2**22 - 1, 2**22, 2100 * 2100, 5_000_017])
def test_the_mean_level_of_large_images_is_exact(pixels):
    levels = np.random.default_rng(0).integers(0, 256, (3, 1, pixels))
    levels[1], levels[2, 0, 1:] = 255, 254
    total = levels.sum(axis=-1, keepdims=True)
    expected = (2 * total + pixels) // (2 * pixels)
    found = ops.convert_to_numpy(_levels.mean_level(ops.convert_to_tensor(levels, "float32")))
    np.testing.assert_array_equal(found, expected)


def test_affine_of_nothing_is_the_identity():
    x = images(2, 9, 13, 1)
    draw = {key: np.zeros_like(value[:2]) for key, value in affine_draw(2).items()}
    draw["scale"] += 1
    for interpolation in ("bilinear", "nearest"):
        layer = aug.RandomAffine(interpolation=interpolation)
        np.testing.assert_array_equal(apply(layer, x, draw), x)


ENHANCERS = {"brightness": "Brightness", "contrast": "Contrast", "saturation": "Color"}


@pytest.mark.parametrize("part", ENHANCERS)
def test_color_is_pillow_and_numpy(part):
    x = images(6, 9, 10, 3)
    factors = np.array([0.0, 0.6, 0.9, 1.0, 1.3, 1.9], "float32")
    layer = aug.RandomColor(**{part: 1})
    out = apply(layer, x.astype("float32"), {part: factors})
    grey = x @ np.array([0.299, 0.587, 0.114])
    towards = {
        "brightness": np.zeros((6, 1, 1, 1)),
        "contrast": grey.mean(axis=(1, 2))[:, None, None, None],
        "saturation": grey[..., None],
    }[part]
    f = factors.astype(float)[:, None, None, None]
    np.testing.assert_allclose(out, np.clip(towards + f * (x - towards), 0, 255), atol=CLOSE)
    for i, factor in enumerate(factors):
        pillow = getattr(ImageEnhance, ENHANCERS[part])(Image.fromarray(x[i])).enhance(factor)
        assert np.abs(np.round(out[i]) - np.asarray(pillow, float)).max() <= 1


def test_hue_is_colorsys():
    x, turns = images(4, 5, 6, 3), np.array([0.1, -0.3, 0.5, 0.0], "float32")
    x[:, 0] = x[:, 0, :, :1]  # greys have no hue
    out = apply(aug.RandomColor(hue=0.5), x.astype("float32"), {"hue": turns})
    for image, turned, turn in zip(x, out, turns, strict=True):
        for before, after in zip(image.reshape(-1, 3), turned.reshape(-1, 3), strict=True):
            hue, saturation, value = colorsys.rgb_to_hsv(*(before / 255))
            expected = colorsys.hsv_to_rgb((hue + float(turn)) % 1, saturation, value)
            np.testing.assert_allclose(after, np.array(expected) * 255, atol=CLOSE)


def test_color_parts_come_in_order_and_grey_stays_grey():
    x = images(2, 6, 7, 3).astype("float32")
    draw = {
        "brightness": [1.5, 0.7],
        "contrast": [0.5, 1.5],
        "saturation": [0.2, 1.8],
        "hue": [0.1, -0.2],
    }
    draw = {key: np.array(value, "float32") for key, value in draw.items()}
    step = x
    for part, value in draw.items():
        step = apply(aug.RandomColor(**{part: 0.5}), step, {part: value})
    whole = apply(aug.RandomColor(0.5, 0.5, 0.5, 0.5), x, draw)
    np.testing.assert_allclose(whole, step, atol=CLOSE)
    grey = images(2, 6, 7, 1)
    only = {key: draw[key] for key in ("saturation", "hue")}
    np.testing.assert_array_equal(apply(aug.RandomColor(saturation=0.5, hue=0.5), grey, only), grey)
    assert random_color.LUMA == (0.299, 0.587, 0.114)


@pytest.mark.parametrize("value", [7, (7, 8, 9)])
def test_erased_boxes(value):
    x = images(3, 8, 9, 3)
    box = np.array([(1, 2, 3, 4), (0, 0, 8, 9), (5, 5, 0, 3)], "int32")
    expected = x.copy()
    for image, (top, left, height, width) in zip(expected, box, strict=True):
        image[top : top + height, left : left + width] = value
    for layer in (aug.RandomErasing(value=value), aug.Cutout(value=value)):
        np.testing.assert_array_equal(apply(layer, x, {"box": box}), expected)
    noise = np.full(x.shape, 5.0, "float32")
    out = apply(aug.RandomErasing(value="random"), x, {"box": box, "noise": noise})
    np.testing.assert_array_equal(out[1], noise[1])
    np.testing.assert_array_equal(out[2], x[2])


def test_noise_is_added_rounded_and_clipped():
    x = np.array([[[[0.0], [100.0], [250.0]]]], "float32")
    draw = {"noise": np.array([[[[-3.0], [0.6], [7.25]]]], "float32")}
    noise = aug.RandomGaussianNoise
    np.testing.assert_allclose(apply(noise(), x, draw).ravel(), [0, 100.6, 255], atol=CLOSE)
    free = apply(noise(clip=False), x, draw).ravel()
    np.testing.assert_allclose(free, [-3, 100.6, 257.25], atol=CLOSE)
    assert apply(noise(), x.astype("uint8"), draw).ravel().tolist() == [0, 101, 255]


def test_mixup_and_cutmix():
    x, y = images(3, 8, 9, 3), np.eye(3, dtype="float32")
    partner, weight = np.array([2, 1, 0], "int32"), np.array([0.25, 0.5, 1.0], "float32")
    mixed, labels = apply(aug.MixUp(), (x, y), {"partner": partner, "weight": weight})
    w = weight[:, None, None, None]
    np.testing.assert_allclose(mixed, w * x + (1 - w) * x[::-1], atol=0.5001)
    np.testing.assert_allclose(labels, [[0.25, 0, 0.75], [0, 1, 0], [0, 0, 1]], atol=1e-6)
    box = np.array([(1, 2, 3, 4), (0, 0, 8, 9), (0, 0, 0, 0)], "int32")
    pasted, labels = apply(aug.CutMix(), (x, y), {"partner": partner, "box": box})
    expected = x.copy()
    expected[0, 1:4, 2:6] = x[2, 1:4, 2:6]
    np.testing.assert_array_equal(pasted, expected)
    np.testing.assert_allclose(labels, [[1 - 12 / 72, 0, 12 / 72], [0, 1, 0], [0, 0, 1]], atol=1e-6)


# What torchvision's RandAugment and TrivialAugmentWide do with PIL images, written out.
SPACES = {
    "RandAugment": lambda w, h: (0.3, 150 / 331 * w, 150 / 331 * h, 30, 0.9, 4),
    "TrivialAugmentWide": lambda w, h: (0.99, 32, 32, 135, 0.99, 6),
}


def pillow_operation(image, name, bin_, sign, space):
    shear, across, down, degrees, factor, bits = SPACES[space](*image.size)
    part = bin_ / (BINS - 1)
    affine = {
        "ShearX": (1, sign * shear * part, 0, 0, 1, 0),
        "ShearY": (1, 0, 0, sign * shear * part, 1, 0),
        "TranslateX": (1, 0, -int(sign * across * part), 0, 1, 0),
        "TranslateY": (1, 0, 0, 0, 1, -int(sign * down * part)),
    }
    if name in affine:
        nearest = Image.Resampling.NEAREST
        return image.transform(image.size, Image.Transform.AFFINE, affine[name], nearest)
    if name == "Rotate":
        return image.rotate(sign * degrees * part)
    if name in ("Brightness", "Color", "Contrast", "Sharpness"):
        return getattr(ImageEnhance, name)(image).enhance(1 + sign * factor * part)
    if name == "Posterize":
        return ImageOps.posterize(image, int(8 - np.round(bin_ / ((BINS - 1) / bits))))
    if name == "Solarize":
        return ImageOps.solarize(image, np.linspace(255, 0, BINS)[bin_])
    plain = {"AutoContrast": ImageOps.autocontrast, "Equalize": ImageOps.equalize}
    return plain.get(name, lambda unchanged: unchanged)(image)


def to_pillow(x):
    return Image.fromarray(x if x.shape[-1] == 3 else x[..., 0])


@pytest.mark.parametrize("channels", [3, 1])
@pytest.mark.parametrize("space", SPACES)
def test_every_operation_bin_and_sign_is_pillows(space, channels):
    cells = [(o, b, s) for o in range(len(OPERATIONS)) for b in range(BINS) for s in (1, -1)]
    operation, bin_, sign = np.array(cells, "int32").T[..., None]
    x = images(len(cells), 18, 24, channels)
    x[::3] = x[::3] // 3 + 40  # something for autocontrast to do
    x[1::7] = 93  # one level only
    layer = aug.RandAugment(num_ops=1) if space == "RandAugment" else aug.TrivialAugmentWide()
    out = apply(layer, x, {"operation": operation, "bin": bin_, "sign": sign})
    inexact = ("Brightness", "Color", "Contrast", "Sharpness", "AutoContrast")
    for i, (o, b, s) in enumerate(cells):
        expected = np.asarray(pillow_operation(to_pillow(x[i]), OPERATIONS[o], b, s, space), int)
        apart = np.abs(out[i].astype(int) - expected.reshape(x.shape[1:]))
        assert apart.max() <= (OPERATIONS[o] in inexact), (OPERATIONS[o], b, s)


def test_two_operations_follow_each_other_and_float_is_rounded():
    exact = ("Identity", "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate")
    exact += ("Posterize", "Solarize", "Equalize")
    chosen = np.random.default_rng(2).choice([OPERATIONS.index(name) for name in exact], (60, 2))
    sign = np.random.default_rng(3).choice([1, -1], (60, 2)).astype("int32")
    x = images(60, 16, 16, 3)
    draw = {"operation": chosen.astype("int32"), "bin": np.full((60, 2), 9, "int32"), "sign": sign}
    out = apply(aug.RandAugment(), x, draw)
    for i in range(60):
        picture = Image.fromarray(x[i])
        for o, s in zip(chosen[i], sign[i], strict=True):
            picture = pillow_operation(picture, OPERATIONS[o], 9, s, "RandAugment")
        np.testing.assert_array_equal(out[i], np.asarray(picture))
    as_float = apply(aug.RandAugment(), x + np.float32(0.3), draw)
    np.testing.assert_array_equal(as_float, out)


FIXED = """
import sys, numpy as np, keras
from keras import ops
from kerasdl import augmentation as aug
r = np.random.default_rng(7)
n, shape = 40, (40, 17, 20, 3)
x = r.integers(0, 256, shape).astype("float32")
f = lambda *size, low=-1, high=1: r.uniform(low, high, size).astype("float32")
turn = {"rotation": f(n, low=-90, high=90), "translation": f(n, 2) / 5, "scale": 1 + f(n) / 4,
        "shear": 20 * f(n, 2)}
moves = lambda k: {"operation": r.integers(0, 14, (n, k)).astype("int32"),
    "bin": r.integers(0, 31, (n, k)).astype("int32"), "sign": r.choice([-1, 1], (n, k)).astype("int32")}
cases = [(aug.RandomPadCrop(3), {"offset": r.integers(0, 7, (n, 2)).astype("int32")}),
    (aug.RandomHorizontalFlip(), {"flip": r.random(n) < 0.5}),
    (aug.RandomColor(1, 1, 1, 0.5), {"brightness": 1 + f(n), "contrast": 1 + f(n),
        "saturation": 1 + f(n), "hue": f(n) / 2}),
    (aug.RandomErasing(value=9), {"box": r.integers(0, 9, (n, 4)).astype("int32")}),
    (aug.RandomGaussianNoise(), {"noise": 12 * f(*shape)})]
cases += [(aug.RandomAffine(fill_mode=mode, fill_value=33), turn)
    for mode in ("constant", "nearest", "reflect", "wrap")]
cases += [(aug.RandAugment(3), moves(3)), (aug.TrivialAugmentWide(), moves(1))]
def apply(layer):
    if keras.backend.backend() != "jax":
        return layer.apply
    import jax  # by itself it compiles operation by operation, which takes longer
    return jax.jit(layer.apply)

np.savez(sys.argv[1], *[ops.convert_to_numpy(apply(layer)(x, draw)) for layer, draw in cases])
"""


@pytest.mark.parity
def test_fixed_draws_give_the_same_images_on_every_backend(python, tmp_path):
    results = []
    for backend in ("tensorflow", "torch", "jax"):
        python("-c", FIXED, tmp_path / f"{backend}.npz", KERAS_BACKEND=backend)
        results.append(list(np.load(tmp_path / f"{backend}.npz").values()))
    for case in zip(*results, strict=True):
        for other in case[1:]:
            np.testing.assert_allclose(other, case[0], atol=CLOSE, rtol=0)
    for policy in (-2, -1):
        first, *others = (arrays[policy] for arrays in results)
        assert all(np.array_equal(first, other) for other in others)
