"""How many of a report's numbers each reading of it gives, from the runs that were kept.

Free of any backend: `kerasdl.grids` trains what is missing, this scores what there is. A reading
that the report's recipes follow is also scored by their own runs.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from kerasdl import files
from kerasdl.claims.measures import measured
from kerasdl.claims.statistics import deviation, mean
from kerasdl.recipes import override
from kerasdl.runs import directory, finished
from kerasdl.runs.finished import FinishedRun
from kerasdl.studies.grid import DISAGREE, MATCHES, NOT_RUN
from kerasdl.studies.readings import GRIDS


def experiment(setting, target, seed):
    """The recipe of a target in a setting, named after its settings.

    So its run is found again whichever setting the report's recipe follows, and one that two
    settings share is one run.

    Example:
    >>> grid = GRIDS["circles"]
    >>> experiment(grid.settings[0], grid.targets[0], 1).name
    'sensitivity/circles_linear-79505f3a'
    """
    recipe = override(setting.recipe_for(target), {"seed": seed})
    settings = json.dumps(recipe.settings(), sort_keys=True)
    digest = hashlib.sha256(settings.encode()).hexdigest()[:8]
    return replace(recipe, name=f"sensitivity/{recipe.name.partition('/')[2]}-{digest}")


@dataclass(frozen=True)
class SavedRuns:
    """The runs of a grid that have ended, and those of the reports.

    Attributes:
        out: root of the grid's run directories.
        of_reports: function: recipe name, seed -> `FinishedRun` or `None`.
    """

    out: Path
    of_reports: Callable = lambda name, seed: None

    @classmethod
    def under(cls, out, reports=None):
        """Those in the directory `out`, and in `reports`, where `kerasdl collect` keeps runs."""
        if reports is None or not Path(reports).is_dir():
            return cls(Path(out))
        # Of several backends the first by name: a seed begins alike on each of them.
        by_seed = {}
        for run in finished.read(reports).finished:
            by_seed.setdefault((run.recipe, run.seed), run)
        return cls(Path(out), lambda name, seed: by_seed.get((name, seed)))

    def find(self, setting, target, seed):
        """The `FinishedRun` of a target in a setting, or `None`."""
        recipe = experiment(setting, target, seed)
        for folder in sorted(self.out.joinpath(*recipe.name.split("/")).glob(f"*-seed{seed}")):
            if directory.read_result(folder).get("status") in directory.ENDED:
                return read(recipe, folder)
        if setting.recipe_for(target).settings() == target.recipe.settings():
            return self.of_reports(target.recipe.name, seed)
        return None


def read(recipe, folder):
    """The `FinishedRun` of a recipe in a run directory."""
    result = directory.read_result(folder)
    log = directory.read_log(folder)
    return FinishedRun(recipe.name, result["backend"], recipe.seed, result, log)


def write(name, folder, runs, seeds=None):
    """Score the grid `name` and write `folder`/`name`.json.

    A score of the file that is there stays where it is of more seeds of the same experiment, measured
    alike: runs of a grid are not collected, so that another machine has others. Delete the file to
    have it of the runs at hand alone.

    Args:
        name: one of `kerasdl.studies.readings.GRIDS`.
        folder: where the table goes.
        runs: `SavedRuns`.
        seeds: how many; the grid's number unless said.
    """
    grid = GRIDS[name]
    files.make_folder(Path(folder))
    path = Path(folder) / f"{name}.json"
    earlier = files.read_json(path) if path.exists() else None
    files.write_json(path, table(grid, runs, seeds or grid.seeds, earlier))


def table(grid, runs, seeds, earlier=None):
    """What the grid's JSON file holds: every setting, also those of which nothing was run.

    Args:
        grid: the `Grid`.
        runs: `SavedRuns`.
        seeds: how many each setting should have.
        earlier: what the file holds already, or `None`.
    """
    settings = []
    for setting in grid.settings:
        scores, missing = {}, []
        for target in grid.targets:
            recipe = experiment(setting, target, 0)
            found = [runs.find(setting, target, seed) for seed in range(seeds)]
            found = [run for run in found if run is not None]
            score = _score(target, recipe, found)
            known = _known(earlier, setting, score, target.name)
            if known and known["seeds"] > len(found):
                score = known
            scores[target.name] = score
            if score["seeds"] < seeds:
                missing.append(_missing(target, recipe, seeds - score["seeds"]))
        words = [score["found"] for score in scores.values()]
        settings.append(
            {
                "name": setting.name,
                "description": setting.description,
                "assumptions": dict(setting.assumptions),
                "scores": scores,
                "matched": words.count(MATCHES),
                "disagreeing": words.count(DISAGREE),
                "not_run": words.count(NOT_RUN),
                "of": len(scores),
                "missing": missing,
                "chosen": setting.chosen,
                "because": setting.because,
            }
        )
    return {
        "group": grid.name,
        "settings": settings,
        "command": f"python scripts/write_sensitivity.py reports/sensitivity {grid.name}",
    }


def _known(earlier, setting, score, name):
    """The score of the same experiment for the same number in what the file holds; or `None`."""
    for each in earlier["settings"] if earlier else ():
        known = each["scores"].get(name)
        same = ("run", "measure", "report", "side", "within")
        if each["name"] == setting.name and known and all(known.get(k) == score[k] for k in same):
            return known
    return None


def _score(target, recipe, found):
    """The report's number beside ours; what is not finite is `None`."""
    values = [measured(target.measure, run) for run in found]
    middle, spread = (mean(values), deviation(values)) if values else (float("nan"),) * 2
    seconds = [run.result["seconds"] / len(run.log) for run in found if len(run.log)]
    return {
        "run": recipe.name.partition("/")[2],
        "measure": str(target.measure),
        "report": target.value,
        "side": target.side,
        "within": target.within,
        "seeds": len(values),
        "mean": middle if middle == middle else None,
        "sd": spread if spread == spread else None,
        "seconds_per_epoch": mean(seconds) if seconds else None,
        "found": target.compare(values),
        "environments": _environments(run.result for run in found),
    }


def _missing(target, recipe, seeds):
    """How many seeds of an experiment were not run."""
    return {
        "claim": target.name,
        "recipe": target.recipe.name,
        "run": recipe.name.partition("/")[2],
        "epochs": recipe.epochs,
        "seeds": seeds,
    }


def _environments(results):
    """Hardware, versions and date of runs, each that occurs once."""
    found = {}
    for result in results:
        each = {key: result[key] for key in ("hardware", "versions")}
        each["date"] = result.get("date", "not recorded")
        found.setdefault(json.dumps(each, sort_keys=True), each)
    return [found[key] for key in sorted(found)]
