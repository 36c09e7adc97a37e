"""`kerasdl bench training`: what each contender trains, and how the measurements are put together."""

import dataclasses
import json
import sys

import keras
import numpy as np
import pytest

from kerasdl import allocation, backend, studies
from kerasdl.__main__ import main
from kerasdl.benchmarks import contender, rounds, training
from kerasdl.benchmarks.measurements import Measurements
from kerasdl.benchmarks.plain import plain_network
from kerasdl.benchmarks.rounds import Contender, train_in_turn
from kerasdl.benchmarks.workload import WORKLOADS, Setting
from kerasdl.errors import UsageError
from kerasdl.training.network import build_network
from kerasdl.training.outputs import resolve_outputs

# Weights that are trained: the reports' tables; 11,220,132 is ResNet-18 for CIFAR-100 as it is
# written for 32x32 images (github.com/weiaicunzai/pytorch-cifar100); the others are sums.
VIT = (7 * 7 + 1) * 32 + 32 + 17 * 32
VIT += 2 * (4 * (32 + 1) * 32 + 4 * 32 + (32 + 1) * 128 + (128 + 1) * 32) + 2 * 32 + (32 + 1) * 10
WEIGHTS = {
    "regularization": 1_191_170,
    "dropout": 890_410,
    "mlp": (3072 + 1) * 4096 + (4096 + 1) * 4096 + (4096 + 1) * 100,
    "vit": VIT,
    "resnet18": 11_220_132,
    "digits": 10 * 20 + 2 * (9 * 20 + 1) * 20 + (7 * 7 * 20 + 1) * 10,
    "fast": 9 * (24 * 64 + 64 * 64 + 64 * 256 + 3 * 256 * 256) + 24 + 2 * (64 + 512) + 256 * 10,
}

# A contender of this protocol that needs no backend. Its arguments: a name, the file where it
# notes its turns, its rates, and what goes wrong.
FAKE = """
import json, sys
name, log, rates, fault = sys.argv[1:5]
def note(word):
    with open(log, "a") as file:
        print(name, word, file=file)
if fault == "import":
    import no_such_module_of_anybody
details = "\\n\\nArguments received by Flatten.call():\\n  * kwargs=<class 'inspect._empty'>"
if fault == "raise":
    raise ValueError("No pixel is left." + details)
if fault == "usage":
    print("Traceback (most recent call last):\\n  a\\nOSError: logged\\n"
          "image_size should be at least 8.", file=sys.stderr)
    sys.exit(2)
if fault == "layer":  # as Keras words it
    raise ValueError("Exception encountered when calling Flatten.call().\\n\\n"
                     "\\x1b[1mNo pixel is left.\\x1b[0m" + details)
note("starts")
print("not a line of the protocol")
print(json.dumps({"ready": True} | ({} if fault == "ready" else
      {"compile_seconds": 1.5, "parameters": 8 if fault == "weights" else 7})), flush=True)
for number, rate in enumerate(json.loads(rates), start=1):
    if not sys.stdin.readline():
        break
    note("begins")
    if fault == "epoch" and number == 2:
        sys.exit(3)
    note("ends")
    print(json.dumps({"epoch": number, "images_per_second": rate, "loss": number,
                      "accuracy": 0.1}), flush=True)
assert not sys.stdin.readline()
print(json.dumps({"done": True, "peak_memory_mib": 64.5}))
"""


@pytest.fixture
def fake(tmp_path):
    """Makes a contender of `FAKE`; `fake.turns()` says in which order they worked."""
    (tmp_path / "fake.py").write_text(FAKE)
    log = tmp_path / "turns"

    def make(kind, name, rates, fault="none"):
        words = (sys.executable, str(tmp_path / "fake.py"), name, str(log), json.dumps(rates))
        return Contender(kind, name, (*words, fault))

    make.turns = lambda: log.read_text().split("\n")[:-1]
    return make


