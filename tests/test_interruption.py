"""Signals, and readers that leave: a run ends in order, or goes on."""

import json
import os
import signal
import subprocess
import sys
import time

import keras
import pytest

from kerasdl import interruption, processes

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and pipes of POSIX")


@pytest.mark.parametrize("name", interruption.NAMES)
def test_each_signal_is_handled_and_given_back(name):
    number, asked = getattr(signal, name), []
    before = signal.getsignal(number)
    with interruption.handled_by(lambda number, frame: asked.append(number)):
        signal.raise_signal(number)
    assert asked == [number]
    assert signal.getsignal(number) == before


def test_an_ignored_signal_stays_ignored():
    """As `nohup` has it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruption.handled_by(pytest.fail):
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


TRAIN = ["exercises/circles_linear", "--epochs", "3", "--limit-train", "100"]


def started(folder, out, *words):
    return subprocess.Popen(
        [sys.executable, "-m", "kerasdl", "train", *TRAIN, *words],
        cwd=folder, stdout=out, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "KERAS_BACKEND": keras.backend.backend()},
    )  # fmt: skip


def status_in(folder):
    return json.loads(next(folder.rglob("result.json")).read_text())["status"]


def test_training_goes_on_when_its_reader_has_left(tmp_path):
    """As in `kerasdl train ... | head -1`."""
    process = started(tmp_path, subprocess.PIPE)
    assert "circles" in process.stdout.readline()
    process.stdout.close()
    with process.stderr:
        errors = process.stderr.read()
    assert (process.wait(120), status_in(tmp_path)) == (0, "finished")
    assert "BrokenPipe" not in errors


def test_training_without_standard_output(tmp_path):
    """As by `>&-`."""
    program = "import os, sys; os.close(1); os.execv(sys.executable, sys.argv[1:])"
    words = [sys.executable, "-c", program, sys.executable, "-m", "kerasdl", "train", *TRAIN]
    environment = {**os.environ, "KERAS_BACKEND": keras.backend.backend()}
    done = subprocess.run(
        words, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=environment, check=False
    )
    assert (done.returncode, status_in(tmp_path)) == (0, "finished"), done.stderr
    assert "Traceback" not in done.stderr


def test_thirty_interruptions_are_one(tmp_path):
    process = started(tmp_path, subprocess.DEVNULL, "--set", "epochs=100000")
    until = time.monotonic() + 120
    while not list(tmp_path.rglob("log.csv")):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)
    for _ in range(30):
        process.send_signal(signal.SIGINT)
        time.sleep(0.003)
    with process.stderr:
        errors = process.stderr.read()
    # The last of them may come when Python has given the signal back: a shell calls both 130.
    assert process.wait(60) in (130, -signal.SIGINT)
    assert "Traceback" not in errors
    assert "interrupted" in errors
    assert status_in(tmp_path) == "interrupted"


def test_printing_goes_on_when_the_terminal_is_closed():
    controller, terminal = os.openpty()
    with os.fdopen(terminal, "w") as stream:
        out = processes.OutlivesReader(stream)
        print("read", file=out, flush=True)
        assert os.read(controller, 100).strip() == b"read"
        os.close(controller)
        print("unread", file=out, flush=True)
        print("unread", file=out, flush=True)
