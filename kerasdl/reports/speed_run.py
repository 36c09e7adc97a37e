"""`cifar10/fast` beside the script that it comes from, and `cifar10/default`: accuracies and minutes."""

import json
import statistics
from dataclasses import dataclass
from pathlib import Path

from kerasdl.backend import BACKENDS
from kerasdl.errors import UsageError
from kerasdl.reports.tables import Table, environment_columns

FAST, SCRIPT = "cifar10/fast", "airbench94_torch.py"
RECIPES = (FAST, "cifar10/default")
FILES = "airbench94-seed*.jsonl"
"""What the script printed, a file a run: its standard output."""


@dataclass(frozen=True)
class SpeedRun:
    """All runs of the recipes and of the script.

    Attributes:
        means: `Table`, a row for each recipe on each backend, and one for the script.
        runs: `Table`, a row a run.
    """

    means: Table
    runs: Table


@dataclass(frozen=True)
class _Trained:
    """One training, of a recipe or of the script.

    Attributes:
        program: the recipe's name, or the script's.
        backend: its name for people.
        seed: whole number.
        accuracy: of the test images, from 0 to 1.
        augmented: the same with test-time augmentation.
        minutes: of training.
        result: of a run, its `result.json`; of the script an empty dictionary.
    """

    program: str
    backend: str
    seed: int
    accuracy: float
    augmented: float
    minutes: float
    result: dict


def read_script(folder):
    """What the script printed of each of its runs, the last line of each file in `folder`.

    Returns:
        Dictionary: seed -> the line, a dictionary.

    Raises:
        UsageError: a file is not what the script printed, or its training did not end.

    Example:
    >>> read_script(tmp)
    {}
    """
    found = {}
    for path in sorted(Path(folder).glob(FILES)):
        try:
            seed = int(path.stem.removeprefix("airbench94-seed"))
            line = json.loads(path.read_text(encoding="utf-8").strip().splitlines()[-1])
            _of_script(seed, line)
        except (ValueError, LookupError, TypeError):
            raise UsageError(
                f"{path} should be what {SCRIPT} --seed N printed, to its end: run it again, or "
                "remove the file."
            ) from None
        found[seed] = line
    return found


def gather(runs, script=None):
    """The `SpeedRun` of finished runs, and of what `read_script` gave; `None` where there is none.

    Args:
        runs: sequence of `kerasdl.runs.finished.FinishedRun`, of any recipes.
        script: dictionary: seed -> line.
    """
    trained = [_of_run(run) for run in runs if run.recipe in RECIPES]
    trained = [each for each in trained if each is not None]
    order = list(BACKENDS.values())
    trained.sort(
        key=lambda each: (RECIPES.index(each.program), order.index(each.backend), each.seed)
    )
    trained += [_of_script(seed, line) for seed, line in sorted((script or {}).items())]
    if not trained:
        return None
    groups = {}
    for each in trained:
        groups.setdefault((each.program, each.backend), []).append(each)
    minutes = {each.seed: each.minutes for each in trained if each.program == SCRIPT}
    beside = ("of the script's minutes", _shares(minutes))
    return SpeedRun(Table.of((*_MEANS, beside, _COUNT), groups.values()), Table.of(_RUNS, trained))


def _of_run(run):
    metrics = run.result.get("metrics", {})
    if run.result.get("status") != "finished" or "test_augmented" not in metrics:
        return None
    accuracies = (metrics[part]["accuracy"] for part in ("test", "test_augmented"))
    minutes = run.result["seconds"] / 60
    return _Trained(run.recipe, BACKENDS[run.backend], run.seed, *accuracies, minutes, run.result)


def _of_script(seed, line):
    numbers = (float(line[key]) for key in ("accuracy", "accuracy_with_augmentation", "minutes"))
    return _Trained(SCRIPT, BACKENDS["torch"], seed, *numbers, {})


def _percent(value):
    return f"{100 * value:.2f}"


def _mean(name):
    """The function of a group that writes mean and standard deviation of an accuracy over seeds."""

    def cell(group):
        values = [getattr(each, name) for each in group]
        if len(values) == 1:
            return _percent(values[0])
        return f"{_percent(statistics.mean(values))} ± {_percent(statistics.stdev(values))}"

    return cell


def _minutes(group):
    values = sorted(each.minutes for each in group)
    spread = f" ({values[0]:.1f} to {values[-1]:.1f})" if values[1:] else ""
    return f"{statistics.median(values):.1f}{spread}"


def _shares(script):
    """The function of a group that divides minutes of `FAST` by the script's with the same seed.

    Args:
        script: dictionary: seed -> minutes, of PyTorch.
    """

    def cell(group):
        if group[0].program != FAST or group[0].backend != BACKENDS["torch"]:
            return "-"
        shares = (
            f"seed {each.seed}: {each.minutes / script[each.seed]:.2f}"
            for each in group
            if each.seed in script
        )
        return ", ".join(shares) or "-"

    return cell


_ACCURACIES = (("test, %", "accuracy"), ("with test-time augmentation, %", "augmented"))
_MEANS = (
    ("program", lambda group: group[0].program),
    ("backend", lambda group: group[0].backend),
    *((heading, _mean(name)) for heading, name in _ACCURACIES),
    ("training, minutes", _minutes),
)
_COUNT = ("n", lambda group: str(len(group)))
_RUNS = (
    ("program", lambda each: each.program),
    ("backend", lambda each: each.backend),
    ("seed", lambda each: str(each.seed)),
    *(
        (heading, lambda each, name=name: _percent(getattr(each, name)))
        for heading, name in _ACCURACIES
    ),
    ("training, minutes", lambda each: f"{each.minutes:.1f}"),
    ("threads", lambda each: str(each.result.get("threads", "-"))),
    *(
        (heading, lambda each, cell=cell: cell(each) if each.result else "-")
        for heading, cell in environment_columns(lambda each: [each.result])
    ),
)
