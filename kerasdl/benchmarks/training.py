"""Training as `kerasdl train` does it, beside plain Keras and loops written by hand.

This process imports no backend: a child that is started counts the memory of its parent as its own.
"""

import dataclasses
import statistics
import subprocess
import sys
from pathlib import Path

import kerasdl
from kerasdl import allocation, backend
from kerasdl.benchmarks import rounds
from kerasdl.benchmarks.rounds import Contender
from kerasdl.runs import record

NATIVE = Path(kerasdl.__file__).parents[1] / "scripts" / "native"
"""The loops written by hand, one file a backend, where kerasdl runs from its repository."""

NO_NATIVE = "The hand-written loops (scripts/native) are in a checkout of kerasdl only."


def measure(setting, n=7, notify=rounds.silent):
    """Images per second of all contenders, over `n` epochs each, in turn.

    A contender that fails, or trains a network with another number of weights than ours, is in the
    result with its reason.

    Args:
        setting: a `kerasdl.benchmarks.workload.Setting`.
        n: epochs counted, after one that is not.
        notify: as of `kerasdl.benchmarks.rounds.counted`.

    Returns:
        A dictionary for JSON: `setting`, `varied` (what of it differs from the workload), `n`,
        `contenders`, `notices` (sentences), backend, hardware, versions and date. A contender has
        `kind`, `name`, and `failed`, a sentence, or: `images_per_second` (median), `quartiles`,
        `rates` (of each epoch), `ratio` (the median of our rate over its rate, epoch by epoch),
        `compile_seconds` (of building the network and the first step), `start_seconds` (of the
        process, to the end of that step), `peak_memory_mib` (after the first and the last epoch,
        as far as known), `parameters` and `loss` (of the last epoch).
    """
    contenders, notices = _contenders(setting)
    outcomes = rounds.train_in_turn(contenders, n + 1, notify)
    ours = outcomes[0]
    name = backend.require()
    ready = [outcome.ready for outcome in outcomes if "accelerators" in outcome.ready]
    return {
        "setting": dataclasses.asdict(setting),
        "varied": list(setting.varied),
        "backend": name,
        "n": n,
        "contenders": [_entries(outcome, ours) for outcome in outcomes],
        "notices": notices,
        **record.environment(
            name,
            ready[0]["accelerators"] if ready else (),
            packages=("jaxlib",) if name == "jax" else (),
        ),
    }


def _contenders(setting):
    """Ours, plain Keras, ours in other ways, the loops by hand; and sentences about them."""
    words = {
        "--precision": setting.precision,
        "--batch-size": setting.batch_size,
        "--images": setting.images,
    }
    sizes = {"--image-size": setting.image_size}
    if setting.depth is not None:
        sizes["--depth"] = setting.depth

    def contender(kind, name, program, *options):
        given = (str(word) for option in options for pair in option.items() for word in pair)
        return Contender(kind, name, (sys.executable, *program, *given, "--wait"))

    module = ("-m", "kerasdl.benchmarks.contender")
    found = [
        contender("ours", "kerasdl", (*module, "ours", setting.workload), words, sizes),
        contender("keras", "Keras fit", (*module, "keras", setting.workload), words, sizes),
    ]
    if allocation.can_keep():
        program = (*module, "ours", setting.workload, "--gives-memory-back")
        found.append(contender("allocation", "kerasdl, memory given back", program, words, sizes))
    if backend.require() != "jax":  # which always compiles
        program = (*module, "ours", setting.workload, "--jit-compile")
        found.append(contender("compiled", "kerasdl, jit_compile", program, words, sizes))
    script = NATIVE / f"train_{backend.require()}.py"
    if not script.exists():
        return found, [NO_NATIVE]
    variants, notices = _variants(script, setting.workload)
    program = (str(script), setting.workload)
    found += [
        contender("native", variant, program, {"--variant": variant}, words, sizes)
        for variant in variants
    ]
    return found, notices


def _variants(script, workload):
    """The variants of a hand-written loop, and sentences on why there are none."""
    done = subprocess.run(
        [sys.executable, str(script), workload, "--list-variants"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"code {done.returncode}"])[-1]
        return [], [f"{script.name} does not list its variants: {reason:.200}."]
    return done.stdout.split(), []


def _entries(outcome, ours):
    """What is recorded of a contender."""
    entries = {"kind": outcome.contender.kind, "name": outcome.contender.name}
    parameters = outcome.ready.get("parameters")
    if outcome.failure is not None:
        return {**entries, "failed": outcome.failure}
    if ours.ready and parameters != ours.ready["parameters"]:
        return {
            **entries,
            "failed": f"has {parameters:,} weights; ours has {ours.ready['parameters']:,}",
        }
    rates = _rates(outcome)
    low, middle, high = statistics.quantiles(rates, method="inclusive") if rates[1:] else rates * 3
    if ours.failure is None:
        ratios = [a / b for a, b in zip(_rates(ours), rates, strict=True)]
        entries["ratio"] = round(statistics.median(ratios), 4)
    last = outcome.epochs[-1]
    return {
        **entries,
        "images_per_second": round(middle, 1),
        "quartiles": [round(low, 1), round(high, 1)],
        "rates": rates,
        "compile_seconds": outcome.ready["compile_seconds"],
        "start_seconds": outcome.ready["start_seconds"],
        "peak_memory_mib": [
            outcome.epochs[0].get("peak_memory_mib"),
            outcome.done.get("peak_memory_mib"),
        ],
        "parameters": parameters,
        "loss": last.get("loss"),
    }


def _rates(outcome):
    """Images per second of the epochs that count."""
    return [epoch["images_per_second"] for epoch in outcome.epochs[1:]]