def test_one_computes_at_a_time(fake):
    shown = []
    contenders = [fake("ours", "a", [1, 2]), fake("keras", "b", [3, 4])]
    outcomes = train_in_turn(contenders, 2, lambda *each: shown.append(each))
    assert shown == [(1, 2), (2, 2)]
    epoch = ["a begins", "a ends", "b begins", "b ends"]
    assert fake.turns() == ["a starts", "b starts", *epoch, *epoch]
    assert [outcome.failure for outcome in outcomes] == [None, None]
    assert [[e["images_per_second"] for e in each.epochs] for each in outcomes] == [[1, 2], [3, 4]]
    assert outcomes[0].ready["start_seconds"] > 0
    assert outcomes[1].done["peak_memory_mib"] == 64.5


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("import", "ModuleNotFoundError: No module named 'no_such_module_of_anybody'"),
        ("raise", "ValueError: No pixel is left."),
        (
            "layer",
            "ValueError: Exception encountered when calling Flatten.call(). No pixel is left.",
        ),
        ("ready", "lacks compile_seconds, parameters"),
        ("epoch", "ended with code 3"),
    ],
)
def test_a_contender_that_fails_is_left_out(fake, fault, reason):
    contenders = [fake("ours", "a", [1, 2, 3]), fake("keras", "b", [4, 5, 6], fault)]
    ours, other = train_in_turn(contenders, rounds=3)
    assert ours.failure is None
    assert len(ours.epochs) == 3
    assert other.failure.endswith(reason)


@pytest.mark.parametrize(
    ("errors", "reason"),
    [
        (
            "Traceback (most recent call last):\n  a\nOSError: first\n\nDuring another:\n\n"
            "Traceback (most recent call last):\n  b\nKeyError: second",
            "KeyError: second",
        ),
        (
            "Traceback (most recent call last):\n  a\nKeyError: it\n"
            "Exception ignored in: <function x>\nTraceback (most recent call last):\n  b\nOSError: no",
            "KeyError: it",
        ),
        (
            "Traceback (most recent call last):\n  a\nx.InternalError: Graph execution error:\n\n"
            'Detected at node a/b defined at (most recent call last):\n  File "c"\n\nOOM when\n\t [[a]]',
            "x.InternalError: Graph execution error: OOM when",
        ),
        ("a warning\nno traceback", "no traceback"),
    ],
)
def test_why_a_process_ended(errors, reason):
    assert rounds._reason(errors.splitlines()) == reason


def test_a_mistake_about_arguments_is_the_last_line(fake):
    """Whatever traceback was logged before it."""
    ours = fake("ours", "a", [1, 2])
    (outcome,) = train_in_turn(
        [dataclasses.replace(ours, command=(*ours.command[:-1], "usage"))], 1
    )
    assert outcome.failure == "image_size should be at least 8."


def test_a_program_that_is_not_there_is_a_failure(tmp_path):
    (outcome,) = train_in_turn([Contender("native", "x", (str(tmp_path / "none"),))], rounds=1)
    assert "No such file" in outcome.failure


def test_a_measurement(fake, monkeypatch):
    """Medians, quartiles and ratios as NumPy has them; the first epoch does not count."""
    ours, other = [9.0, 100.0, 220.0, 90.0, 310.0], [9.0, 50.0, 55.0, 100.0, 62.0]
    contenders = [
        fake("ours", "kerasdl", ours),
        fake("keras", "Keras fit", other),
        fake("native", "larger", other, "weights"),
        fake("native", "broken", other, "import"),
    ]
    monkeypatch.setattr(training, "_contenders", lambda setting: (contenders, ["A sentence."]))
    result = training.measure(Setting.of("vit"), n=4)
    first, second, larger, broken = result["contenders"]
    for entries, rates in ((first, ours[1:]), (second, other[1:])):
        assert entries["images_per_second"] == np.median(rates)
        assert entries["quartiles"] == pytest.approx(np.percentile(rates, (25, 75)), abs=0.05)
        assert entries["rates"] == rates
    assert first["ratio"] == 1
    ratios = np.divide(ours[1:], other[1:])
    assert second["ratio"] == pytest.approx(np.median(ratios), abs=1e-4)
    assert second["peak_memory_mib"] == [None, 64.5]
    assert (second["loss"], second["parameters"], second["compile_seconds"]) == (5, 7, 1.5)
    assert larger["failed"] == "has 8 weights; ours has 7"
    assert broken["failed"].startswith("ModuleNotFoundError")
    assert result["setting"]["workload"] == "vit"
    assert (result["varied"], result["notices"], result["n"]) == ([], ["A sentence."], 4)
    json.dumps(result)


def test_nothing_is_a_ratio_to_ours_where_ours_fails(fake, monkeypatch):
    contenders = [fake("ours", "kerasdl", [], "import"), fake("keras", "Keras fit", [1, 2])]
    monkeypatch.setattr(training, "_contenders", lambda setting: (contenders, []))
    ours, other = training.measure(Setting.of("vit"), n=1)["contenders"]
    assert "ModuleNotFoundError" in ours["failed"]
    assert other["images_per_second"] == 2
    assert "ratio" not in other


