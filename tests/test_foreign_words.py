"""Odd command lines: each ends with an exit code and at most one sentence, and none without end.

The cases are drawn from a fixed seed. What would train, measure or start processes is left out:
`KERASDL_ATTACK=10` makes the run ten times as long.
"""

import os
import random
import sys

import pytest
from PIL import Image

from kerasdl import backend, sweep
from kerasdl.__main__ import COMMANDS, main
from kerasdl.models import CNN
from kerasdl.models.saving import save_model

CASES = 500 * int(os.environ.get("KERASDL_ATTACK", "1"))
RECIPES = ("exercises/circles_linear", "exercises/circles_best", "cifar10/batchnorm")
TEXTS = (
    *("", " ", "x", "0", "-1", "1", "2", "10", "100", "1e3", "1.5", "-0", "+1", "1_0", "٣", "²"),
    *(
        "nan",
        "inf",
        "-inf",
        "1e999",
        "9" * 30,
        "9" * 5000,
        "1000000000",
        "true",
        "None",
        "[]",
        "{}",
    ),
    *("../..", "/", ".", "~nosuchuser", "~", "/dev/null", "/dev/full", "n" * 300, "a/" * 600),
    *("ä", "\udcff", "\x1b[2J", "%s%n%d", "{0}", "<b>", "a\nb", "'", '"', "*", "[", "**", "$HOME"),
    *("hf://", "hf://a", "hf://a/b@", "file.png", "no.png", "no.keras", "folder.png", "m.keras"),
    *("folder", "runs", "circles", "digits", "jax,torch", "jax,,", "8x8x1", "0x0x0", "99999x9x1"),
)
FIELDS = (
    *("epochs", "batch_size", "seed", "data", "data.name", "data.validation", "data.options"),
    *("data.options.seed", "data.options.n", "model", "model.builder", "model.activation"),
    *("model.arguments", "model.arguments.units", "model.arguments.activation", "loss", "metrics"),
    *("optimizer", "optimizer.name", "optimizer.learning_rate", "optimizer.arguments.momentum"),
    *("schedule", "schedule.name", "schedule.by", "schedule.arguments.factor", "pretrained"),
    *("inputs", "augmentation", "freeze", "layer_decay", "select", "log_every", "assumptions", ""),
    *("name", ".", "a.b.c", "epochs.a", "data.options.shape", "model.arguments.dropout"),
)
VALUES = (
    *TEXTS,
    *("(1,)", "[1, 2]", "{'a': 1}", "{[]: 1}", "((((1))))", "(" * 500, "-" * 9000 + "1", "1+1j"),
    *("b'x'", "{1, 2}", "...", "True", "'sgd'", "sgd", "constant", "step", "gaussian_nll", "0.5"),
    *("__import__('os').system('id')", "mean_squared_error", "val_loss", "(0,)", "(-1,)", "('a',)"),
)
# option -> whether it takes a value
OPTIONS = {
    "train": ("dataset data-dir batch-size seed pretrained limit-train set epochs limit-test out "
              "checkpoint-every data image-size config track", "skip-unreadable resume overwrite deterministic"),
    "run": ("recipes seeds backends jobs data-dir out track engine address cpus-per-task gpus-per-task "
            "max-retries time sbatch", "deterministic"),
    "compare": ("html", ""),
    "export": ("format output", "card"),
    "list": ("", "fields"),
    "init": ("", "overwrite"),
    "completion": ("", ""),
    "doctor": ("data-dir", "json"),
    "collect": ("runs out", ""),
    "report": ("runs out bench parity sensitivity", ""),
    "evaluate": ("dataset data-dir part picture data", "skip-unreadable"),
    "page": ("out pictures embedding dataset data-dir part data", "skip-unreadable"),
    "predict": ("top", ""),
    "describe": ("format out input-shape data image-size", ""),
    "sheet": ("dataset data-dir out seed images draws data image-size", ""),
    "lr-range": ("dataset data-dir batch-size seed pretrained limit-train set start end steps out",
                 "deterministic"),
    "parity": ("steps backends perturbed data-dir set json plot", "float64 lockstep"),
    "bench": ("n batch-size recipes recipe json workload precision vary images", "overwrite"),
}  # fmt: skip
POSITIONAL = {
    "train": RECIPES,
    "run": ("exercises", "dropout"),
    "list": ("circles", ""),
    "evaluate": ("m.keras", "folder", "no.keras"),
    "page": ("runs", "folder", "m.keras"),
    "predict": ("m.keras file.png", "m.keras", "file.png m.keras"),
    "describe": (*RECIPES[:2], "m.keras", "runs"),
    "sheet": ("crop", "randaugment"),
    "init": (
        RECIPES[0],
        f"{RECIPES[0]} mine.toml",
    ),
    "compare": ("runs", "folder m.keras"),
    "export": ("m.keras", "folder", "no.keras"),
    "completion": ("bash", "zsh", "fish", "sh"),
    "lr-range": RECIPES[:2],
    "parity": RECIPES[:2],
    "bench": ("augmentation", "draws", "training"),
}


