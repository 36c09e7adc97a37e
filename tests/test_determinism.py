"""`--deterministic`: the same bits from every run, or a sentence that says why not."""

import csv
import dataclasses
import json
import os
import sys

import keras
import numpy as np
import pytest

from kerasdl import backend, determinism, xla
from kerasdl.__main__ import main
from kerasdl.datasets import from_arrays
from kerasdl.errors import UsageError
from kerasdl.models.saving import load_model
from kerasdl.recipes import Data, Model, Optimizer, Recipe
from kerasdl.training import resolve, train

pytestmark = pytest.mark.optimized

BACKEND = keras.backend.backend()
# Everything that draws numbers while it trains, and batches of two sizes.
DRAWING = ["train", "cifar10/batchnorm", "--dataset", "digits", "--epochs", "2"]
DRAWING += ["--limit-train", "200", "--limit-test", "50", "--set", "augmentation=crop_flip_colour"]
DRAWING += ["--set", "model.arguments.filters=(4,4)", "--set", "model.arguments.units=(8,)"]
DRAWING += ["--set", "model.arguments.dropout=0.3"]
KILLED = f"""
import os, signal, sys
from kerasdl.__main__ import main
from kerasdl.callbacks import Progress
Progress.on_epoch_end = lambda *a, **k: os.kill(os.getpid(), signal.SIGTERM)
sys.exit(main([*{DRAWING!r}, "--out", "killed", "--deterministic"]))
"""


def left_behind(root):
    """Log without the times, weights, and result of the one run under `root`."""
    (folder,) = (path.parent for path in root.rglob("result.json"))
    with open(folder / "log.csv", newline="") as file:
        log = list(csv.DictReader(file))
    for row in log:
        del row["seconds"], row["images_per_second"]
    model, _ = load_model(folder / "model.keras")
    weights = [array.tobytes() for array in model.get_weights()]
    return log, weights, json.loads((folder / "result.json").read_text())


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_every_process_leaves_the_same_bits(python):
    """Also one that is interrupted in its second epoch, and deterministic unasked when resumed."""
    for name in ("once", "again"):
        python("-m", "kerasdl", *DRAWING, "--out", name, "--deterministic")
    assert python("-c", KILLED, check=False).returncode == 130
    python("-m", "kerasdl", *DRAWING, "--out", "killed", "--resume")

    log, weights, result = left_behind(python.folder / "once")
    assert len(log) == 2
    assert result["deterministic"] is True
    for name in ("again", "killed"):
        other_log, other_weights, other_result = left_behind(python.folder / name)
        assert other_log == log
        assert other_weights == weights
        assert other_result["metrics"] == result["metrics"]
        assert other_result["deterministic"] is True


# What else may compute in another order, a small network each.
CONVOLUTIONS = ["--set", "model.arguments.filters=(4,4)", "--set", "model.arguments.units=(8,)"]
VARIANTS = {
    "mix_up": ["regularization/baseline", *CONVOLUTIONS, "--set", "mix.name=mix_up"],
    "cut_mix": ["regularization/baseline", *CONVOLUTIONS, "--set", "mix.name=cut_mix"],
    "accumulation": ["regularization/baseline", *CONVOLUTIONS, "--set", "accumulation=2"],
    "muon": ["regularization/baseline", *CONVOLUTIONS, "--set", "optimizer.name=muon"],
    "vit": ["transformers/vit_patch_size-7", "--set", "model.arguments.patch_size=4"],
}
TRAIN_VARIANTS = f"""
import sys
from kerasdl.__main__ import main
for name, words in {VARIANTS!r}.items():
    words = ["train", *words, "--dataset", "digits", "--epochs", "2", "--limit-train", "64"]
    words += ["--limit-test", "20", "--set", "batch_size=16", "--deterministic"]
    assert main([*words, "--out", sys.argv[1] + "/" + name]) == 0
"""