def test_who_contends(tmp_path, monkeypatch):
    """Ours and Keras everywhere, and each variant of the hand-written loop where there is one.

    Ours once more, without `kerasdl.allocation` and with `jit_compile`, where that has an effect.
    """

    def names(setting):
        contenders, notices = training._contenders(setting)
        return [(each.kind, each.name) for each in contenders], notices

    monkeypatch.setattr(training, "NATIVE", tmp_path / "none")
    monkeypatch.setattr(allocation, "can_keep", lambda: False)
    both = [("ours", "kerasdl"), ("keras", "Keras fit")]
    if backend.require() != "jax":
        both.append(("compiled", "kerasdl, jit_compile"))
    assert names(Setting.of("vit")) == (both, [training.NO_NATIVE])
    monkeypatch.setattr(training, "NATIVE", tmp_path)
    script = tmp_path / f"train_{backend.require()}.py"
    script.write_text(
        "import sys; print('eager\\ncompiled'); assert sys.argv[1:] == ['vit', '--list-variants']"
    )
    found = [*both, ("native", "eager"), ("native", "compiled")]
    assert names(Setting.of("vit", "bfloat16", batch_size=64)) == (found, [])
    contenders, _ = training._contenders(Setting.of("vit", "bfloat16", 640, batch_size=64))
    options = "--precision bfloat16 --batch-size 64 --images 640"
    sizes = "--image-size 28 --depth 2"
    command = f"{sys.executable} {script} vit --variant compiled {options} {sizes} --wait"
    assert " ".join(contenders[-1].command) == command
    module = f"{sys.executable} -m kerasdl.benchmarks.contender"
    command = f"{module} ours vit {options} {sizes} --wait"
    assert " ".join(contenders[0].command) == command
    if backend.require() != "jax":
        compiled = command.replace(" vit ", " vit --jit-compile ")
        assert " ".join(contenders[2].command) == compiled
    monkeypatch.setattr(allocation, "can_keep", lambda: True)
    given_back = training._contenders(Setting.of("vit", "bfloat16", 640, batch_size=64))[0][2]
    assert (given_back.kind, given_back.name) == ("allocation", "kerasdl, memory given back")
    command = command.replace(" vit ", " vit --gives-memory-back ")
    assert " ".join(given_back.command) == command
    monkeypatch.setattr(allocation, "can_keep", lambda: False)
    script.write_text("import no_such_module_of_anybody")
    found, notices = names(Setting.of("vit"))
    assert found == both
    assert "no_such_module_of_anybody" in notices[0]


def builders(setting):
    """Functions that build the networks of both sides, plain Keras' and ours."""
    recipe, shape = setting.recipe(epochs=1), setting.shape
    outputs = resolve_outputs(recipe, setting.classes, values=1)
    statistics = ([127.5] * shape[-1], [73.9] * shape[-1])
    return (
        lambda: plain_network(setting.workload, shape, setting.classes, setting.depth),
        lambda: build_network(recipe, outputs, shape, statistics, training=True),
    )


@pytest.mark.parametrize("workload", WORKLOADS)
def test_both_sides_train_the_network_of_the_report(workload):
    setting = Setting.of(workload)
    recipe, (plain, ours) = setting.recipe(epochs=1), (build() for build in builders(setting))
    for network in (ours, plain):
        weights = sum(np.prod(each.shape, dtype=int) for each in network.trainable_variables)
        assert weights == WEIGHTS[workload]
        assert network.output_shape == (None, setting.classes)
    assert type(plain.optimizer).__name__.lower() == recipe.optimizer.name
    assert float(plain.optimizer.learning_rate) == pytest.approx(recipe.optimizer.learning_rate)
    if workload != "fast":  # whose groups have theirs
        momentum = recipe.optimizer.arguments.get("momentum", 0)
        assert getattr(plain.optimizer, "momentum", 0) == momentum


@pytest.mark.parametrize("workload", WORKLOADS)
def test_images_are_at_least_as_large_as_the_network_needs(workload):
    least = WORKLOADS[workload].least_image_size
    setting = Setting.of(workload, image_size=least)
    for build in builders(setting):
        assert all(0 not in layer.output.shape for layer in build().layers)
    if least > 1:
        _, ours = builders(dataclasses.replace(setting, image_size=least - 1))
        with pytest.raises(UsageError, match="cannot be built"):
            ours()
    with pytest.raises(
        UsageError, match=f"^image_size should be at least {least} for {workload}, "
    ):
        Setting.of(workload, image_size=least - 1)


