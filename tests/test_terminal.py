"""What fits the terminal, what moves on it, and what help says."""

import io
import re
import shlex
import sys

import keras
import numpy as np
import pytest
from terminal import Terminal, run_on_terminal
from test_callbacks import Clock

from kerasdl import backend, datasets, recipes, schedules, studies, text
from kerasdl.__main__ import COMMANDS, build_parser, main
from kerasdl.callbacks import Progress
from kerasdl.callbacks import progress as progress_module
from kerasdl.commands import _status_line
from kerasdl.commands._announcements import describe_curves
from kerasdl.recipes import rules
from kerasdl.training import resolve

# Width


@pytest.mark.parametrize("columns", [50, 60, 80, 120, 400])
def test_list_fits_the_terminal(columns):
    code, shown = run_on_terminal("-m", "kerasdl", "list", columns=columns)
    lines = shown.splitlines()
    assert code == 0
    assert max(map(len, lines)) <= columns
    shown_names = [line.split()[0] for line in lines[1 : 1 + len(studies.names())]]
    assert shown_names == [*studies.names()]
    assert ("No room for" in shown) == (columns < 100)
    assert (studies.get("dropout/model7b").expected in shown) == (columns == 400)


def test_list_in_a_file_is_whole(capsys):
    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    assert "No room" not in shown
    for name in studies.names():
        assert studies.get(name).expected in shown


def test_a_column_that_is_cut_ends_in_an_ellipsis():
    rows = [("name", "why"), ("a", "b" * 40)]
    lines, left_out = text.columns_of_text(rows, width=26)
    assert lines == ["name  why", "a     " + "b" * 19 + "…"]
    assert left_out == []


@pytest.mark.parametrize("name", ["regularization/baseline", "transformers/vit_patch_size-7"])
def test_describe_fits_the_terminal(monkeypatch, name):
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["describe", name]) == 0
    lines = terminal.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert "parameters" in lines[0]
    assert "MACs" in lines[0]
    assert lines[-1].startswith("No room for: weights")


def epoch_line(stream, logs, monkeypatch, epochs=300):
    clock = Clock()
    monkeypatch.setattr(progress_module, "time", clock)
    progress = Progress(stream, live=False)
    progress.set_params({"epochs": epochs, "steps": 1})
    progress.on_train_begin()
    for epoch in range(100):
        progress.on_epoch_begin(epoch)
        clock.now += 20
        progress.on_epoch_end(epoch, logs)
    return stream.getvalue().rstrip("\n").rpartition("epoch 100/")[2]


LOGS = {"accuracy": 0.567, "loss": 1.2345, "val_accuracy": 0.5564, "val_loss": 1.5}
TIMES = {"learning_rate": 0.000123, "seconds": 20.12, "images_per_second": 12490.3}


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (120, "300  loss 1.2345  accuracy 0.5670  val_accuracy 0.5564  lr 0.000123  20.1 s  "
              "12490 images/s  ETA 1:06:40"),
        (80, "300  loss 1.2345  acc 0.5670  val_acc 0.5564  lr 0.000123  ETA 1:06:40"),
        (60, "300  loss 1.2345  acc 0.5670  val_acc 0.5564\n    ETA 1:06:40"),
    ],
)  # fmt: skip
def test_a_finished_epoch_fits_the_terminal(monkeypatch, columns, expected):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert epoch_line(Terminal(), LOGS | TIMES, monkeypatch) == expected


