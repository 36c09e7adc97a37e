"""What `kerasdl bench training` measured: a table of one measurement, and tables of all."""

import statistics
from dataclasses import dataclass

from kerasdl.backend import BACKENDS
from kerasdl.reports.tables import Table, environment_columns
from kerasdl.text import distinct, markdown_table

_UNEVEN = 1.5  # an upper quartile of more than so many times the lower one


@dataclass(frozen=True)
class TrainingSpeed:
    """Measurements on one backend and one machine, with the same versions.

    Attributes:
        backend: its name for people.
        table: a row a workload, precision and size.
        environment: on what they were measured, and when, in words.
        remarks: sentences: what failed, and what was left out.
    """

    backend: str
    table: Table
    environment: str
    remarks: tuple


def gather(measurements):
    """A `TrainingSpeed` of what has its usual size, for each backend and environment.

    Args:
        measurements: what `kerasdl.benchmarks.training.measure` returned, in any order.

    Returns:
        A tuple in the order of `BACKENDS`.
    """
    return _tables([each for each in measurements if not each["varied"]], _COLUMNS)


def growth(measurements):
    """The same of what was measured in several sizes, the usual one among them.

    Args:
        measurements: as of `gather`.

    Returns:
        A tuple in the order of `BACKENDS`.
    """
    varied = {_series(each) for each in measurements if each["varied"]}
    return _tables([each for each in measurements if _series(each) in varied], _GROWTH_COLUMNS)


def _series(measurement):
    """What measurements that differ in their size alone have in common."""
    setting = measurement["setting"]
    return (*_machine(measurement), setting["workload"], setting["precision"])


def _machine(measurement):
    hardware, versions, _ = (cell(measurement) for _, cell in _ENVIRONMENT)
    return measurement["backend"], hardware, versions


def _tables(measurements, columns):
    groups = {}
    for each in sorted(measurements, key=_order):
        groups.setdefault(_machine(each), []).append(each)
    return tuple(
        TrainingSpeed(
            BACKENDS[backend],
            Table.of(columns, group),
            f"{hardware}; {versions}; {distinct(each['date'] for each in group)}.",
            tuple(remark for each in group for remark in _remarks(each)),
        )
        for (backend, hardware, versions), group in groups.items()
    )


def measurement_text(measurement):
    """A table of all contenders of one measurement, for a terminal, and what is to be said of it."""
    table = Table.of(_CONTENDER_COLUMNS, measurement["contenders"], numeric=True)
    lines = [markdown_table(table.headings, table.rows, table.numeric)]
    lines.append(f"Medians of epochs in turn, n = {measurement['n']}; quartiles in brackets.")
    return "\n".join([*lines, *_remarks(measurement)])


def _order(measurement):
    setting = measurement["setting"]
    return (
        list(BACKENDS).index(measurement["backend"]),
        *_machine(measurement),
        *(str(setting[name]) for name in ("workload", "precision")),
        *(setting[name] or 0 for name in ("depth", "image_size", "batch_size", "images")),
    )


def _remarks(measurement):
    """Sentences on contenders that failed or were uneven, and what the measurement itself says."""
    for each in measurement["contenders"]:
        if "failed" in each:
            reason = each["failed"].removesuffix(".")
            yield f"{_workload(measurement)}, {_precision(measurement)}: {each['name']} failed: {reason}."
        elif each["quartiles"][1] > _UNEVEN * each["quartiles"][0]:
            yield f"{_workload(measurement)}, {_precision(measurement)}: {_uneven(each, measurement)}"
    for notice in measurement["notices"]:
        yield f"{_workload(measurement)}, {_precision(measurement)}: {notice}"


def _uneven(contender, measurement):
    """How far the epochs of a contender differ, and how ours compare with its faster ones."""
    low, high = contender["quartiles"]
    sentence = f"epochs of {contender['name']} differ: {low:,.0f} to {high:,.0f} images/s"
    ours = _OURS(measurement)
    if ours is None or contender["kind"] == "ours":
        return f"{sentence}."
    return f"{sentence}; beside its upper quartile the ratio is {ours['images_per_second'] / high:.2f}."


def _workload(measurement):
    setting, varied = measurement["setting"], measurement["varied"]
    words = [setting["workload"]]
    if "depth" in varied:
        words.append(f"{setting['depth']} blocks")
    if "image_size" in varied:
        words.append(_image(measurement))
    if "batch_size" in varied:
        words.append(f"batches of {setting['batch_size']}")
    return ", ".join(map(str, words))


