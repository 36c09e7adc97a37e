"""`kerasdl completion`: what a shell offers for the words typed so far."""

import shutil
import subprocess

import pytest

from kerasdl import studies
from kerasdl.__main__ import COMMANDS, build_parser, main
from kerasdl.commands import _completion_scripts
from kerasdl.recipes.rules import PRECISIONS

pytestmark = pytest.mark.no_backend


@pytest.fixture
def script(capsys, tmp_path):
    """The path of the script for a shell."""

    def write(shell):
        assert main(["completion", shell]) == 0
        path = tmp_path / f"kerasdl.{shell}"
        path.write_text(capsys.readouterr().out)
        return path

    return write


def offered(path, *words):
    """What bash offers for the last of the words."""
    quoted = " ".join(f"'{word}'" for word in words)
    code = f"source {path}; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _kerasdl; "
    code += 'printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["tr"], ["train"]),
        (["doc"], ["doctor"]),
        (["--v"], ["--version"]),
        (["train", "dropout/model7"], ["dropout/model7", "dropout/model7b"]),
        (["train", "cifar10/default", "--ep"], ["--epochs"]),
        (["train", "--precision", ""], [*PRECISIONS]),
        (["train", "--dataset", "cifar"], ["cifar10", "cifar100"]),
        (["train", "--data", ""], []),  # then bash offers files
        (["train", "--track", "t"], ["tensorboard"]),
        (["train", "--set", "optimizer.l"], ["optimizer.learning_rate="]),
        (["lr-range", "--set", "mix"], ["mix.name=", "mix.alpha="]),
        (["sheet", "crop_"], ["crop_flip", "crop_flip_colour"]),
        (["run", "reg"], ["regularization"]),
        (["evaluate", "--part", "t"], ["test", "train"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
    ],
)
def test_bash(script, words, expected):
    assert offered(script("bash"), "kerasdl", *words) == expected


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_every_command_and_recipe_is_offered(script):
    path = script("bash")
    assert offered(path, "kerasdl", "") == [*COMMANDS, "--help", "--version"]
    assert offered(path, "kerasdl", "train", "") == [*studies.names()]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh")
def test_zsh_reads_the_script(script):
    subprocess.run(["zsh", "-n", script("zsh")], check=True)
    code = f"source {script('zsh')}; whence -w _kerasdl"
    done = subprocess.run(["zsh", "-f", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "_kerasdl: function\n"


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
def test_fish(script):
    code = f"source {script('fish')}; complete -C 'kerasdl train dropout/model7'"
    done = subprocess.run(["fish", "-N", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["dropout/model7", "dropout/model7b"]


def test_fish_has_every_option(script):
    """A line each, with its help in quotes that are closed."""
    lines = script("fish").read_text().splitlines()[1:]
    found = _completion_scripts.commands(build_parser(set(COMMANDS)))
    options = sum(len(command.options) for command in found)
    assert len(lines) == len(found) + options + sum(bool(command.words) for command in found)
    assert all(line.replace("\\'", "").count("'") % 2 == 0 for line in lines)
