"""Weights of other libraries give the numbers of those libraries; what does not fit is refused."""

import contextlib
import functools
import hashlib
import http.server
import json
import re
import sys
import threading
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from autodiff import input_gradient, outputs
from golden.make_pretrained import CASES, FILE, GRIDS, LABELS, draw, images
from PIL import Image
from safetensors.numpy import load_file, save_file

from kerasdl import models
from kerasdl.datasets import from_arrays
from kerasdl.errors import UsageError
from kerasdl.models import TwoTowerCNN
from kerasdl.pretrained import Weights, find, freeze, layer_rates, load_pretrained, with_rates
from kerasdl.pretrained.positions import resize_positions
from kerasdl.recipes import Data, Model, Optimizer, Recipe
from kerasdl.training import train

GOLDEN = dict(np.load(FILE))
SMALL = "timm vit"


def build(case, **changes):
    arguments = {**CASES[case][0], "kernel_initializer": "zeros", **changes}
    builder = getattr(models, arguments.pop("builder"))
    return builder(classifier_activation=None, **arguments)


@functools.cache
def weights(case):
    shapes = json.loads(str(GOLDEN[f"{case}/tensors"]))
    return {name: draw(name, shape) for name, shape in shapes.items()}


def write(folder, case, renamed=None, config=None, **changes):
    """The file of a case, its tensors renamed, replaced, or (`None`) left out, and its config."""
    (folder / "config.json").write_text(json.dumps(describe(case) if config is None else config))
    file = folder / "model.safetensors"
    tensors = {**weights(case), **{name.replace("__", "."): t for name, t in changes.items()}}
    tensors = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    if renamed:
        tensors = {renamed[name]: tensor for name, tensor in tensors.items() if name in renamed}
    save_file({name: np.ascontiguousarray(t) for name, t in tensors.items()}, file)
    return file


def describe(case):
    """What Hugging Face's `config.json` says of the network of a case."""
    arguments = CASES[case][0]
    return {
        "num_attention_heads": arguments.get("num_heads"),
        "image_size": list(arguments["input_shape"][:2]),
    }


def logits(model, case):
    return outputs(model, images(case))


@pytest.mark.parametrize("case", CASES)
def test_logits_and_gradients_are_theirs(case, tmp_path):
    model = build(case)
    assert load_pretrained(model, write(tmp_path, case)) == ()
    np.testing.assert_allclose(logits(model, case), GOLDEN[f"{case}/logits"], atol=1e-4)
    expected = GOLDEN.get(f"{case}/gradient")
    if expected is not None:
        found = input_gradient(model, images(case), LABELS)
        assert np.abs(found - expected).max() < 1e-3 * np.abs(expected).max()


@pytest.mark.parametrize("case", [case for case in CASES if f"{case}/published" in GOLDEN])
def test_published_names_of_transformers(case, tmp_path):
    names = json.loads(str(GOLDEN[f"{case}/published"]))
    assert set(names) <= set(weights(case))
    model = build(case)
    load_pretrained(model, write(tmp_path, case, renamed=names))
    np.testing.assert_allclose(logits(model, case), GOLDEN[f"{case}/logits"], atol=1e-4)


@pytest.mark.parity
@pytest.mark.parametrize(
    "sizes",
    [
        {"image_size": (32, 48), "patch_size": 8, "num_attention_heads": 4, "hidden_size": 32},
        {"image_size": 29, "patch_size": 9, "num_attention_heads": 2, "hidden_size": 48},
    ],
)
def test_beside_transformers_vit(sizes, tmp_path):
    import transformers

    config = transformers.ViTConfig(
        num_hidden_layers=3,
        intermediate_size=64,
        num_labels=7,
        initializer_range=0.2,
        attn_implementation="eager",
        **sizes,
    )
    theirs = transformers.ViTForImageClassification(config)
    size = sizes["image_size"]
    ours = models.ViT(
        (*(size if isinstance(size, tuple) else (size, size)), 3),
        7,
        None,
        patch_size=sizes["patch_size"],
        embed_dim=sizes["hidden_size"],
        depth=3,
        num_heads=sizes["num_attention_heads"],
        mlp_ratio=64 / sizes["hidden_size"],
        epsilon=1e-12,
    )
    compare(theirs, ours, tmp_path)