def test_two_processes_leave_the_same_bits_of_every_variant(python):
    for name in ("once", "again"):
        python("-c", TRAIN_VARIANTS, name)
    for variant in VARIANTS:
        log, weights, result = left_behind(python.folder / "once" / variant)
        other_log, other_weights, other_result = left_behind(python.folder / "again" / variant)
        assert len(log) == 2
        assert len({row["loss"] for row in log}) == 2  # it learns
        assert other_log == log, variant
        assert other_weights == weights, variant
        assert other_result["metrics"] == result["metrics"]


SWITCH = {  # what each backend says of itself
    "tensorflow": "from tensorflow.python.framework import config\n"
    "print(config.is_op_determinism_enabled())",
    "torch": "import torch; print(torch.are_deterministic_algorithms_enabled())",
    "jax": "import os; print('--xla_gpu_deterministic_ops=true' in os.environ['XLA_FLAGS'])",
}


@pytest.mark.parametrize("devices", [[], ["NVIDIA H100 80GB HBM3", "Tesla T4"]])
def test_the_backend_is_told_and_a_gpu_named(python, devices):
    code = "from kerasdl import backend, determinism\n"
    code += f"backend.accelerators = lambda: {devices}\ndeterminism.enable()\n{SWITCH[BACKEND]}"
    done = python("-c", code, XLA_FLAGS="")
    assert done.stdout == "True\n"
    lines = [line for line in done.stderr.splitlines() if line.startswith("kerasdl: ")]
    assert len(lines) == bool(devices)
    for line in lines:
        assert f"{backend.BACKENDS[BACKEND]} computes with its deterministic operations on" in line
        assert line.endswith(f"{', '.join(devices)}; equal bits were tested on CPUs only")


@pytest.mark.parametrize("command", ["train", "lr-range"])
@pytest.mark.parametrize("device", ["Apple M1", "TPU v4", "AMD Instinct MI300X", "METAL"])
def test_other_accelerators_are_refused(capsys, monkeypatch, tmp_path, command, device):
    monkeypatch.setenv("XLA_FLAGS", os.environ.get("XLA_FLAGS", ""))
    monkeypatch.setattr(backend, "accelerators", lambda: [device])
    words = [command, "exercises/circles_linear", "--out", str(tmp_path / "out"), "--deterministic"]
    assert main(words) == 2
    err = capsys.readouterr().err
    assert err.startswith(
        f"kerasdl {command}: error: --deterministic is for CPUs and NVIDIA's GPUs"
    )
    assert device in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())
    assert not determinism.is_enabled()


@pytest.fixture
def jax(monkeypatch):
    """`jax(flags, imported, devices)`: as if JAX were the backend."""

    def pretend(flags="", imported=False, devices=()):
        monkeypatch.setenv("KERAS_BACKEND", "jax")
        monkeypatch.setenv("XLA_FLAGS", flags)
        monkeypatch.setattr(backend, "installed", lambda: ("jax",))
        monkeypatch.setattr(xla, "jaxlib_version", lambda: "0.10.1")
        monkeypatch.setattr(backend, "accelerators", lambda: list(devices))
        monkeypatch.setattr(determinism, "_enabled", False)
        if imported:
            monkeypatch.setitem(sys.modules, "jax", object())
        else:
            monkeypatch.delitem(sys.modules, "jax", raising=False)

    return pretend


@pytest.mark.parametrize("flags", ["", "--xla_cpu_enable_fast_math=false"])
def test_the_flag_of_xla_is_set_before_devices_are_looked_for(jax, monkeypatch, flags):
    jax(flags)
    seen = []
    monkeypatch.setattr(backend, "accelerators", lambda: seen.append(os.environ["XLA_FLAGS"]) or [])
    determinism.enable()
    determinism.enable()
    assert seen == [f"{flags} --xla_gpu_deterministic_ops=true".strip()]
    assert os.environ["XLA_FLAGS"] == seen[0]


def test_jax_that_has_started_on_a_gpu_is_refused(jax):
    jax(imported=True, devices=["NVIDIA H100"])
    with pytest.raises(UsageError, match=r"JAX has started on NVIDIA H100 .* before Keras"):
        determinism.enable()
    assert not determinism.is_enabled()
    jax(imported=True)  # on a CPU it needs no flag
    determinism.enable()
    assert determinism.is_enabled()
    jax("--xla_gpu_deterministic_ops=true", imported=True, devices=["NVIDIA H100"])
    determinism.enable()
    assert determinism.is_enabled()


