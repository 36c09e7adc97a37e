"""Exports: each format's own runtime predicts from each builder's file what the model predicts."""

import importlib
import json
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasdl import backend, models
from kerasdl.errors import SystemFailure, UsageError
from kerasdl.export import FORMATS, expect_possible, export, writing
from kerasdl.export.predictions import examples, in_float32, largest_difference, output_names
from kerasdl.models import CNN, MLP, CIFARNet, ResNet18, TwoTowerCNN, ViT

# Pixels to 0 to 1: without it a softmax of random weights is sure of one class, whatever is wrong.


def unit():
    return {"preprocessing": (keras.layers.Rescaling(1 / 255),)}


BUILDERS = {
    "mlp": lambda: MLP((8, 8, 1), classes=10, units=(16,), **unit()),
    "cnn": lambda: CNN(
        (16, 16, 3),
        classes=10,
        filters=((8,), (8,)),
        kernel_size=3,
        units=(16,),
        batch_norm=True,
        dropout=0.5,
        **unit(),
    ),
    "resnet18": lambda: ResNet18(
        (32, 32, 3), classes=10, stem="cifar", filters=(8, 8, 16, 16), **unit()
    ),
    "two_tower": lambda: TwoTowerCNN(classes={"ground": 5, "digit": 10}, **unit()),
    "vit": lambda: ViT(
        (16, 16, 3), classes=10, patch_size=4, embed_dim=16, depth=2, num_heads=2, **unit()
    ),
    "cifar_net": lambda: CIFARNet((32, 32, 3), classes=10, widths=(8, 8, 8), **unit()),
}
# What predicts from a file, written here by the runtime's documentation, not by our own code.
NAME = backend.require()


@pytest.fixture(scope="module", params=BUILDERS)
def model(request):
    """A network whose weights, statistics of normalization too, are none that it begins with."""
    keras.utils.set_random_seed(1)
    network = BUILDERS[request.param]()
    rng = np.random.default_rng(2)
    for weight in network.weights:
        if weight.path.endswith("moving_variance"):
            weight.assign(rng.uniform(0.5, 2, weight.shape))
        elif len(weight.shape) == 1:
            weight.assign(weight + rng.normal(0, 0.1, weight.shape))
    return network


def onnx(path, x):
    runtime = pytest.importorskip("onnxruntime", reason="predicts from .onnx")
    session = runtime.InferenceSession(path)
    names = [each.name for each in session.get_outputs()]
    return dict(zip(names, session.run(None, {session.get_inputs()[0].name: x}), strict=True))


def saved_model(path, x):
    tf = pytest.importorskip("tensorflow", reason="predicts from a SavedModel")
    loaded = tf.saved_model.load(path)
    return loaded.signatures["serving_default"](tf.constant(x))


def litert(path, x):
    runtime = pytest.importorskip("ai_edge_litert.interpreter", reason="predicts from .tflite")
    run = runtime.Interpreter(path).get_signature_runner("serving_default")
    (name,) = run.get_input_details()
    rows = [run(**{name: row[None]}) for row in x]
    return {key: np.concatenate([row[key] for row in rows]) for key in rows[0]}


def openvino(path, x):
    ov = pytest.importorskip("openvino", reason="predicts from OpenVINO's IR")
    compiled = ov.compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return dict(enumerate(compiled(x).values()))


def torchscript(path, x):
    torch = pytest.importorskip("torch", reason="predicts from TorchScript")
    given = torch.jit.load(path)(torch.from_numpy(x))
    given = given if isinstance(given, dict) else {"": given}
    return {name: each.detach() for name, each in given.items()}


def torch_export(path, x):
    torch = pytest.importorskip("torch", reason="predicts from what torch.export gives")
    given = torch.export.load(path).module()(torch.from_numpy(x))
    given = given if isinstance(given, dict) else {"": given}
    return {name: each.detach() for name, each in given.items()}


def safetensors(path, x):
    numpy = pytest.importorskip("safetensors.numpy", reason="reads safetensors")
    file = numpy.load_file(path)
    with open(path, "rb") as raw:  # the format: length of a JSON header, then the header
        header = json.loads(raw.read(int.from_bytes(raw.read(8), "little")))
    network = keras.models.model_from_json(header["__metadata__"]["keras_config"])
    network.set_weights([file[weight.path] for weight in network.weights])
    given = network(x)
    given = given if isinstance(given, dict) else {"": given}
    return {name: keras.ops.convert_to_numpy(each) for name, each in given.items()}


# What the many libraries warn of, in each other, is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

PREDICT = {
    "onnx": onnx,
    "saved_model": saved_model,
    "litert": litert,
    "openvino": openvino,
    "torchscript": torchscript,
    "torch_export": torch_export,
    "safetensors": safetensors,
}