class Reached(Exception):
    """Where the work would begin."""


def command_line(draw):
    """A command with its arguments, and now and then odd ones."""
    command = draw.choice(tuple(COMMANDS))
    words = draw.choice(POSITIONAL.get(command, ("",))).split()
    if draw.random() < 0.2:
        words = [draw.choice(TEXTS) for _ in range(draw.choice((0, 1, 1, 2)))]
    valued, flags = map(str.split, OPTIONS[command])
    for _ in range(draw.choice((0, 1, 1, 2, 3))):
        if flags and draw.random() < 0.2:
            words.append(f"--{draw.choice(flags)}")
        elif valued:
            name = draw.choice(valued)
            value = draw.choice(TEXTS)
            if name == "set":
                value = f"{draw.choice(FIELDS)}={draw.choice(VALUES)}"
                value = draw.choice((value, value, value, value.replace("=", "")))
            words += draw.choice(([f"--{name}={value}"], [f"--{name}", value]))
    if draw.random() < 0.05:
        words.insert(draw.randrange(len(words) + 1), draw.choice(TEXTS))
    return [command, *words]


def made_place(folder):
    """A file, a picture, a model and folders, so that some of the names are of something."""
    Image.new("L", (8, 8)).save(folder / "file.png")
    (folder / "folder").mkdir()
    (folder / "folder.png").mkdir()
    (folder / "runs").mkdir()
    model = CNN((8, 8, 1), 10, filters=(2,), units=())
    save_model(model, folder / "m.keras", {"classes": [str(i) for i in range(10)]})


@pytest.fixture
def stopped_before_work(monkeypatch):
    """Nothing is trained, measured, downloaded or started."""
    import kerasdl.benchmarks.augmentation
    import kerasdl.benchmarks.draws
    import kerasdl.benchmarks.paired
    import kerasdl.benchmarks.training
    import kerasdl.callbacks
    import kerasdl.datasets._published
    import kerasdl.inspection
    import kerasdl.parity.compare
    import kerasdl.training
    from kerasdl import determinism, doctor, reports
    from kerasdl.datasets._transfer import DownloadError

    def reached(*_, **__):
        raise Reached

    def offline(*_, **__):
        raise DownloadError("no network in a test")

    for module, names in (
        (kerasdl.benchmarks.augmentation, ("measure",)),
        (kerasdl.benchmarks.draws, ("measure",)),
        (kerasdl.benchmarks.paired, ("compare",)),
        (kerasdl.benchmarks.training, ("measure",)),
        (kerasdl.callbacks, ("learning_rate_range",)),
        (kerasdl.inspection, ("contact_sheet",)),
        (kerasdl.parity.compare, ("compare",)),
        (kerasdl.training, ("train",)),
        (sweep, ("train_all",)),
        (doctor, ("examine",)),
        (reports, ("write",)),
        (determinism, ("enable",)),
    ):
        for name in names:
            monkeypatch.setattr(module, name, reached)
    monkeypatch.setattr(determinism, "enable", lambda: None)
    monkeypatch.setattr(kerasdl.datasets._published, "install", offline)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.mark.any_backend