def test_epochs_of_two_outputs_go_on_in_a_second_line(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    names = [f"{part}{output}_accuracy" for part in ("", "val_") for output in ("digit", "colour")]
    line = "epoch 100/" + epoch_line(Terminal(), dict.fromkeys(names, 0.5) | TIMES, monkeypatch)
    assert all(len(part) <= 80 for part in line.split("\n"))
    assert re.findall(r"\w+_acc", line) == [name.replace("accuracy", "acc") for name in names]


# What an epoch is measured on


def experiment_of(tmp_path, **changes):
    x = np.random.default_rng(0).integers(0, 256, (200, 32, 32, 3), "uint8")
    data = datasets.from_arrays(x, np.arange(200) % 10)
    recipe = recipes.override(studies.get("cifar10/default"), changes | {"batch_size": 10})
    return resolve(recipe, dataset=data, out=tmp_path)


def test_training_says_what_its_curves_are_of(tmp_path):
    without = describe_curves(experiment_of(tmp_path))
    assert "no validation part" in without
    assert "the test set is measured once, at the end" in without
    assert "data.validation=0.1" in without
    validated = describe_curves(experiment_of(tmp_path, **{"data.validation": 0.1}))
    assert "val_* is of 16 validation examples" in validated
    assert "augmented images, so that it may look worse" in validated
    tested = {"test_curves": True, "augmentation": None}
    assert describe_curves(experiment_of(tmp_path, **tested)) == (
        "curves: test_* is of the test set, as its report draws it, and selects nothing"
    )


# What moves


def test_a_status_line_is_for_terminals(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    for stream, expected in (
        (Terminal(), "\rone\rtwo is longer than…\r" + " " * 19 + "\r"),
        (io.StringIO(), ""),
    ):
        with _status_line.StatusLine(stream) as line:
            line.show("one")
            line.show("two is longer than the terminal")
        assert stream.getvalue() == expected


def test_elapsed_time_is_shown_and_removed(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with _status_line.elapsed_time("measuring draws", interval=30):
        while "measuring" not in stream.getvalue():
            pass
    assert stream.getvalue().startswith("\rmeasuring draws  0:00")
    assert stream.getvalue().endswith("\r" + " " * len("measuring draws  0:00") + "\r")


def test_a_round_is_shown_when_it_is_redrawn(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with _status_line.elapsed_time("measuring draws", interval=0.01) as begin_round:
        begin_round(3, 8)
        while "round" not in stream.getvalue():
            pass
    assert "\rmeasuring draws, round 3/8  0:00" in stream.getvalue()


def test_a_range_test_shows_its_steps(monkeypatch, capsys, tmp_path):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    words = ["lr-range", "exercises/circles_linear", "--steps", "12", "--out", str(tmp_path)]
    assert main(words) == 0
    assert "step 12/12" in stream.getvalue()
    shown = capsys.readouterr().out
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert main(words) == 0
    assert sys.stderr.getvalue() == ""
    assert capsys.readouterr().out == shown  # the same numbers


# Help


@pytest.fixture(scope="module")
def parsers():
    """The parser of each command, by name."""
    return build_parser(set(COMMANDS))._subparsers._group_actions[0].choices


@pytest.mark.parametrize("command", COMMANDS)
def test_help_states_every_default(parsers, command):
    for action in parsers[command]._actions:
        if action.option_strings and action.nargs != 0:
            assert "default" in action.help, action.option_strings


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_of_help_can_be_given(parsers, monkeypatch, command):
    monkeypatch.setattr("kerasdl.__main__.guarded", lambda run, args, **_: 0)
    lines = re.findall(r"^  (kerasdl .*)$", parsers[command].epilog, re.MULTILINE)
    assert lines
    for line in lines:
        assert main(shlex.split(re.split(r"\s{2,}| > ", line)[0])[1:]) == 0


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_80_columns(monkeypatch, capsys, command):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main([*filter(None, [command]), "--help"])
    shown = capsys.readouterr().out
    assert "examples:\n" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_every_field_that_can_be_set_is_listed(capsys):
    assert main(["list", "--fields"]) == 0
    shown = capsys.readouterr().out
    listed = re.findall(r"^([\w.]+): ", shown, re.MULTILINE)
    assert listed == [name for name in rules.RULES if name != "name"]
    assert main(["list", "--fields", "nothing"]) == 2
    assert main(["list", "--fields", "optimizer"]) == 0
    assert "optimizer.learning_rate: a positive number\n" in capsys.readouterr().out


def test_schedules_are_found_by_dir():
    classes = {"".join(word.capitalize() for word in n.split("_")) for n in schedules.NAMES}
    assert classes <= set(dir(schedules))
    assert "OneCycle" in classes


# Keras before us


@pytest.mark.skipif("tensorflow" in backend.installed(), reason="Keras would take TensorFlow")
def test_keras_that_failed_before_kerasdl_is_imported_with_the_backend_there_is(python):
    code = (
        "import os; os.environ.pop('KERAS_BACKEND', None)\n"
        "try: import keras\n"
        "except ImportError: print('failed')\n"
        "import kerasdl, keras; print(keras.backend.backend(), keras.ops.add(1, 2))"
    )
    failed, found = python("-c", code, KERAS_HOME=python.folder).stdout.splitlines()
    assert failed == "failed"
    assert found.startswith(f"{keras.backend.backend()} ")
    assert "3" in found


def test_what_is_to_be_installed_can_be(monkeypatch):
    """Without an index that has kerasdl."""
    monkeypatch.setattr(backend, "installed", lambda: ())
    with pytest.raises(backend.BackendError, match="pip install jax") as error:
        backend.require()
    assert "kerasdl[" not in str(error.value)