@pytest.mark.parametrize(
    ("version", "threads", "devices", "named"),
    [
        ("0.11.0", 2, [], True),
        ("0.11.0", 1, [], False),
        ("0.10.1", 2, [], False),
        ("0.11.0", 2, ["NVIDIA H100"], False),
    ],
)
def test_a_jaxlib_that_varies_is_named(jax, monkeypatch, caplog, version, threads, devices, named):
    jax(devices=devices)
    monkeypatch.setattr(xla, "jaxlib_version", lambda: version)
    monkeypatch.setattr(backend, "threads", lambda: threads)
    determinism.enable()
    assert ("jaxlib 0.11.0 was seen to give other bits" in caplog.text) == named


REFUSALS = [  # as TensorFlow 2.21, PyTorch 2.13 and jaxlib 0.10.1 have them
    "{{function_node __wrapped__AdjustContrastv2_device_/job:localhost}} A deterministic GPU "
    "implementation of AdjustContrastv2 is not currently available. [Op:AdjustContrastv2]",
    "Graph execution error:\n\nDetected at node MaxPoolGrad\nDeterminism is not yet supported for "
    "MaxPoolGradWithArgmax.",
    "adaptive_avg_pool2d_backward_cuda does not have a deterministic implementation, but you set "
    "'torch.use_deterministic_algorithms(True)'. You can turn off determinism just for this ...",
    "UNIMPLEMENTED: HLO instruction select-and-scatter.401.0 does not have a deterministic "
    "implementation, but run-to-run determinism is required.",
]


@pytest.mark.parametrize("text", REFUSALS)
def test_an_operation_that_cannot_be_deterministic_is_named(monkeypatch, text):
    monkeypatch.setattr(backend, "accelerators", lambda: ["NVIDIA H100"])
    with pytest.raises(RuntimeError), determinism.explain_refusals():  # nobody asked
        raise RuntimeError(text)
    monkeypatch.setattr(determinism, "_enabled", True)
    with pytest.raises(UsageError) as refused, determinism.explain_refusals():
        raise RuntimeError(text)
    sentence = str(refused.value)
    name = next(line for line in text.splitlines() if "determinis" in line.lower())
    assert name[:80] in sentence
    assert "on NVIDIA H100" in sentence
    assert "leave out --deterministic" in sentence
    assert "\n" not in sentence
    with pytest.raises(RuntimeError, match="out of memory"), determinism.explain_refusals():
        raise RuntimeError("out of memory")


REFUSED_ON_A_CPU = {
    "tensorflow": "import tensorflow as tf; tf.timestamp()",
    "torch": "import torch; torch.ones(3).put_(torch.tensor([0]), torch.ones(1))",
}


@pytest.mark.skipif(BACKEND not in REFUSED_ON_A_CPU, reason="XLA refuses nothing on a CPU")
def test_what_the_backend_refuses_is_told_in_a_sentence(python):
    code = "from kerasdl import determinism, errors\ndeterminism.enable()\n"
    code += f"try:\n    with determinism.explain_refusals(): {REFUSED_ON_A_CPU[BACKEND]}\n"
    code += "except errors.UsageError as error: print(error)"
    assert " on the CPU with equal bits every time (" in python("-c", code).stdout


RECIPE = Recipe(
    name="tests/determinism",
    data=Data("mine"),
    model=Model("MLP", arguments={"units": (4,)}),
    loss="sparse_categorical_crossentropy",
    optimizer=Optimizer("sgd", learning_rate=0.1),
    epochs=2,
    batch_size=16,
)


@pytest.fixture
def small(tmp_path):
    """What `train` needs for a run of a moment."""
    rng = np.random.default_rng(0)
    data = from_arrays(rng.normal(size=(40, 3)).astype("float32"), np.arange(40) % 2)
    return {"recipe": RECIPE, "dataset": data, "out": tmp_path, "callbacks": ()}