def _image(measurement):
    size = measurement["setting"]["image_size"]
    return f"{size}x{size}"


def _precision(measurement):
    return measurement["setting"]["precision"]


def _best(kind):
    """The function of a measurement that gives its strongest contender of a kind, or `None`.

    That is the one to which our ratio is the lowest, or the fastest where ours has no rate.
    """

    def find(measurement):
        ran = [
            each
            for each in measurement["contenders"]
            if each["kind"] == kind and "failed" not in each
        ]
        return min(ran, key=_strength, default=None)

    return find


def _strength(contender):
    return contender.get("ratio", 0), -contender["images_per_second"]


_KINDS = ("ours", "keras", "native", "allocation", "compiled")
_OURS, _KERAS, _NATIVE, _GIVEN_BACK, _COMPILED = map(_best, _KINDS)


def _cell(find, write):
    """A cell about one contender of a measurement; a dash where there is none."""

    def cell(measurement):
        found = find(measurement)
        return "-" if found is None else write(found)

    return cell


def _rate(contender):
    low, high = contender["quartiles"]
    return f"{contender['images_per_second']:,.0f} ({low:,.0f} to {high:,.0f})"


def _named_rate(contender):
    return f"{contender['name']} {_rate(contender)}"


def _ratio(contender):
    return f"{contender['ratio']:.2f}" if "ratio" in contender else "-"


def _compiled_beside_native(measurement):
    """The median ratio of the rates of ours, compiled, and of the best loop by hand."""
    compiled, native = _COMPILED(measurement), _NATIVE(measurement)
    if compiled is None or native is None:
        return "-"
    pairs = zip(compiled["rates"], native["rates"], strict=True)
    return f"{statistics.median(ours / theirs for ours, theirs in pairs):.2f}"


def _compiled_in(contender):
    return f"{contender['compile_seconds']:.1f}"


def _first_step(contender):
    return f"{contender['start_seconds']:.1f}"


def _memory(contender):
    """Peak memory after the first and the last epoch; where the first is not known, of the last."""
    known = [f"{each:,.0f}" for each in contender["peak_memory_mib"] if each is not None]
    return " to ".join(known) or "-"


def _of_each(write, kinds=(_OURS, _KERAS, _NATIVE, _COMPILED)):
    """A cell of several contenders, separated by slashes: the best of each kind."""
    cells = [_cell(find, write) for find in kinds]
    return lambda measurement: " / ".join(cell(measurement) for cell in cells)


def _unless_failed(write):
    return lambda contender: "fails" if "failed" in contender else write(contender)


_ENVIRONMENT = environment_columns(lambda measurement: [measurement])
_RATES = (
    ("kerasdl", _cell(_OURS, _rate)),
    ("Keras fit", _cell(_KERAS, _rate)),
    ("ratio", _cell(_KERAS, _ratio)),
    ("best loop by hand", _cell(_NATIVE, _named_rate)),
    ("ratio", _cell(_NATIVE, _ratio)),
)
_COLUMNS = (
    ("workload", _workload),
    ("precision", _precision),
    ("batch", lambda measurement: str(measurement["setting"]["batch_size"])),
    *_RATES,
    ("kerasdl, compiled", _cell(_COMPILED, _rate)),
    ("ratio", _compiled_beside_native),
    ("memory kept", _cell(_GIVEN_BACK, _ratio)),
    ("compiled in, s", _of_each(_compiled_in)),
    ("first step, s", _of_each(_first_step)),
    ("peak memory, MiB", _of_each(_memory)),
    ("n", lambda measurement: str(measurement["n"])),
)
_GROWTH_COLUMNS = (
    ("workload", lambda measurement: measurement["setting"]["workload"]),
    ("precision", _precision),
    ("image", _image),
    ("blocks", lambda measurement: str(measurement["setting"]["depth"] or "-")),
    ("batch", lambda measurement: str(measurement["setting"]["batch_size"])),
    *_RATES,
    ("peak memory, MiB", _of_each(_memory, (_OURS, _KERAS, _NATIVE))),
    ("n", lambda measurement: str(measurement["n"])),
)
_CONTENDER_COLUMNS = (
    ("", lambda contender: contender["name"]),
    ("images/s", _unless_failed(_rate)),
    ("ratio", _unless_failed(_ratio)),
    ("compiled in, s", _unless_failed(_compiled_in)),
    ("first step, s", _unless_failed(_first_step)),
    ("peak memory, MiB", _unless_failed(_memory)),
)