@pytest.mark.parity
def test_beside_transformers_resnet(tmp_path):
    import transformers

    config = transformers.ResNetConfig(
        embedding_size=64,
        hidden_sizes=[64, 128, 256, 512],
        depths=[2, 2, 2, 2],
        layer_type="basic",
        num_labels=7,
    )
    theirs = transformers.ResNetForImageClassification(config)
    ours = models.ResNet18((50, 41, 3), 7, None, kernel_initializer="zeros")
    compare(theirs, ours, tmp_path)


def compare(theirs, ours, folder):
    """Logits, and gradients of the loss with respect to the input, of one set of weights."""
    import torch

    theirs = theirs.eval()
    state = {name: tensor.detach().numpy() for name, tensor in theirs.state_dict().items()}
    save_file(state, folder / "model.safetensors")
    load_pretrained(ours, folder / "model.safetensors")
    pixels = np.random.default_rng(0).standard_normal((2, *ours.input_shape[1:])).astype("float32")
    x = torch.tensor(pixels.transpose(0, 3, 1, 2).copy(), requires_grad=True)
    expected = theirs(x).logits
    torch.nn.functional.cross_entropy(expected, torch.tensor(LABELS)).backward()
    found = outputs(ours, pixels)
    np.testing.assert_allclose(found, expected.detach().numpy(), atol=1e-4)
    gradient = x.grad.numpy().transpose(0, 2, 3, 1)
    error = np.abs(input_gradient(ours, pixels, LABELS) - gradient).max()
    assert error < 1e-3 * np.abs(gradient).max()


# What does not fit