class Fails(keras.callbacks.Callback):
    """Raises an error when the second epoch begins."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise self.error


def test_a_refusal_is_recorded(monkeypatch, small):
    monkeypatch.setattr(determinism, "_enabled", True)
    with pytest.raises(UsageError, match="select-and-scatter"):
        train(**small | {"callbacks": [Fails(RuntimeError(REFUSALS[-1]))]})
    (result,) = small["out"].rglob("result.json")
    result = json.loads(result.read_text())
    assert (result["status"], result["deterministic"]) == ("failed", True)
    assert "select-and-scatter" in result["error"]


def test_the_flag_is_no_part_of_the_recipe(monkeypatch, small):
    run = train(**small)
    assert run.result["deterministic"] is False
    monkeypatch.setattr(determinism, "_enabled", True)
    same = {key: value for key, value in small.items() if key != "callbacks"}
    assert resolve(**same).folder == run.directory


@pytest.fixture
def interrupted(monkeypatch, small):
    """Begins a run, asked to be deterministic or not, and interrupts it after its first epoch."""

    def interrupt(deterministic):
        with monkeypatch.context() as patch:
            patch.setattr("kerasdl.callbacks.checkpoint.SHARE", 1e9)  # save after every epoch
            patch.setattr(determinism, "_enabled", deterministic)
            with pytest.raises(KeyboardInterrupt):
                train(**small | {"callbacks": [Fails(KeyboardInterrupt())]})
        # Nothing but the note that it was asked for: this process goes on to other tests.
        monkeypatch.setattr(determinism, "_enabled", False)
        monkeypatch.setattr(
            determinism, "enable", lambda: monkeypatch.setattr(determinism, "_enabled", True)
        )

    return interrupt


def test_a_resumed_run_keeps_it(interrupted, small):
    interrupted(deterministic=True)
    run = train(**small, existing="resume")
    assert (run.result["status"], run.result["deterministic"]) == ("finished", True)
    assert run.log["epoch"].tolist() == [1, 2]


def test_a_run_that_was_begun_without_it_does_not_get_it(interrupted, monkeypatch, small):
    interrupted(deterministic=False)
    determinism.enable()
    with pytest.raises(UsageError, match="holds a run without --deterministic"):
        train(**small, existing="resume")
    monkeypatch.setattr(determinism, "_enabled", False)
    assert train(**small, existing="resume").result["deterministic"] is False
    determinism.enable()
    with pytest.raises(UsageError, match="holds a run without --deterministic"):
        train(**small, existing="resume")  # ended by now
    assert train(**small, existing="overwrite").result["deterministic"] is True


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"threads": 99}, r"\(threads \d+, now 99\)"),
        ({"hardware": "another processor"}, r"\(hardware .*, now another processor\)"),
        ({"versions": {"keras": "9.0"}}, r"\(keras 3.*, now 9.0\)"),
    ],
)
def test_it_goes_on_only_where_it_was_begun(interrupted, monkeypatch, small, change, expected):
    """There its bits would differ from those of a run that was not interrupted."""
    interrupted(deterministic=True)
    from kerasdl.training import fit

    with monkeypatch.context() as patch:
        there = fit.environment()
        patch.setattr(fit, "environment", lambda: there | change)
        with pytest.raises(UsageError, match=f"with other bits here {expected}: resume it as"):
            train(**small, existing="resume")
    assert train(**small, existing="resume").result["status"] == "finished"


def test_a_run_that_did_not_get_as_far_as_a_checkpoint_begins_anew(monkeypatch, small):
    interrupt = dataclasses.replace(RECIPE, epochs=1)  # before its only epoch ends
    begins = keras.callbacks.LambdaCallback(on_train_begin=_interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(**small | {"recipe": interrupt, "callbacks": [begins]})
    monkeypatch.setattr(determinism, "_enabled", True)
    run = train(**small | {"recipe": interrupt}, existing="resume")
    assert run.result["deterministic"] is True


def _interrupt(logs):
    raise KeyboardInterrupt
