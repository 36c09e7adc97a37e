"""Where the time of a training step goes, for `kerasdl bench step`.

This process imports no backend, as that of `kerasdl.benchmarks.training`.
"""

import dataclasses
import statistics
import sys

from kerasdl import backend
from kerasdl.benchmarks import rounds
from kerasdl.benchmarks.rounds import Contender
from kerasdl.runs import record

ON_A_CPU = (
    "is on an accelerator, which computes while Python goes on: parts are timed on a CPU only"
)


def measure(setting, n=7, notify=rounds.silent):
    """Milliseconds that each part of a step takes, medians over `n` epochs.

    Args:
        setting: a `kerasdl.benchmarks.workload.Setting`.
        n: epochs counted, after one that is not.
        notify: as of `kerasdl.benchmarks.rounds.counted`.

    Returns:
        A dictionary for JSON: `setting`, `backend`, `n`, hardware, versions and date, and `failed`,
        a sentence, or: `milliseconds` (part -> median; `all` is the whole step), `quartiles` (part
        -> two numbers), and on PyTorch `operations`, milliseconds of its own operations in a step.
    """
    words = (sys.executable, "-m", "kerasdl.benchmarks.step_parts", setting.workload)
    words += ("--precision", setting.precision, "--batch-size", str(setting.batch_size))
    words += ("--images", str(setting.images), "--wait")
    (outcome,) = rounds.train_in_turn([Contender("ours", "kerasdl", words)], n + 1, notify)
    in_use, devices = backend.require(), outcome.ready.get("accelerators", ())
    return {
        "setting": dataclasses.asdict(setting),
        "backend": in_use,
        "n": n,
        **_measured(outcome, devices),
        **record.environment(in_use, devices),
    }


def _measured(outcome, devices):
    """What is recorded of a training."""
    if outcome.failure is not None:
        return {"failed": outcome.failure}
    if devices:
        return {"failed": ON_A_CPU}
    first, *epochs = outcome.epochs
    parts = [epoch["milliseconds"] for epoch in epochs]
    found = {name: [each[name] for each in parts] for name in parts[0]}
    operations = {"operations": first["operations"]} if "operations" in first else {}
    return {
        "milliseconds": {name: round(statistics.median(each), 3) for name, each in found.items()},
        "quartiles": {name: _quartiles(each) for name, each in found.items()},
        **operations,
    }


def _quartiles(values):
    low, _, high = statistics.quantiles(values, method="inclusive") if values[1:] else values * 3
    return [round(low, 3), round(high, 3)]
