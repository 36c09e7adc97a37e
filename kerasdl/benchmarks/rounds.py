"""Contenders, a process each, that train an epoch in turn, so that only one computes at a time.

A contender prints lines of JSON: `{"ready": true, ...}` after its first step, `{"epoch": 1, ...}`
after each epoch, `{"done": true, ...}` at its end. It reads a line before each epoch, and ends
where there is none.
"""

import contextlib
import itertools
import json
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass, field

PATIENCE = 60  # seconds from the last epoch to the end of a process
USAGE = 2  # the code of a process that ends over its arguments, with one sentence
_TRACEBACK = "Traceback (most recent call last):"
_IGNORED = "Exception ignored in"
_STACK = ("Detected at node", "<stack traces")  # of TensorFlow, where a graph was built
_IN_A_LAYER = "Exception encountered when calling"
_COLOUR = re.compile(r"\x1b\[\d*m")


@dataclass(frozen=True)
class Contender:
    """A program that follows the protocol.

    Attributes:
        kind: `"ours"`, `"keras"`, `"native"`; `"compiled"`: ours, with the recipe's `jit_compile`;
            or `"allocation"`: ours, with the memory that it frees given back to the system.
        name: for people.
        command: sequence of words.
    """

    kind: str
    name: str
    command: tuple


@dataclass
class Outcome:
    """What a contender printed, and how it failed.

    Attributes:
        contender: the `Contender`.
        ready: what it printed after its first step, and `start_seconds` from the start of its
            process to then.
        epochs: what it printed after each epoch.
        done: what it printed at its end.
        failure: why it did not come to its end, in words, or `None`.
    """

    contender: Contender
    ready: dict = field(default_factory=dict)
    epochs: list = field(default_factory=list)
    done: dict = field(default_factory=dict)
    failure: str | None = None


def silent(number, total):
    """Show nothing of how far a measurement is."""


def counted(total, notify=silent):
    """The numbers of `total` rounds, from 0; `notify` is called before each, and never within one.

    Args:
        total: how many.
        notify: called with the number of the round that begins, counted from 1, and with `total`.

    Example:
    >>> list(counted(2, notify=lambda number, total: print(f"round {number}/{total}")))
    round 1/2
    round 2/2
    [0, 1]
    """
    for number in range(total):
        notify(number + 1, total)
        yield number


def train_in_turn(contenders, rounds, notify=silent):
    """Start all contenders one after the other, then let each train an epoch, round after round.

    One that fails is left out of the rounds that follow.

    Args:
        contenders: sequence of `Contender`.
        rounds: number of epochs of each.
        notify: as of `counted`.

    Returns:
        List of `Outcome`, one a contender.
    """
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(_Running(each)) for each in contenders]
        for each in running:
            each.take_turn("start")
        for _ in counted(rounds, notify):
            for each in running:
                each.take_turn("train_epoch")
        for each in running:
            each.take_turn("end")
        return [each.outcome for each in running]


class _Failure(Exception):
    """The process ended, or said something else than it should."""


class _Running:
    """The process of a contender; leaving its context ends it, however far it came."""

    def __init__(self, contender):
        self.outcome = Outcome(contender)
        self._process = None

    def __enter__(self):
        self._errors = tempfile.TemporaryFile()
        return self

    def __exit__(self, *_):
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._errors.close()

    def take_turn(self, turn):
        """Call a method, and note its failure; after a failure, do nothing."""
        if self.outcome.failure is not None:
            return
        try:
            getattr(self, turn)()
        except (_Failure, OSError) as error:
            self.outcome.failure = str(error) or type(error).__name__

    def start(self):
        """Start the process, and wait until its first step is done."""
        began = time.perf_counter()
        self._process = subprocess.Popen(
            self.outcome.contender.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        ready = self._read("ready", "compile_seconds", "parameters")
        self.outcome.ready = {**ready, "start_seconds": round(time.perf_counter() - began, 3)}

    def train_epoch(self):
        """Let it train an epoch, and wait for its end."""
        try:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None
        self.outcome.epochs.append(self._read("epoch", "images_per_second"))

    def end(self):
        """Let it end."""
        self._process.stdin.close()
        self._process.stdin = None  # or `communicate` would flush it
        self.outcome.done = self._read("done")

    def _read(self, *keys):
        """The next line of JSON, which should have `keys`; other lines are skipped."""
        for line in self._process.stdout:
            with contextlib.suppress(ValueError):
                entries = json.loads(line)
                if isinstance(entries, dict):
                    break
        else:
            raise self._ended()
        if missing := [key for key in keys if key not in entries]:
            raise _Failure(f"printed {line.strip():.80}, which lacks {', '.join(missing)}")
        return entries

    def _ended(self):
        """The failure of a process that closed its output: its errors say why."""
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return _Failure("closed its output and went on")
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        ending = f"ended by signal {-code}" if code < 0 else f"ended with code {code}"
        if code <= 0 or not lines:
            return _Failure(ending)
        return _Failure((lines[-1].strip() if code == USAGE else _reason(lines))[:300])


def _reason(lines):
    """What the errors of a process say of why it ended: of a traceback the exception, else the last line.

    The message of an exception may go on below its first line. Where that says only which layer
    raised it, as Keras does, or that a graph did, as TensorFlow does, the next line is taken too.
    """
    begins = [
        number
        for number, (before, line) in enumerate(zip(["", *lines], lines, strict=False))
        if line.startswith(_TRACEBACK) and not before.startswith(_IGNORED)
    ]
    below = lines[begins[-1] + 1 :] if begins else []
    below = itertools.takewhile(lambda line: not line.startswith(_IGNORED), below)
    message = itertools.dropwhile(lambda line: line.startswith(" "), below)
    message = [
        _COLOUR.sub("", line).strip()
        for line in message
        if line.strip() and not line[0].isspace() and not line.startswith(_STACK)
    ]
    if not message:
        return lines[-1].strip()
    goes_on = message[0].endswith(":") or _IN_A_LAYER in message[0]
    return " ".join(message[: 2 if goes_on else 1])