def needs(format):
    """Skip where the backend cannot write the format, or a package of it is not installed."""
    module = importlib.import_module(f"kerasdl.export.{format}")
    if NAME not in module.WRITERS:
        pytest.skip(f"{NAME} cannot write {format}")
    for package in (*module.WRITERS[NAME], *module.RUNTIMES):
        pytest.importorskip(package, reason=f"{format} with {NAME} needs {package}")
    return module


def test_every_format_and_every_builder_is_tested():
    assert set(PREDICT) == set(FORMATS)
    built = {network.__name__ for network in (CNN, MLP, CIFARNet, ResNet18, TwoTowerCNN, ViT)}
    assert built == set(models.__all__)
    assert len(BUILDERS) == len(built)


def test_the_page_on_exports_counts_the_files_of_these_tests():
    text = (Path(__file__).parents[1] / "docs/how-to/export.md").read_text(encoding="utf-8")
    ran = f"{len(BUILDERS)} of {len(BUILDERS)}"
    for format in FORMATS:
        module = writing.format_module(format)
        (row,) = (line for line in text.splitlines() if line.startswith(f"| `{format}` |"))
        for cell, name in zip(row.split(" | ")[1:4], ("tensorflow", "torch", "jax"), strict=True):
            expected = ran if name in module.WRITERS else f"none: {module.CANNOT[name]}"
            assert cell.startswith(expected)
    assert f", {text.count(ran) * len(BUILDERS)} files in all" in text


@pytest.mark.parametrize("format", FORMATS)
def test_a_backend_writes_a_format_or_there_is_a_reason(format):
    module = writing.format_module(format)
    assert sorted([*module.WRITERS, *module.CANNOT]) == sorted(backend.BACKENDS)


@pytest.mark.parametrize("format", PREDICT)
def test_the_runtime_predicts_what_the_model_predicts(format, model, tmp_path):
    module = needs(format)
    path = tmp_path / f"model{module.SUFFIX or '.export'}"
    exported = export(model, path, format)
    assert exported.difference <= 1e-4
    assert exported.runtime.startswith(module.RUNTIMES[0])
    beside = {path.with_suffix(".bin").name} if format == "openvino" else set()
    assert {each.name for each in tmp_path.iterdir()} == {path.name, *beside}

    x = np.random.default_rng(3).integers(0, 256, (5, *model.input_shape[1:])).astype("float32")
    expected = model.predict(x, verbose=0)
    expected = expected if isinstance(expected, dict) else {"": expected}
    for rows in (x, x[:1]):  # any number at a time
        found = {name: np.asarray(each) for name, each in PREDICT[format](str(path), rows).items()}
        if len(found) == 1 or set(found) != set(expected):
            found = dict(zip(sorted(expected), found.values(), strict=True))
        for name, values in found.items():
            # not nearly sure of one class, which would hide anything
            assert expected[name].max() < 0.999
            np.testing.assert_allclose(values, expected[name][: len(rows)], rtol=0, atol=1e-4)


@pytest.mark.parametrize("format", PREDICT)
def test_the_code_in_the_card_loads_the_file(format, tmp_path):
    module = needs(format)
    network = BUILDERS["mlp"]()
    path = tmp_path / f"model{module.SUFFIX or '.export'}"
    export(network, path, format)
    images = examples(network, count=3)
    names = {"images": images}
    exec(module.LOADING.replace("PATH", str(path)), names)  # as a reader would run it
    found = keras.tree.flatten(names["predictions"])
    found = np.concatenate(
        [np.asarray(each.detach() if hasattr(each, "detach") else each) for each in found]
    )
    np.testing.assert_allclose(found, network.predict(images, verbose=0), rtol=0, atol=1e-4)


def test_the_outputs_of_onnx_have_the_names_of_the_model(tmp_path):
    needs("onnx")
    network = BUILDERS["two_tower"]()
    export(network, tmp_path / "m.onnx", "onnx")
    assert set(onnx(str(tmp_path / "m.onnx"), examples(network))) == {"digit", "ground"}