def test_odd_command_lines(capsys, tmp_path, monkeypatch, stopped_before_work):
    draw, place = random.Random(5), tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setenv("KERASDL_CACHE", str(tmp_path / "cache"))
    made_place(place)
    codes = []
    for number in range(CASES):
        words = command_line(draw)
        try:
            code = main(words)
        except Reached:
            code = "reached"
        except SystemExit as stop:
            code = stop.code
            assert code in (0, 2)
        except Exception as error:
            raise AssertionError(f"case {number}: kerasdl {words}") from error
        codes.append(code)
        out, err = capsys.readouterr()
        assert code in (0, 1, 2, "reached"), (number, words)
        if "usage:" not in err and code not in (0, "reached"):
            lines = [line for line in err.splitlines() if ": error: " in line]
            assert len(lines) == 1, (number, words, err)
            assert all(character.isprintable() for character in lines[0]), (number, words)
        assert len(out) + len(err) < 300_000
    assert codes.count("reached") > CASES / 20
    assert codes.count(2) > CASES / 4


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("words", "limit"),
    [
        (["sheet", "crop", "--draws", "1000000000"], "--draws should be at most 100"),
        (["sheet", "crop", "--images", "101"], "--images should be at most 100"),
        (["sheet", "crop", "--seed", "-1"], "--seed should be at least 0"),
        (["train", RECIPES[0], "--epochs", "9" * 5000], "--epochs should be at most 1000000"),
        (["train", RECIPES[0], "--seed", "4294967296"], "--seed should be at most 4294967295"),
        (["train", RECIPES[0], "--batch-size", "1_0"], "--batch-size should be a whole number"),
        (["train", RECIPES[0], "--limit-test", "1e3"], "--limit-test should be a whole number"),
        (["lr-range", RECIPES[0], "--steps", "100001"], "--steps should be at most 100000"),
        (["parity", RECIPES[0], "--steps", "10001"], "--steps should be at most 10000"),
        (["parity", RECIPES[0], "--perturbed", "101"], "--perturbed should be at most 100"),
        (["bench", "draws", "--n", "10001"], "--n should be at most 10000"),
        (
            ["bench", "augmentation", "--batch-size", "65537"],
            "--batch-size should be at most 65536",
        ),
        (["run", "exercises", "--jobs", "257"], "--jobs should be at most 256"),
        (["run", "exercises", "--seeds", "0," * 1000 + "0"], "at most 1000 of them"),
        (["run", "exercises", "--seeds", "9" * 5000], "up to 4294967295"),
        (["predict", "m.keras", "a.png", "--top", "1000001"], "--top should be at most 1000000"),
        (["describe", RECIPES[0], "--input-shape", "65537x1x1"], "sides of at most 65536"),
    ],
)
def test_numbers_are_bounded(capsys, words, limit):
    assert main(words) == 2
    error = capsys.readouterr().err
    assert limit in error
    assert error.startswith(f"kerasdl {words[0]}: error: ")
    assert error.count("\n") == 1
    assert len(error) < 400


@pytest.mark.any_backend
@pytest.mark.parametrize("out", ["/", ".", ""])
def test_a_folder_is_no_file_to_write(capsys, out):
    assert main(["describe", RECIPES[0], "--out", out]) == 2
    assert "Is a directory" in capsys.readouterr().err


@pytest.mark.any_backend
def test_help_states_the_limits(capsys):
    with pytest.raises(SystemExit):
        main(["sheet", "--help"])
    assert " ".join(capsys.readouterr().out.split()).count("at most 100)") == 2


EARLY = [
    ["train", "exercises/no_such"],
    ["train", RECIPES[0], "--dataset", "nothing"],
    ["train", RECIPES[0], "--set", "epochz=1"],
    ["train", RECIPES[0], "--pretrained", "no.safetensors"],
    ["train", RECIPES[0], "--out", "file"],
    ["train", "cifar10/default", "--data-dir", "nowhere"],
    ["lr-range", "exercises/no_such"],
    ["lr-range", "cifar10/default", "--data-dir", "nowhere"],
    ["run", "exercises", "--recipes", "no_such"],
    ["parity", "exercises/no_such", "--backends", ",".join(backend.installed())],
    ["evaluate", "no.keras"],
    ["evaluate", "file"],
    ["predict", "no.keras", "a.png"],
    ["predict", "m.keras", "no.png"],
    ["describe", "no.keras"],
    ["describe", "exercises/no_such"],
    ["sheet", "crop", "--data-dir", "nowhere", "--dataset", "cifar10"],
    ["bench", "draws", "--recipe", "exercises/no_such"],
    ["bench", "training", "--recipes", RECIPES[0], "exercises/no_such"],
    ["report", "--runs", "nowhere"],
    ["collect", "--runs", "nowhere"],
]


def test_mistakes_are_named_before_a_backend_is_imported(python):
    """In one process, where importing Keras or a backend would fail."""
    model = CNN((8, 8, 1), 10, filters=(2,), units=())
    save_model(model, python.folder / "m.keras", {})
    (python.folder / "file").write_text("a file")
    code = f"""
import sys
for name in ("keras", "tensorflow", "torch", "jax"):
    sys.modules[name] = None
from kerasdl.__main__ import main
for words in {EARLY!r}:
    print(main(words), words, flush=True)
"""
    done = python("-c", code, check=False, KERAS_BACKEND=backend.require())
    assert done.returncode == 0, done.stderr
    assert [line[0] for line in done.stdout.splitlines() if line[1:3] == " ["] == ["2"] * len(EARLY)
    assert done.stderr.count(": error: ") == len(EARLY), done.stderr


@pytest.mark.any_backend
@pytest.mark.skipif(sys.platform == "win32", reason="bytes of POSIX")
def test_names_that_are_no_text_are_printed(tmp_path, monkeypatch, python):
    """A file's name of other bytes than UTF-8 stands in the output as it can."""
    name = os.fsdecode(b"\xff.keras")
    done = python("-m", "kerasdl", "describe", name, check=False)
    assert done.returncode == 2
    assert "There is no model file" in done.stderr
    assert "Traceback" not in done.stderr