DAMAGED = {
    "a missing tensor": ({"norm__bias": None}, "has no tensor norm.bias, which is encoder_norm/"),
    "a missing half of the head": ({"head__weight": None}, "has no tensor head.weight"),
    "another width": (
        {"blocks__1__attn__qkv__weight": np.zeros((72, 23), "float32")},
        "blocks.1.attn.qkv.weight in .* should have shape .72, 24., .* received .72, 23.",
    ),
    "the head of another width": (
        {"head__weight": np.zeros((9, 23), "float32"), "head__bias": np.zeros(9, "float32")},
        "head.weight in .* should have shape .5, 24.",
    ),
    "a tensor too many": (
        {"blocks__2__norm1__weight": np.zeros(24, "float32")},
        "has a tensor blocks.2.norm1.weight, for which the model has no place",
    ),
    "positions that are no grid": (
        {"pos_embed": np.zeros((1, 9, 24), "float32")},
        "pos_embed in .* should have shape .1, 7, 24.",
    ),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_what_does_not_fit_is_named(what, tmp_path):
    changes, expected = DAMAGED[what]
    expect_refusal(write(tmp_path, SMALL, **changes), expected)


@pytest.mark.parametrize("size", [0, 5, 3_000, -1])
def test_a_truncated_file(size, tmp_path):
    file = write(tmp_path, SMALL)
    file.write_bytes(file.read_bytes()[:size])
    expect_refusal(file, "is not a whole .safetensors file")


def test_other_files(tmp_path):
    expect_refusal(tmp_path / "none.safetensors", "There is no file of weights")
    (tmp_path / "w.bin").write_bytes(b"PK\x03\x04 a pickle of PyTorch, say" * 10)
    expect_refusal(tmp_path / "w.bin", "is not a whole .safetensors file")
    save_file({"encoder.weight": np.zeros(3, "float32")}, tmp_path / "other")
    expect_refusal(tmp_path / "other", "has none of the tensors of a vit")


def expect_refusal(file, expected):
    """One sentence, and the model is as it was."""
    model = build(SMALL)
    before = model.get_weights()
    with pytest.raises(UsageError, match=expected) as refusal:
        load_pretrained(model, file)
    assert "\n" not in str(refusal.value)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_another_model(tmp_path):
    with pytest.raises(UsageError, match="are for ViT and ResNet18; received a model mlp"):
        load_pretrained(models.MLP((4,)), write(tmp_path, SMALL))


# What may differ


def test_another_number_of_classes_keeps_the_head(tmp_path, capsys):
    model = build(SMALL, classes=3, kernel_initializer="ones")
    (note,) = load_pretrained(model, write(tmp_path, SMALL))
    assert "has 5 classes, the model 3: the model's head keeps its own weights" in note
    assert note in capsys.readouterr().out
    np.testing.assert_array_equal(model.get_layer("logits").get_weights()[0], 1)
    found = model.get_layer("encoder_norm").get_weights()[0]
    np.testing.assert_array_equal(found, weights(SMALL)["norm.weight"])


def test_a_file_without_a_head(tmp_path):
    notes = []
    file = write(tmp_path, SMALL, head__weight=None, head__bias=None)
    load_pretrained(build(SMALL), file, notify=notes.append)
    assert len(notes) == 1
    assert "has no head" in notes[0]


@pytest.mark.parametrize("name", GRIDS)
def test_positions_are_interpolated_as_timm_does(name):
    old, new = GRIDS[name]
    positions = draw(f"positions {old} {new}", (1, 1 + old[0] * old[1], 4))
    found = resize_positions(positions, old, new, extra=1)
    np.testing.assert_allclose(found, GOLDEN[f"grid {name}"], atol=1e-6)


def test_another_image_size(tmp_path):
    positions = draw("positions (3, 3) (5, 7)", (1, 10, 4)).repeat(6, axis=2)
    notes = []
    model = build(SMALL, input_shape=(40, 56, 3))
    load_pretrained(model, write(tmp_path, SMALL, pos_embed=positions), notify=notes.append)
    assert notes == ["Positional embeddings were interpolated from 3x3 to 5x7 patches."]
    found = model.get_layer("embedding_positions").get_weights()[0]
    np.testing.assert_allclose(found, GOLDEN["grid larger"].repeat(6, axis=2), atol=1e-6)


def test_half_precision(tmp_path):
    halves = {name: tensor.astype("float16") for name, tensor in weights(SMALL).items()}
    save_file(halves, tmp_path / "half.safetensors")
    model = build(SMALL)
    load_pretrained(model, tmp_path / "half.safetensors")
    np.testing.assert_allclose(logits(model, SMALL), GOLDEN[f"{SMALL}/logits"], atol=0.02)


def test_grey_and_small_images_are_adapted_inside(tmp_path):
    """Bilinear and repeated: what the network of the file gives for such images."""
    small = np.random.default_rng(0).random((2, 8, 12, 1)).astype("float32")
    file = write(tmp_path, SMALL)
    plain, adapted = build(SMALL), build(SMALL, input_shape=(8, 12, 1), resize=(16, 24), rgb=True)
    load_pretrained(plain, file)
    load_pretrained(adapted, file)
    large = [Image.fromarray(image[..., 0]).resize((24, 16), Image.BILINEAR) for image in small]
    large = np.stack([np.asarray(image) for image in large])[..., None].repeat(3, axis=-1)
    found, expected = outputs(adapted, small), outputs(plain, large)
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("prefix", ["model.", "module.model."])
@pytest.mark.parametrize("case", [SMALL, "torchvision resnet18"])
def test_a_prefix_of_all_names(prefix, case, tmp_path):
    renamed = {name: prefix + name for name in weights(case)}
    model = build(case)
    assert load_pretrained(model, write(tmp_path, case, renamed)) == ()
    np.testing.assert_allclose(logits(model, case), GOLDEN[f"{case}/logits"], atol=1e-4)
    del renamed[sorted(renamed)[0]]
    missing = re.escape(prefix + sorted(weights(case))[0])
    with pytest.raises(UsageError, match=f"has no tensor {missing}, which is"):
        load_pretrained(model, write(tmp_path, case, renamed))


def test_attention_without_biases(tmp_path):
    """timm's `qkv_bias=False` is the same as biases of 0."""
    names = [f"blocks.{i}.attn.qkv.bias" for i in range(2)]
    zeros = {name.replace(".", "__"): np.zeros(72, "float32") for name in names}
    expected, model = build(SMALL), build(SMALL, bias_initializer="ones")
    load_pretrained(expected, write(tmp_path, SMALL, **zeros))
    (note,) = load_pretrained(model, write(tmp_path, SMALL, **dict.fromkeys(zeros)))
    assert "has no biases of query, key and value: those of the model become 0" in note
    np.testing.assert_array_equal(logits(model, SMALL), logits(expected, SMALL))
    one = {"blocks__0__attn__qkv__bias": None}
    expect_refusal(write(tmp_path, SMALL, **one), "has no tensor blocks.0.attn.qkv.bias")


def test_normalization_after_pooling_is_refused(tmp_path):
    norm = {"norm__weight": None, "norm__bias": None}
    fc_norm = {f"fc_norm__{name}": np.ones(24, "float32") for name in ("weight", "bias")}
    file = write(tmp_path, SMALL, **norm, **fc_norm)
    expect_refusal(file, r"tensor fc_norm.bias.*global_pool='avg'.*take weights of a model with")


# What the tensors do not show


TIMM = {"architecture": "vit_tiny_patch16_224.augreg_in21k", "num_classes": 5}


@pytest.mark.parametrize(
    "config", [{"num_attention_heads": 3}, TIMM, TIMM | {"model_args": {"num_heads": 3}}]
)
def test_another_number_of_heads_is_refused(config, tmp_path):
    """3 heads of width 8 and 6 of width 4 have tensors of the same shapes."""
    file = write(tmp_path, SMALL, config=config)
    load_pretrained(build(SMALL), file)
    model = build(SMALL, num_heads=6)
    before = model.get_weights()
    with pytest.raises(UsageError, match=r"has 3 attention heads, .* 6: build it with num_heads=3"):
        load_pretrained(model, file)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    "config", [{}, [], {"num_attention_heads": "3"}, {"architecture": "resnet18"}, {"a": 1}]
)
def test_an_unknown_number_of_heads_is_reported(config, tmp_path):
    notes = load_pretrained(build(SMALL, num_heads=6), write(tmp_path, SMALL, config=config))
    assert "taken as the model's 6, of width 4; published ones have width 64" in notes[0]


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\0"])
def test_a_damaged_config_says_nothing(text, tmp_path):
    file = write(tmp_path, SMALL)
    file.with_name("config.json").write_text(text)
    assert "Nothing says how many" in load_pretrained(build(SMALL), file)[0]