@pytest.mark.parametrize("side", contender.SIDES)
def test_a_contender_says_what_it_measures(side, capsys):
    words = [side, "vit", "--batch-size", "16", "--images", "64", "--epochs", "2"]
    with pytest.raises(SystemExit) as stop:
        contender.main(words)
    assert stop.value.code == 0
    ready, *epochs, done = map(json.loads, capsys.readouterr().out.splitlines())
    assert (ready["ready"], ready["parameters"]) == (True, VIT)
    assert ready["compile_seconds"] > 0
    assert [entries["epoch"] for entries in epochs] == [1, 2]
    for entries in epochs:
        assert entries["images_per_second"] > 0
        assert entries["loss"] == pytest.approx(np.log(10), abs=1)  # nothing is learned of noise
        assert 0 <= entries["accuracy"] <= 0.5
    assert done["done"]
    assert done["peak_memory_mib"] >= epochs[-1]["peak_memory_mib"] >= epochs[0]["peak_memory_mib"]


def test_precision_is_that_of_products_not_of_weights():
    before = keras.config.dtype_policy()
    try:
        contender.use_precision("bfloat16")
        dense = keras.layers.Dense(2)
        assert keras.ops.dtype(dense(np.ones((1, 3), "float32"))) == "bfloat16"
        assert dense.kernel.dtype == "float32"
        contender.use_precision("float32")
        assert keras.config.dtype_policy().compute_dtype == "float32"
    finally:
        keras.config.set_dtype_policy(before)


def uncompiled(contenders, notices):
    return [each for each in contenders if each.kind != "compiled"], notices


def test_processes_of_both_sides(monkeypatch, tmp_path):
    """The whole way, with processes that train."""
    monkeypatch.setattr(training, "NATIVE", tmp_path)
    monkeypatch.setattr(allocation, "can_keep", lambda: True)
    found = training._contenders
    # What compiles takes minutes: a test of `jit_compile` is in test_jit_compile.py.
    monkeypatch.setattr(training, "_contenders", lambda setting: uncompiled(*found(setting)))
    result = training.measure(Setting.of("vit", images=32, batch_size=16), n=1)
    for entries in result["contenders"]:
        assert entries["images_per_second"] > 0, entries
        assert entries["parameters"] == VIT
        first, last = entries["peak_memory_mib"]
        assert 50 < first <= last
        assert entries["ratio"] > 0
    kinds = [entries["kind"] for entries in result["contenders"]]
    assert kinds == ["ours", "keras", "allocation"]
    assert result["notices"] == [training.NO_NATIVE]


def test_the_process_that_measures_stays_small(python):
    """On Linux a child's peak memory is at least what its parent had when it was started."""
    names = "benchmarks.training, kerasdl.benchmarks.measurements, kerasdl.reports.training_speed"
    code = f"import sys, kerasdl.commands.bench, kerasdl.{names}\n"
    code += "print({'keras', 'tensorflow', 'torch', 'jax'} & set(sys.modules))"
    assert python("-c", code).stdout == "set()\n"


def test_settings():
    """Sizes are the recipe's unless said, and an epoch is whole batches, two at least."""
    recipe = studies.get("mlp_vs_cnn/resnet18_scratch")
    setting = Setting.of("resnet18")
    assert (setting.batch_size, setting.shape) == (recipe.batch_size, (32, 32, 3))
    assert (setting.classes, setting.depth, setting.varied) == (100, None, ())
    assert Setting.of("resnet18", images=1).images == 2 * recipe.batch_size
    smaller = Setting.of("resnet18", images=200, batch_size=30)
    assert (smaller.images, smaller.varied) == (210, ("batch_size",))
    larger = Setting.of("vit", "bfloat16", image_size=56, depth=2)
    assert (larger.shape, larger.varied) == ((56, 56, 1), ("image_size",))
    assert str(larger) == "vit, bfloat16, batches of 128, images of 56x56"
    assert larger.recipe(epochs=1).precision == "bfloat16"
    recipe = Setting.of("vit", depth=8, batch_size=32).recipe(epochs=3)
    assert (recipe.epochs, recipe.batch_size, recipe.model.arguments["depth"]) == (3, 32, 8)
    augmented = Setting.of("resnet18").recipe(epochs=1)
    assert (augmented.augmentation, augmented.data.validation) == (None, None)


