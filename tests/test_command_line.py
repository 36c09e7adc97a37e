"""What a user sees: output, exit codes, and one sentence for a mistake."""

import argparse
import json
import sys
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from kerasdl import recipes, studies
from kerasdl.__main__ import guarded, main
from kerasdl.commands import train as train_command
from kerasdl.datasets import from_arrays
from kerasdl.training import train

SCRIPT = Path(__file__).parents[1] / "scripts" / "train_cifar.py"
QUICK = ["cifar10/batchnorm", "--dataset", "digits", "--epochs", "1", "--limit-train", "256"]
TINY = [*QUICK, "--set", "model.arguments.filters=(4,4)", "--set", "model.arguments.units=(8,)"]


@pytest.fixture(scope="module")
def run_directory(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs")
    assert main(["train", *TINY, "--out", str(out)]) == 0
    return next(out.rglob("result.json")).parent


@pytest.mark.any_backend
def test_list(capsys):
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(studies.names())
    assert main(["list", "dropout/"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert lines
    assert all(line.startswith("dropout/") for line in lines)
    assert main(["list", "exercises/circles_batch*"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[0][-2:] for line in lines] == ["-5", "10", "20"]
    assert main(["list", "nosuch"]) == 2
    assert "No recipe matches 'nosuch'" in capsys.readouterr().err


def test_train_says_what_it_does(capsys, tmp_path):
    assert main(["train", *TINY, "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "cifar10/batchnorm on digits (scikit-learn" in out
    assert "epoch 1/1  loss" in out
    assert "finished after 1 epoch: test " in out
    result = json.loads(next(tmp_path.rglob("result.json")).read_text())
    assert f"accuracy {result['metrics']['test']['accuracy']:.4f}" in out
    assert f"files in {next(tmp_path.rglob('result.json')).parent}" in out


@pytest.mark.any_backend
def test_a_changed_recipe_has_a_directory_of_its_own(run_directory):
    stem, _, digits = run_directory.name.rpartition("-")
    assert stem.endswith("-seed0")
    assert len(digits) == 8
    assert int(digits, 16) >= 0


@pytest.mark.any_backend
def test_an_existing_run_is_refused(capsys, run_directory):
    again = ["train", *TINY, "--out", str(run_directory.parents[2])]
    assert main(again) == 2
    assert "--resume" in capsys.readouterr().err
    assert main([*again, "--resume"]) == 0
    assert "finished after 1 epoch:" in capsys.readouterr().out


def test_evaluate(capsys, run_directory):
    assert main(["evaluate", str(run_directory)]) == 0
    out = capsys.readouterr().out
    result = json.loads((run_directory / "result.json").read_text())
    assert f"accuracy {result['metrics']['test']['accuracy']:.4f}" in out
    rows = [line.split() for line in out.splitlines() if line[:1].isdigit()]
    assert sum(int(row[1:][1 + i]) for i, row in enumerate(rows)) == round(
        result["metrics"]["test"]["accuracy"] * 360
    )  # the diagonal
    with Image.open(run_directory / "confusion-test.png") as picture:
        assert picture.format == "PNG"
    model = str(run_directory / "model.keras")
    assert main(["evaluate", model, "--part", "train", "--out", str(run_directory / "t.png")]) == 0
    assert "256 examples" in capsys.readouterr().out


@pytest.mark.any_backend
def test_digits_are_shown_in_the_shape_that_the_model_takes(capsys, tmp_path):
    inputs = keras.Input((32, 32, 3))
    flat = keras.layers.GlobalAveragePooling2D()(inputs)
    outputs = keras.layers.Dense(10, activation="softmax")(flat)
    keras.Model(inputs, outputs).save(tmp_path / "m.keras")
    assert main(["evaluate", str(tmp_path / "m.keras"), "--dataset", "digits"]) == 0
    assert "on test of digits (360 examples" in capsys.readouterr().out


@pytest.mark.any_backend
def test_overwriting_a_run_leaves_no_picture_of_the_old_one(tmp_path):
    assert main(["train", *TINY, "--out", str(tmp_path)]) == 0
    folder = next(tmp_path.rglob("result.json")).parent
    (folder / "confusion-test.png").write_text("old")
    assert main(["train", *TINY, "--out", str(tmp_path), "--overwrite"]) == 0
    assert not list(folder.glob("*.png"))


@pytest.mark.any_backend
def test_data_of_ones_own_is_not_taken_for_the_recipes(capsys, tmp_path):
    from kerasdl import datasets
    from kerasdl.training import train

    x = np.random.default_rng(0).integers(0, 256, (60, 32, 32, 3), "uint8")
    changes = {"epochs": 1, "batch_size": 16, "model.arguments.filters": (4,), "data.name": "usps"}
    recipe = recipes.override(studies.get("cifar10/batchnorm"), changes)
    data = datasets.from_arrays(x, np.arange(60) % 3, name="stripes")
    run = train(recipe, dataset=data, out=tmp_path, callbacks=())
    assert main(["evaluate", str(run.directory)]) == 2
    assert "stripes" in capsys.readouterr().err


def test_predict(capsys, run_directory, tmp_path):
    from kerasdl import datasets

    digits = datasets.load("digits", shape=(32, 32, 3))
    Image.fromarray(digits.test.x[0]).save(tmp_path / "digit.png")
    Image.fromarray(np.full((90, 50, 4), 128, "uint8")).save(tmp_path / "large.png")
    Image.fromarray(np.full((40, 60), 200, "uint8")).save(tmp_path / "grey.jpg")
    pictures = [str(tmp_path / name) for name in ("digit.png", "large.png", "grey.jpg")]
    assert main(["predict", str(run_directory), *pictures, "--top", "10"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == pictures
    for line in lines:
        words = line.split(": ")[1].split()
        assert sorted(words[0::2]) == sorted(digits.classes)
        given = [float(word) for word in words[1::2]]
        assert given == sorted(given, reverse=True)
        assert sum(given) == pytest.approx(1, abs=1e-3)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["train"], ["Name a recipe, or give --config FILE.toml"]),
        (["train", "cifar10/default", "--config", "a.toml"], ["one of both", "a.toml"]),
        (["train", "cifar10/defualt"], ["cifar10/defualt", "cifar10/default"]),
        (["train", *QUICK[:1], "--dataset", "imagenet"], ["--dataset", "cifar100", "imagenet"]),
        (["train", *TINY, "--epochs", "-1"], ["epochs", "at least 1", "-1"]),
        (["train", *TINY, "--batch-size", "257"], ["batch_size", "256", "257"]),
        (["train", *TINY, "--limit-train", "0"], ["--limit-train", "at least 1", "0"]),
        (["train", *TINY, "--set", "epochs"], ["--set", "FIELD=VALUE", "'epochs'"]),
        (["train", *TINY, "--set", "epoch=3"], ["epoch", "epochs", "batch_size"]),
        (["train", TINY[0], "--data-dir", "/nowhere"], ["/nowhere"]),
        (["train", *TINY, "--out", "{file}"], ["Cannot write", "file"]),
        (["evaluate", "nowhere.keras"], ["There is no model file nowhere.keras"]),
        (["evaluate", "{file}"], ["is not a Keras model"]),
        (["predict", "{run}", "nothing.png"], ["nothing.png"]),
        (["predict", "{run}", "{file}"], ["file", "picture"]),
        (["predict", "{run}", "nothing.png", "--top", "0"], ["--top", "0"]),
        (["evaluate", "{run}", "--part", "validation"], ["no validation part"]),
        (["evaluate", "{run}", "--dataset", "circles"], ["(32, 32, 3)", "(2,)"]),
        (["train", "exercises/circles_linear", "--set", "data.options.seed=-1"], ["seed", "-1"]),
        (["train", "exercises/circles_linear", "--set", "data.options.seed=x"], ["seed", "'x'"]),
        (
            ["train", "transformers/vit_patch_size-4", "--dataset", "circles"],
            ["ViT", "(height, width, channels)", "(2,)"],
        ),
        (["bench", "draws", "--batch-size", "8"], ["--batch-size", "augmentation"]),
        (["bench", "augmentation", "--recipes", "a", "b"], ["--recipes", "training"]),
        (["report", "--bench", "nowhere"], ["no folder nowhere", "--bench"]),
    ],
)
def test_a_mistake_is_one_sentence(capsys, tmp_path, run_directory, words, expected):
    (tmp_path / "file").write_text("not what is expected")
    words = [w.format(file=tmp_path / "file", run=run_directory) for w in words]
    if words[0] == "train" and "--out" not in words:
        words += ["--out", str(tmp_path / "runs")]
    code = main(words)
    err = capsys.readouterr().err
    assert code == 2, err
    assert err.startswith(f"kerasdl {words[0]}: error: ")
    assert err.count("\n") == 1
    assert all(word in err for word in expected), err
    assert not list(tmp_path.rglob("result.json"))


MUON = "--set optimizer.name=muon --set optimizer.arguments"


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (f"{MUON}.groups=3", "groups should be a list of dictionaries, as in [{"),
        (f"{MUON}.groups=[{{'update':'sgd'}}]", "`weights`, a regular expression"),
        (f"{MUON}.groups=[{{'weights':'(','update':'sgd'}}]", "to be a regular expression"),
        (f"{MUON}.groups=[{{'weights':'','update':'adamw','beta_1':'x'}}]", "beta_1='x'"),
        (f"{MUON}.groups=[{{'weights':'','update':'sgd','learning_rate':'x'}}]", "of a group"),
        (
            "--set schedule.name=constant "
            f"{MUON}.groups=[{{'weights':'','update':'sgd','learning_rate':1,'schedule':3}}]",
            "should be a dictionary of arguments; received 3",
        ),
        (f"{MUON}.weight_decay=x", "weight_decay should be a number, at least 0, or None"),
        (f"{MUON}.momentum=0.9", "of muon should be of groups, weight_decay, "),
        ("--set optimizer.arguments.learning_rate=0.5", "set optimizer.learning_rate"),
        ("--set optimizer.arguments.nesterov=x", "nesterov should be True or False"),
        ("--set optimizer.arguments.clipvalue=x", "clipvalue should be a positive number"),
        ("--set optimizer.arguments.use_ema=1", "use_ema should be True or False; received 1"),
        (
            "--set optimizer.name=adam --set optimizer.arguments.beta_1=x",
            "to below 1; received 'x'",
        ),
        ("--set optimizer.name=rmsprop --set optimizer.arguments.rho=1", "to below 1; received 1"),
        ("--set schedule.name=polynomial --set schedule.arguments.warmup=x", "warmup should be"),
    ],
)
def test_a_mistake_about_the_optimizer_is_one_sentence(capsys, tmp_path, settings, expected):
    code = main(["train", "exercises/circles_linear", *settings.split(), "--out", str(tmp_path)])
    err = capsys.readouterr().err
    assert code == 2, err
    assert err.startswith("kerasdl train: error: ")
    assert err.count("\n") == 1
    assert expected in err
    assert not list(tmp_path.rglob("recipe.json"))


@pytest.mark.any_backend
def test_options_of_another_data_set_are_kept():
    """The data set first, then what is set of it."""
    parser = argparse.ArgumentParser()
    train_command.add_arguments(parser)
    words = [
        "exercises/circles_linear",
        "--dataset",
        "digits",
        "--set",
        "data.options.shape=(9, 9, 3)",
    ]
    words += ["--set", "loss=mean_squared_error", "--set", "data.validation=None"]
    experiment = train_command.resolve_experiment(parser.parse_args(words))
    assert experiment.input_shape == (9, 9, 3)
    assert experiment.recipe.data.options == {"shape": (9, 9, 3)}
    assert experiment.notice == ""


@pytest.mark.any_backend
def test_only_vectors_of_classes_are_evaluated(capsys, tmp_path):
    inputs = keras.Input((8, 8, 1))
    several = [keras.layers.Dense(10)(keras.layers.Flatten()(inputs)) for _ in range(2)]
    for outputs in (several, keras.layers.Conv2D(10, 1)(inputs)):
        keras.Model(inputs, outputs).save(tmp_path / "m.keras")
        assert main(["evaluate", str(tmp_path / "m.keras"), "--dataset", "digits"]) == 2
        assert "The model should give (batch, classes)" in capsys.readouterr().err


@pytest.mark.any_backend
def test_a_model_of_two_outputs_needs_labels_for_both(capsys, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (40, 12, 12, 3), "uint8")
    y = {name: rng.integers(0, 2, 40) for name in ("digit", "colour")}
    recipe = recipes.override(
        studies.get("exercises/coloured_digits"),
        {"epochs": 1, "batch_size": 32, "data.validation": None},
    )
    recipe = recipes.override(recipe, {"model.arguments": {"filters": (4,), "kernel_size": 3}})
    run = train(recipe, dataset=from_arrays(x, y), out=tmp_path, callbacks=())
    capsys.readouterr()
    assert main(["evaluate", str(run.directory), "--dataset", "digits"]) == 2
    err = capsys.readouterr().err
    assert "The model has colour, digit; digits has labels for one output." in err


@pytest.mark.any_backend
@pytest.mark.parametrize("words", [[], ["trian"], ["init"], ["list", "--epochs", "3"]])
def test_a_wrong_command_shows_the_usage(capsys, words):
    with pytest.raises(SystemExit) as exit_:
        main(words)
    assert exit_.value.code == 2
    assert "usage: kerasdl" in capsys.readouterr().err


def test_a_diverging_run_fails_unless_it_is_expected_to(capsys, tmp_path, monkeypatch):
    words = ["train", *TINY, "--set", "optimizer.learning_rate=1e20", "--out", str(tmp_path)]
    assert main(words) == 1
    assert "diverged after 1 epoch:" in capsys.readouterr().out
    recipe = studies.get("cifar10/batchnorm")
    expected = type(recipe)(**{**recipe.__dict__, "diverges": True})
    monkeypatch.setattr(studies, "get", lambda name: expected)
    assert main([*words, "--overwrite"]) == 0
    assert main([*words, "--resume"]) == 0


@pytest.mark.any_backend
@pytest.mark.parametrize(("backend", "words"), [("theano", ["KERAS_BACKEND", "'theano'"])])
def test_a_wrong_backend_is_one_sentence(python, backend, words):
    done = python("-m", "kerasdl", "train", "cifar10/default", check=False, KERAS_BACKEND=backend)
    assert done.returncode == 2
    assert all(word in done.stderr for word in words)
    assert done.stderr.count("\n") == 1


def test_the_script_falls_back_on_the_digits_and_says_so(python, tmp_path):
    """No data, no network: the proxy leads nowhere."""
    words = ["--epochs", "1", "--limit-train", "128", "--limit-test", "50", "--out", "runs"]
    words += ["--batch-size", "64", "--set", "model.arguments.widths=(4, 4, 4)"]
    nowhere = {"https_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}
    done = python(SCRIPT, *words, **nowhere)
    assert done.stdout.startswith("NOTICE: cifar10 was not found")
    assert done.stdout.count("NOTICE") == 1
    assert "measured on digits, not on the data of cifar10/default" in done.stdout
    folder = next((tmp_path / "runs").rglob("result.json")).parent
    for name in ("recipe.json", "result.json"):
        written = json.loads((folder / name).read_text())
        assert "digits bundled with scikit-learn" in written["notice"]
    assert "digits" in (folder / "log.csv").read_text().splitlines()[1]

    done = python(SCRIPT, *words, "--dataset", "cifar10", check=False, **nowhere)
    assert done.returncode == 2
    assert "cifar10" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_warning_of_others_reaches_a_user(python):
    """Each would end the command: as errors, from the first import on."""
    words = ["train", "exercises/circles_linear", "--epochs", "1", "--limit-train", "64"]
    done = python("-W", "error", "-m", "kerasdl", *words, KERAS_BACKEND=keras.backend.backend())
    assert "finished after 1 epoch:" in done.stdout
    assert "Warning" not in done.stderr


@pytest.mark.any_backend
def test_a_warning_of_ours_is_shown():
    def run(_):
        warnings.warn("of the user's concern", UserWarning, stacklevel=1)
        warnings.warn("__array__ implementation doesn't accept a copy keyword, so passing copy=False "
                      "failed.", DeprecationWarning, stacklevel=1)  # fmt: skip
        return 0

    with pytest.warns(UserWarning, match="of the user's concern") as shown:
        assert guarded(run, None, "kerasdl train") == 0
    assert len(shown) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_kill_that_asks_leaves_an_interrupted_run(python, tmp_path):
    code = (
        "import os, signal, threading, sys\n"
        "from kerasdl.__main__ import main\n"
        "from kerasdl.callbacks import Progress\n"
        "Progress.on_epoch_end = lambda *a, **k: os.kill(os.getpid(), signal.SIGTERM)\n"
        f"sys.exit(main(['train', *{TINY!r}, '--epochs', '3', '--out', 'runs']))"
    )
    done = python("-c", code, check=False)
    assert done.returncode == 130, done.stderr
    assert "interrupted" in done.stderr
    assert "Traceback" not in done.stderr
    result = json.loads(next((tmp_path / "runs").rglob("result.json")).read_text())
    assert result["status"] == "interrupted"


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--backends", keras.backend.backend()], "two backends or more"),
        (["--backends", ""], "--backends should be of tensorflow, torch, jax; received ''"),
        (["--backends", "theano"], "--backends should be of tensorflow, torch, jax"),
        (["--steps", "0"], "--steps should be at least 1"),
        (["--perturbed", "0"], "--perturbed should be at least 1"),
        (["--plot", "p.gif"], "--plot should end in .svg, .png, .pdf"),
    ],
)
def test_parity_says_what_it_needs(capsys, words, expected):
    assert main(["parity", "exercises/circles_linear", *words]) == 2
    assert expected in capsys.readouterr().err