def test_a_config_belongs_to_weights_called_as_on_the_hub(tmp_path):
    file = write(tmp_path, SMALL).rename(tmp_path / "other.safetensors")
    assert "Nothing says how many" in load_pretrained(build(SMALL, num_heads=6), file)[0]


GRID_4X6 = draw("positions (4, 6) (7, 3)", (1, 25, 4)).repeat(6, axis=2)


@pytest.mark.parametrize(
    "grid",
    [{"image_size": [32, 48]}, TIMM | {"model_args": {"img_size": [32, 48]}},
     TIMM | {"pretrained_cfg": {"input_size": [3, 32, 48]}}],
)  # fmt: skip
def test_a_grid_of_as_many_patches_is_interpolated_where_it_is_known(grid, tmp_path):
    file = write(tmp_path, SMALL, config={"num_attention_heads": 3} | grid, pos_embed=GRID_4X6)
    model = build(SMALL, input_shape=(48, 32, 3))  # 6x4
    assert load_pretrained(model, file) == (
        "Positional embeddings were interpolated from 4x6 to 6x4 patches.",
    )
    found = model.get_layer("embedding_positions").get_weights()[0]
    np.testing.assert_array_equal(found, resize_positions(GRID_4X6, (4, 6), (6, 4), extra=1))
    assert load_pretrained(build(SMALL, input_shape=(32, 48, 3)), file) == ()


