"""Weights of other libraries give the numbers of those libraries; what does not fit is refused."""

import functools
import hashlib
import http.server
import json
import threading
from pathlib import Path

import keras
import numpy as np
import pytest
from autodiff import input_gradient, outputs
from golden.make_pretrained import CASES, FILE, GRIDS, LABELS, draw, images
from PIL import Image
from safetensors.numpy import load_file, save_file

from kerasdl import models
from kerasdl.errors import UsageError
from kerasdl.models import TwoTowerCNN
from kerasdl.pretrained import find, freeze, layer_rates, load_pretrained, with_rates
from kerasdl.pretrained.positions import resize_positions

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


def write(folder, case, renamed=None, **changes):
    """The file of a case, its tensors renamed, replaced, or (`None`) left out."""
    tensors = {**weights(case), **{name.replace("__", "."): t for name, t in changes.items()}}
    tensors = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    if renamed:
        tensors = {renamed[name]: tensor for name, tensor in tensors.items() if name in renamed}
    save_file({name: np.ascontiguousarray(t) for name, t in tensors.items()}, folder / "w.st")
    return folder / "w.st"


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
    transformers = pytest.importorskip("transformers")
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
    transformers = pytest.importorskip("transformers")
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
    said = []
    file = write(tmp_path, SMALL, head__weight=None, head__bias=None)
    load_pretrained(build(SMALL), file, say=said.append)
    assert len(said) == 1
    assert "has no head" in said[0]


@pytest.mark.parametrize("name", GRIDS)
def test_positions_are_interpolated_as_timm_does(name):
    old, new = GRIDS[name]
    positions = draw(f"positions {old} {new}", (1, 1 + old[0] * old[1], 4))
    found = resize_positions(positions, old, new, extra=1)
    np.testing.assert_allclose(found, GOLDEN[f"grid {name}"], atol=1e-6)


def test_another_image_size(tmp_path):
    positions = draw("positions (3, 3) (5, 7)", (1, 10, 4)).repeat(6, axis=2)
    said = []
    model = build(SMALL, input_shape=(40, 56, 3))
    load_pretrained(model, write(tmp_path, SMALL, pos_embed=positions), say=said.append)
    assert said == ["Positional embeddings were interpolated from 3x3 to 5x7 patches."]
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


def test_training_begins_from_a_file(tmp_path):
    from kerasdl import recipes
    from kerasdl.datasets import from_arrays
    from kerasdl.recipes.recipe import Data, Model, Optimizer, Recipe
    from kerasdl.training import train

    x = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 1), "uint8")
    arguments = {key: value for key, value in CASES[SMALL][0].items() if key in recipe_keys()}
    recipe = Recipe(
        name="tests/finetune",
        data=Data("mine"),
        model=Model("ViT", arguments={**arguments, "resize": (16, 24)}),
        inputs="imagenet",
        loss="sparse_categorical_crossentropy",
        optimizer=Optimizer("sgd", learning_rate=0.01),
        epochs=1,
        batch_size=16,
    )
    recipe = recipes.override(
        recipe, {"pretrained": str(write(tmp_path, SMALL)), "freeze": True, "layer_decay": 0.5}
    )
    run = train(recipe, dataset=from_arrays(x, np.arange(40) % 3), out=tmp_path, callbacks=())
    assert "has 5 classes, the model 3" in run.result["pretrained"]["differs"][0]
    assert run.result["parameters"] == 24 * 3 + 3
    found = run.model.get_layer("encoder_norm").get_weights()[0]
    np.testing.assert_array_equal(found, weights(SMALL)["norm.weight"])
    assert run.model.get_layer("rgb").output.shape == (None, 8, 8, 3)


def recipe_keys():
    return ("patch_size", "embed_dim", "depth", "num_heads", "mlp_ratio")


def test_a_file_that_is_not_there_is_one_sentence(python):
    words = ["transformers/vit_blocks-2", "--dataset", "digits", "--pretrained", "none.safetensors"]
    done = python("-m", "kerasdl", "train", *words, check=False)
    assert done.returncode == 2
    assert "There is no file of weights none.safetensors" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(Path(python.folder).glob("runs/*"))


# The hub


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        content = self.server.files.get(self.path)
        self.send_response(404 if content is None else 200)
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *words):
        pass


@pytest.fixture
def hub(tmp_path, monkeypatch):
    monkeypatch.setenv("KERASDL_CACHE", str(tmp_path / "cache"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.files, server.daemon_threads = {}, True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
        yield server
        server.shutdown()
        thread.join()


def publish(server, content, checksum=None):
    blob = {"sha256": checksum or hashlib.sha256(content).hexdigest()}
    about = {"sha": "c0ffee", "siblings": [{"rfilename": "model.safetensors", "lfs": blob}]}
    server.files["/api/models/some/vit?blobs=true"] = json.dumps(about).encode()
    server.files["/some/vit/resolve/c0ffee/model.safetensors"] = content


def test_the_hub_is_asked_once_for_a_file(hub, tmp_path):
    publish(hub, write(tmp_path, SMALL).read_bytes())
    path = find("hf://some/vit")
    load_pretrained(build(SMALL), path)
    del hub.files["/some/vit/resolve/c0ffee/model.safetensors"]
    assert find("hf://some/vit") == path  # kept


def test_the_hub_gives_something_else(hub, tmp_path):
    publish(hub, b"not these bytes", checksum=hashlib.sha256(b"others").hexdigest())
    with pytest.raises(UsageError, match="its sha256 should be"):
        find("hf://some/vit")
    assert not list(tmp_path.glob("cache/**/*.safetensors"))


def test_the_hub_has_no_such_thing(hub, monkeypatch):
    with pytest.raises(UsageError, match="the hub answers 404"):
        find("hf://no/body")
    hub.files["/api/models/some/pickle?blobs=true"] = b'{"sha": "1", "siblings": []}'
    with pytest.raises(UsageError, match=r"hf://some/pickle has no model.safetensors"):
        find("hf://some/pickle")
    with pytest.raises(UsageError, match="hf://owner/name; received hf://vit"):
        find("hf://vit")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(UsageError, match="cannot be asked for: no answer"):
        find("hf://some/vit")