def test_a_file_that_predicts_something_else_is_not_kept(tmp_path, monkeypatch):
    module = importlib.import_module("kerasdl.export.safetensors")
    write = module.write

    def write_changed(model, path):
        weights = model.get_weights()
        model.set_weights([weight * 1.01 for weight in weights])
        write(model, path)
        model.set_weights(weights)

    monkeypatch.setattr(module, "write", write_changed)
    with pytest.raises(SystemFailure, match=r"safetensors .* differs from the model by .*not kept"):
        export(BUILDERS["mlp"](), tmp_path / "m.safetensors", "safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_predicts_nan_is_not_exported(tmp_path):
    network = BUILDERS["mlp"]()
    network.set_weights([weight * np.nan for weight in network.get_weights()])
    with pytest.raises(SystemFailure, match="differs from the model by nan"):
        export(network, tmp_path / "m.safetensors", "safetensors")


def test_what_a_library_raises_is_one_sentence(tmp_path, monkeypatch):
    module = importlib.import_module("kerasdl.export.safetensors")

    def fail(model, path):
        path.write_text("half")
        raise RuntimeError("no such operation\nand a page of text")

    monkeypatch.setattr(module, "write", fail)
    with pytest.raises(
        SystemFailure, match=r"^safetensors cannot be written of this model: .*oper"
    ):
        export(BUILDERS["mlp"](), tmp_path / "m.safetensors", "safetensors")
    assert list(tmp_path.iterdir()) == []


def test_an_export_replaces_one_and_nothing_else(tmp_path):
    path = tmp_path / "m.safetensors"
    network = BUILDERS["mlp"]()
    for _ in range(2):
        export(network, path, "safetensors")
    path.unlink()
    path.mkdir()
    with pytest.raises(UsageError, match="is a folder of something else"):
        export(network, path, "safetensors")


def test_a_file_of_others_beside_an_export_stays(tmp_path, monkeypatch):
    """As of OpenVINO, whose weights are a second file."""
    module = importlib.import_module("kerasdl.export.safetensors")
    write = module.write

    def write_two(model, path):
        write(model, path)
        path.with_suffix(".bin").write_bytes(b"weights")

    monkeypatch.setattr(module, "write", write_two)
    (tmp_path / "m.bin").write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"m\.bin is there already"):
        export(BUILDERS["mlp"](), tmp_path / "m.safetensors", "safetensors")
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"mine"]
    for _ in range(2):  # and an export of ours is replaced
        export(BUILDERS["mlp"](), tmp_path / "n.safetensors", "safetensors")
    assert (tmp_path / "n.bin").read_bytes() == b"weights"


@pytest.mark.parametrize(
    ("format", "name", "able"),
    [
        ("saved_model", "torch", "torch_xla.: KERAS_BACKEND=tensorflow or KERAS_BACKEND=jax can"),
        ("litert", "jax", "no converter.: KERAS_BACKEND=tensorflow or KERAS_BACKEND=torch can"),
        ("torchscript", "jax", "PyTorch's own.: KERAS_BACKEND=torch can"),
    ],
)
def test_what_cannot_be_written_is_named_with_what_can(format, name, able):
    with pytest.raises(UsageError, match=able) as caught:
        expect_possible(format, name)
    assert "can write" in str(caught.value)
    assert "safetensors" in str(caught.value)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(writing.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="pip install litert-torch"):
        expect_possible("litert", "torch")


def test_an_unknown_format_is_named_with_those_there_are(tmp_path):
    with pytest.raises(UsageError, match=r"one of litert, onnx, .*received 'coreml'"):
        export(BUILDERS["mlp"](), tmp_path / "m", "coreml")


def test_a_model_of_lower_precision_is_exported_in_float32(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = BUILDERS["vit"]()
    finally:
        keras.config.set_dtype_policy("float32")
    copy, notice = in_float32(network)
    assert "bfloat16" in notice
    assert {layer.compute_dtype for layer in copy._flatten_layers(include_self=False)} == {
        "float32"
    }
    for ours, theirs in zip(copy.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    exported = export(network, tmp_path / "m.safetensors", "safetensors")
    assert exported.notice == notice
    assert in_float32(copy)[1] == ""


def test_examples_are_pixels_of_every_contrast():
    images = examples(BUILDERS["cnn"](), count=8)
    assert images.dtype == np.float32
    assert images.shape == (8, 16, 16, 3)
    assert images.min() >= 0
    assert images.max() <= 255
    assert (images == np.rint(images)).all()
    deviations = images.std(axis=(1, 2, 3))
    assert deviations[0] == 0
    assert deviations.max() > 40


def test_a_nan_is_the_largest_difference():
    assert np.isnan(largest_difference([np.zeros(2)], [np.array([1.0, np.nan])]))
    assert largest_difference([np.zeros(1), np.ones(1)], [np.zeros(1), -np.ones(1)]) == 2
    with pytest.raises(ValueError, match="shapes"):
        largest_difference([np.zeros(2)], [np.zeros(3)])


def test_outputs_have_names():
    assert output_names(BUILDERS["two_tower"]()) == ["digit", "ground"]
    assert output_names(BUILDERS["mlp"]()) == ["predictions"]