def test_an_unknown_grid_is_reported(tmp_path):
    file = write(tmp_path, SMALL, config={"num_attention_heads": 3}, pos_embed=GRID_4X6)
    model = build(SMALL, input_shape=(48, 32, 3))
    (note,) = load_pretrained(model, file)
    assert "Nothing says which grid the 24 positions" in note
    assert "taken as the model's, 6x4" in note
    found = model.get_layer("embedding_positions").get_weights()[0]
    np.testing.assert_array_equal(found, GRID_4X6)


def test_as_many_patches_as_a_square_are_one(tmp_path):
    positions = draw("square", (1, 17, 24))
    file = write(tmp_path, SMALL, config={"num_attention_heads": 3}, pos_embed=positions)
    notes = load_pretrained(build(SMALL, input_shape=(16, 64, 3)), file)
    assert notes == ("Positional embeddings were interpolated from 4x4 to 2x8 patches.",)


# Fine-tuning


def tiny():
    return models.ResNet18((8, 8, 3), 4, None, stem="cifar", filters=(4, 4, 4, 4))


def data():
    rng = np.random.default_rng(0)
    return rng.random((16, 8, 8, 3)).astype("float32"), rng.integers(4, size=16)


def fit(model, optimizer):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss)
    before = {weight.path: weight.numpy().copy() for weight in model.weights}
    model.fit(*data(), batch_size=16, epochs=1, shuffle=False, verbose=0)
    return {weight.path: weight.numpy() - before[weight.path] for weight in model.weights}


def test_a_frozen_backbone_stays_to_the_last_statistic():
    model = tiny()
    freeze(model)
    steps = fit(model, keras.optimizers.SGD(0.1))
    moved = {path for path, step in steps.items() if np.abs(step).max() > 0}
    assert moved == {"logits/kernel", "logits/bias"}
    x, _ = data()
    inference = keras.ops.convert_to_numpy(model(x, training=False))
    in_training = keras.ops.convert_to_numpy(model(x, training=True))
    np.testing.assert_allclose(in_training, inference, atol=1e-6)


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: keras.optimizers.SGD(0.1),
        lambda: keras.optimizers.SGD(0.1, weight_decay=0.5),
        lambda: keras.optimizers.Adam(0.01),
        lambda: keras.optimizers.RMSprop(0.01),
        lambda: keras.optimizers.AdamW(0.01, weight_decay=0.5),
    ],
    ids=["sgd", "sgd, decay", "adam", "rmsprop", "adamw"],
)
def test_layer_rates_scale_the_first_step_of_any_optimizer(optimizer):
    plain, scaled = (models.MLP((8, 8, 3), 4, None, units=(5, 6)) for _ in range(2))
    scaled.set_weights(plain.get_weights())
    rates = layer_rates(scaled, decay=0.5)
    assert rates["dense1/kernel"] == rates["dense1/bias"] == 0.25
    full = fit(plain, optimizer())
    found = fit(scaled, with_rates(optimizer(), rates))
    for path, step in full.items():
        assert np.abs(step).max() > 0
        np.testing.assert_allclose(found[path], step * rates[path], rtol=1e-3, atol=1e-6)


def test_layer_rates_with_weight_decay_where_a_group_has_no_kernel():
    """The last normalization is a group of gamma and beta, neither of which decays."""
    model = build(SMALL)
    optimizer = keras.optimizers.AdamW(0.01, weight_decay=0.1)
    optimizer.exclude_from_weight_decay(
        var_list=[v for v in model.trainable_variables if "kernel" not in v.name]
    )
    optimizer = with_rates(optimizer, layer_rates(model, decay=0.5))
    optimizer.build(model.trainable_variables)
    before = [np.array(v) for v in model.trainable_variables]
    zeros = [keras.ops.zeros(v.shape) for v in model.trainable_variables]
    optimizer.apply(zeros, model.trainable_variables)  # decay is all that is left
    rates = layer_rates(model, decay=0.5)
    for old, v in zip(before, model.trainable_variables, strict=True):
        kept = 1 - 0.01 * 0.1 * rates[v.path] if "kernel" in v.name else 1
        np.testing.assert_allclose(np.array(v), old * kept, rtol=1e-5, atol=1e-8, err_msg=v.path)
    assert optimizer.weight_decay == 0.1


