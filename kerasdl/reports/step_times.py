"""What `kerasdl bench step` measured: where the time of a training step goes, a table a backend."""

from dataclasses import dataclass

from kerasdl.backend import BACKENDS
from kerasdl.reports.tables import Table, environment_columns
from kerasdl.text import distinct, markdown_table


@dataclass(frozen=True)
class StepTimes:
    """Steps on one backend and one machine, with the same versions.

    Attributes:
        backend: its name for people.
        table: a row a workload, precision and batch.
        environment: on what they were measured, and when, in words.
        remarks: sentences: what failed.
    """

    backend: str
    table: Table
    environment: str
    remarks: tuple


def gather(steps, measurements=()):
    """A `StepTimes` for each backend and environment, in the order of `BACKENDS`.

    Args:
        steps: what `kerasdl.benchmarks.step_breakdown.measure` returned, in any order.
        measurements: what `kerasdl.benchmarks.training.measure` returned: the fastest loop by hand
            of the same setting and hardware stands beside a step.
    """
    groups = {}
    for each in sorted(steps, key=_order):
        hardware, versions, _ = (cell(each) for _, cell in _ENVIRONMENT)
        groups.setdefault((each["backend"], hardware, versions), []).append(each)
    return tuple(
        StepTimes(
            BACKENDS[backend],
            _table([each for each in group if "failed" not in each], measurements),
            f"{hardware}; {versions}; {distinct(each['date'] for each in group)}.",
            tuple(_failure(each) for each in group if "failed" in each),
        )
        for (backend, hardware, versions), group in groups.items()
    )


def step_text(step):
    """The parts of one step, for a terminal."""
    if "failed" in step:
        return _failure(step)
    table = _table([step])
    lines = [markdown_table(table.headings, table.rows, table.numeric)]
    return "\n".join([*lines, f"Milliseconds: medians of epochs, n = {step['n']}."])


def _table(steps, measurements=()):
    parts = dict.fromkeys(name for step in steps for name in step["milliseconds"])
    columns = [
        ("workload", lambda step: step["setting"]["workload"]),
        ("precision", lambda step: step["setting"]["precision"]),
        ("batch", lambda step: str(step["setting"]["batch_size"])),
        *((name, lambda step, name=name: _part(step, name)) for name in parts),
    ]
    if any("operations" in step for step in steps):
        columns.append(("within: operations", _operations))
    if measurements:
        columns.append(("fastest loop by hand", lambda step: _by_hand(step, measurements)))
    columns.append(("n", lambda step: str(step["n"])))
    return Table.of(columns, steps)


def _part(step, name):
    return _milliseconds(step["milliseconds"][name]) if name in step["milliseconds"] else "-"


def _operations(step):
    return _milliseconds(step["operations"]) if "operations" in step else "-"


def _milliseconds(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _by_hand(step, measurements):
    """The fastest loop by hand and its milliseconds a step; a dash where none was measured."""
    setting = step["setting"]
    loops = [
        contender
        for each in measurements
        if (each["backend"], each["hardware"]) == (step["backend"], step["hardware"])
        and all(each["setting"][name] == setting[name] for name in _SETTING)
        for contender in each["contenders"]
        if contender["kind"] == "native" and "failed" not in contender
    ]
    if not loops:
        return "-"
    fastest = max(loops, key=lambda each: each["images_per_second"])
    milliseconds = 1000 * setting["batch_size"] / fastest["images_per_second"]
    return f"{fastest['name']} {_milliseconds(milliseconds)}"


def _failure(step):
    workload, precision, batch_size, *_ = (step["setting"][name] for name in _SETTING)
    reason = step["failed"].removesuffix(".")
    return f"{workload}, {precision}, batches of {batch_size}: failed: {reason}."


def _order(step):
    return (
        list(BACKENDS).index(step["backend"]),
        *(cell(step) for _, cell in _ENVIRONMENT),
        *(str(step["setting"][name]) for name in ("workload", "precision")),
        *(step["setting"][name] for name in ("batch_size", "images")),
    )


_ENVIRONMENT = environment_columns(lambda step: [step])
_SETTING = ("workload", "precision", "batch_size", "image_size", "depth")