def test_measurements_are_kept(tmp_path):
    setting, other = Setting.of("vit"), Setting.of("vit", batch_size=256)
    path, name = tmp_path / "training.json", backend.require()
    measurement = {"setting": vars(setting), "backend": name, "n": 7, "date": "then"}
    Measurements(path).add(measurement)
    Measurements(path).add({**measurement, "setting": vars(other), "backend": "numpy"})
    file = Measurements(path)
    assert [file.has(setting, n) for n in (5, 7, 8)] == [True, True, False]
    assert not file.has(other, 7)  # on another backend
    file.add({**measurement, "date": "now"})
    dates = [each["date"] for each in json.loads(path.read_text())["measurements"]]
    assert dates == ["then", "now"]


@pytest.mark.parametrize("content", ["[]", "{}", '{"measurements": [1]}', '{"recipe": "x"}'])
def test_a_file_of_something_else_is_not_overwritten(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(UsageError, match="something else"):
        Measurements(path)
    assert path.read_text() == content


@pytest.fixture
def measured(monkeypatch):
    """The settings that a command measures, without the measuring."""
    settings = []

    def measure(setting, n, notify):
        settings.append((setting, n))
        ours = {"kind": "ours", "name": "kerasdl"}
        ours |= {"failed": "no"} if setting.precision == "float16" else KNOWN
        return {
            "setting": vars(setting),
            "varied": [],
            "backend": backend.require(),
            "n": n,
            "contenders": [ours],
            "notices": [],
        }

    monkeypatch.setattr(training, "measure", measure)
    return settings


KNOWN = {
    **{"images_per_second": 1, "quartiles": [1, 1], "peak_memory_mib": [1, 1]},
    **{"compile_seconds": 1, "start_seconds": 1},
}


def test_the_command_goes_on_where_it_was_interrupted(measured, tmp_path, capsys):
    words = ["bench", "training", "--n", "2", "--json", str(tmp_path / "x.json")]
    assert main([*words, "--workload", "vit", "mlp"]) == 0
    assert measured == [(Setting.of("vit"), 2), (Setting.of("mlp"), 2)]
    del measured[:]
    assert main([*words, "--workload", "all", "--precision", "float32,bfloat16"]) == 0
    pairs = [(each.workload, each.precision) for each, _ in measured]
    known = {("vit", "float32"), ("mlp", "float32")}
    every = [(name, precision) for name in WORKLOADS for precision in ("float32", "bfloat16")]
    assert pairs == [pair for pair in every if pair not in known]
    assert "vit, float32, batches of 128: in " in capsys.readouterr().out
    del measured[:]
    assert main([*words, "--workload", "vit", "--overwrite"]) == 0
    assert measured == [(Setting.of("vit"), 2)]
    assert len(json.loads((tmp_path / "x.json").read_text())["measurements"]) == len(every)


def test_the_command_varies_one_thing(measured):
    assert main(["bench", "training", "--vary", "batch_size=32,1024", "--images", "2048"]) == 0
    sizes = [(each.batch_size, each.images) for each, _ in measured]
    assert sizes == [(32, 2048), (1024, 2048)]
    del measured[:]
    assert main(["bench", "training", "--workload", "vit", "--vary", "depth=1,8"]) == 0
    assert [each.depth for each, _ in measured] == [1, 8]


def test_the_command_fails_where_ours_does(measured, capsys):
    assert main(["bench", "training", "--precision", "float16"]) == 1
    assert "kerasdl failed: no." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--workload", "lenet"], "--workload should be of regularization"),
        (["--precision", "float64"], "--precision should be of float32"),
        (["--precision", ""], "--precision should be of float32"),
        (["--vary", "width=3"], "--vary should be one of batch_size, depth, image_size"),
        (["--vary", "depth=0"], "whole numbers from 1"),
        (["--vary", "depth=3"], "regularization has not"),
        (["--vary", "image_size=32,1"], "image_size should be at least 8 for regularization"),
        (["--vary", "batch_size=3", "--batch-size", "4"], "exclude each other"),
        (["--recipes", "dropout/model2", "dropout/model1", "--workload", "vit"], "--workload"),
    ],
)
def test_mistakes(words, message, measured, capsys):
    assert main(["bench", "training", *words]) == 2
    assert message in capsys.readouterr().err
    assert measured == []