def test_a_compiled_model_with_rates_is_saved_with_the_plain_optimizer(tmp_path):
    model = models.MLP((2,), classes=2, units=(3,))
    model.compile(with_rates(keras.optimizers.Adam(0.01), {}), "sparse_categorical_crossentropy")
    model.fit(np.ones((4, 2)), np.zeros(4), verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert isinstance(loaded.optimizer, keras.optimizers.Adam)
    assert "LayerRates" not in type(loaded.optimizer).__qualname__


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda array: array.astype("int32"), "floating-point numbers; received I32"),
        (lambda array: np.full_like(array, np.nan), "not finite"),
        (lambda array: array.astype("float64") + 1e300, "not finite"),
    ],
)
def test_values_that_are_no_weights(change, expected, tmp_path):
    file = write(tmp_path, SMALL)
    tensors = load_file(file)
    name = sorted(tensors)[0]
    save_file({**tensors, name: change(tensors[name])}, file)
    expect_refusal(file, expected)


def test_layer_rates_go_by_block_and_stage():
    rates = layer_rates(tiny(), decay=0.5)
    assert rates["stem_conv/kernel"] == 1 / 32
    assert rates["stage2_block1_shortcut/kernel"] == rates["stage2_block2_conv2_bn/gamma"] == 1 / 8
    rates = layer_rates(build(SMALL), decay=0.1)
    assert rates["embedding_positions/positions"] == pytest.approx(1e-4)
    assert rates["block1_attention/query/kernel"] == rates["block1_mlp_output/bias"]
    assert rates["block2_mlp_hidden/kernel"] == pytest.approx(1e-2)
    assert rates["logits/bias"] == 1
    rates = layer_rates(TwoTowerCNN(shared=1, units=(5,)), decay=0.5)
    assert rates["conv1/kernel"] == 1 / 16
    for tower in ("digit", "colour"):
        assert rates[f"{tower}_conv2/kernel"] == 1 / 8
        assert rates[f"{tower}_dense1/bias"] == 1 / 2
        assert rates[f"{tower}_logits/kernel"] == 1
    rates = layer_rates(TwoTowerCNN(classes={"a": 2, "a_b": 3}, filters=(4,), kernel_size=5), 0.5)
    assert rates["a_logits/kernel"] == rates["a_b_logits/kernel"] == 1
    assert rates["a_conv1/kernel"] == rates["a_b_conv1/kernel"] == 1 / 2


# The command line


def finetuned(source, folder):
    """A run of one epoch on 40 grey images that begins from given weights."""
    x = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 1), "uint8")
    decided_by_data = ("builder", "input_shape", "classes")
    arguments = {k: v for k, v in CASES[SMALL][0].items() if k not in decided_by_data}
    recipe = Recipe(
        name="tests/finetune",
        data=Data("mine"),
        model=Model("ViT", arguments=arguments | {"resize": (16, 24)}),
        inputs="imagenet",
        loss="sparse_categorical_crossentropy",
        optimizer=Optimizer("sgd", learning_rate=0.01),
        pretrained=str(source),
        freeze=True,
        layer_decay=0.5,
        epochs=1,
        batch_size=16,
    )
    return train(recipe, dataset=from_arrays(x, np.arange(40) % 3), out=folder, callbacks=())


def test_training_begins_from_a_file(tmp_path):
    file = write(tmp_path, SMALL)
    run = finetuned(file, tmp_path)
    record = run.result["pretrained"]
    assert (record["from"], "revision" in record) == (str(file), False)
    assert "has 5 classes, the model 3" in record["differs"][0]
    assert run.result["parameters"] == 24 * 3 + 3
    found = run.model.get_layer("encoder_norm").get_weights()[0]
    np.testing.assert_array_equal(found, weights(SMALL)["norm.weight"])
    assert run.model.get_layer("rgb").output.shape == (None, 8, 8, 3)


def test_a_file_that_is_not_there_is_one_sentence(python):
    words = ["transformers/vit_blocks-2", "--dataset", "digits", "--pretrained", "none.safetensors"]
    done = python("-m", "kerasdl", "train", *words, check=False)
    assert done.returncode == 2
    assert "There is no file of weights none.safetensors" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(Path(python.folder).glob("runs/*"))


# The hub


COMMIT = "c0ffee" + "0" * 34


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers as the hub does: what a file is in the headers, why there is none as a code."""

    def do_HEAD(self):
        self.do_GET(send=False)

    def do_GET(self, send=True):
        self.server.asked.append((self.command, self.path))
        missing = "EntryNotFound" if self.path.endswith("config.json") else self.server.missing
        content = self.server.files.get(self.path, missing)
        self.send_response(200 if isinstance(content, bytes) else 404)
        if isinstance(content, bytes):
            checksum = self.server.checksum or hashlib.sha256(content).hexdigest()
            headers = {
                "ETag": f'"{checksum}"',
                "X-Repo-Commit": COMMIT,
                "Content-Length": str(len(content)),
            }
            for name, value in (headers | self.server.odd_headers).items():
                self.send_header(name, value)
        else:
            self.send_header("X-Error-Code", content)
            self.send_header("Content-Length", "0")
        self.end_headers()
        if send and isinstance(content, bytes):
            self.wfile.write(content)

    def log_message(self, *words):
        pass


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub on this machine, and an empty cache."""
    pytest.importorskip("huggingface_hub")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.files, server.asked, server.daemon_threads = {}, [], True
        server.missing, server.checksum, server.odd_headers = "RepoNotFound", None, {}
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
        monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "home/hub"))
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        # The library reads its environment when it is imported.
        for name in [name for name in sys.modules if name.split(".")[0] == "huggingface_hub"]:
            monkeypatch.delitem(sys.modules, name)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def publish(server, content, revision="main"):
    server.files[f"/some/vit/resolve/{revision}/model.safetensors"] = content


def close(server):
    server.shutdown()
    server.server_close()


def test_weights_of_the_hub_are_kept_with_their_commit(hub, tmp_path):
    publish(hub, write(tmp_path, SMALL).read_bytes())
    found = find("hf://some/vit")
    assert found.revision == COMMIT
    load_pretrained(build(SMALL), found.path)
    assert find("hf://some/vit") == found
    assert hub.asked.count(("GET", "/some/vit/resolve/main/model.safetensors")) == 1  # kept
    close(hub)
    assert find("hf://some/vit") == found  # the newest that is kept
    assert find(f"hf://some/vit@{COMMIT}") == found


def test_the_config_of_the_hub_lies_beside_the_weights(hub, tmp_path):
    publish(hub, write(tmp_path, SMALL).read_bytes())
    address = f"/some/vit/resolve/{COMMIT}/config.json"
    hub.files[address] = (tmp_path / "config.json").read_bytes()
    found = find("hf://some/vit")
    with pytest.raises(UsageError, match=r"has 3 attention heads, as its config\.json says"):
        load_pretrained(build(SMALL, num_heads=6), found.path)
    assert find("hf://some/vit") == found
    assert hub.asked.count(("GET", address)) == 1


def test_a_run_records_the_commit_of_its_weights(hub, tmp_path):
    content = write(tmp_path, SMALL).read_bytes()
    publish(hub, content, revision="v1.0")
    result = finetuned("hf://some/vit@v1.0", tmp_path).result
    assert result["pretrained"]["from"] == "hf://some/vit@v1.0"
    assert result["pretrained"]["revision"] == COMMIT
    assert result["identity"]["pretrained"] == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_a_revision_of_the_hub_is_pinned(hub):
    publish(hub, b"the newest")
    publish(hub, b"of the paper", revision="v1.0")
    assert find("hf://some/vit@v1.0").path.read_bytes() == b"of the paper"


def test_a_commit_that_is_kept_is_not_asked_for_again(hub):
    publish(hub, b"weights", revision=COMMIT)
    found = find(f"hf://some/vit@{COMMIT}")
    asked = len(hub.asked)
    assert find(f"hf://some/vit@{COMMIT}") == found
    assert len(hub.asked) == asked


def test_the_hub_gives_something_else(hub):
    publish(hub, b"not these bytes")
    hub.checksum = hashlib.sha256(b"others").hexdigest()
    received = hashlib.sha256(b"not these bytes").hexdigest()
    with pytest.raises(UsageError, match=f"sha256:{hub.checksum}; received sha256:{received}"):
        find("hf://some/vit")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("RepoNotFound", "the hub has no such repository, or it is private"),
        ("GatedRepo", "its owner has to grant access"),
        ("RevisionNotFound", "the repository has no such revision"),
        ("EntryNotFound", "the repository has no model.safetensors"),
    ],
)
def test_the_hub_has_no_such_thing(code, expected, hub):
    hub.missing = code
    with pytest.raises(UsageError, match=rf"hf://no/body@v1 cannot be had: {expected}") as error:
        find("hf://no/body@v1")
    assert "\n" not in str(error.value)


def test_the_hub_cannot_be_reached(hub, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # between attempts
    close(hub)
    with pytest.raises(UsageError, match="the hub gives no answer, and no copy is in the cache"):
        find("hf://some/vit")


def test_a_transfer_that_breaks(hub, monkeypatch):
    import huggingface_hub

    def broken(*arguments, **options):
        raise RuntimeError("peer closed connection.\nReceived 3 of 9 bytes")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", broken)
    with pytest.raises(UsageError, match="cannot be had: peer closed connection; a file at hand"):
        find("hf://some/vit")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Repo-Commit": "../../../../outside"},
        {"X-Repo-Commit": "{outside}"},
        {"X-Repo-Commit": ""},
        {"ETag": '"../../../../outside"'},
        {"ETag": '"{outside}"'},
        {"ETag": ""},
        {"ETag": '"' + "a" * 300 + '"'},
        {"Content-Length": "-1"},
        {"Content-Length": "1000000000000000"},
        {"Content-Length": "seven"},
    ],
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_the_hub_answers_oddly(hub, tmp_path, monkeypatch, headers):
    """Refused in a sentence, or taken; nothing is written outside of the cache."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    publish(hub, b"weights")
    outside = str(tmp_path / "outside")
    hub.odd_headers = {name: value.replace("{outside}", outside) for name, value in headers.items()}
    with contextlib.suppress(UsageError):
        assert find("hf://some/vit").path.read_bytes() == b"weights"
    assert {path.name for path in tmp_path.iterdir()} <= {"home"}
    assert not list(tmp_path.rglob("outside*"))


@pytest.mark.parametrize("source", ["hf://../..", "hf://-a/-b", "hf://a..b/c", "hf://a/b.git"])
def test_a_repository_that_the_hub_cannot_have(hub, source):
    with pytest.raises(UsageError, match=f"{source} cannot be had"):
        find(source)


@pytest.mark.parametrize("kind", [RecursionError, KeyError, TypeError, AttributeError, OSError])
def test_a_reply_that_the_library_cannot_read(hub, monkeypatch, kind):
    import huggingface_hub

    def foreign(*arguments, **options):
        raise kind("entries of another kind")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", foreign)
    with pytest.raises(UsageError, match=r"cannot be had: .*entries of another kind"):
        find("hf://some/vit")


@pytest.mark.parametrize("source", ["hf://vit", "hf://a/b/c", "hf://a/b@", "hf://a/b@v1@v2"])
def test_other_names_of_weights_are_refused(source):
    with pytest.raises(UsageError, match=f"hf://owner/name@revision; received {source}"):
        find(source)


def test_without_the_library_there_is_no_hub(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UsageError, match="pip install huggingface_hub"):
        find("hf://some/vit")
    assert find(__file__) == Weights(Path(__file__))


def test_a_file_that_is_not_there():
    with pytest.raises(UsageError, match=r"There is no file of weights some/vit\.safetensors"):
        find("some/vit.safetensors")
