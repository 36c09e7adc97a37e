"""Which reading of a report gives most of its numbers: every setting of a grid, trained and scored.

All runs of a grid are trained in this process, on one backend: they take seconds, and starting a
process takes longer. What has ended is not trained again, and a run that two settings share is
trained once.
"""

import datetime
import gc
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import keras

from kerasdl import backend, datasets, files
from kerasdl.claims.statistics import deviation, mean
from kerasdl.recipes import override
from kerasdl.runs import directory
from kerasdl.runs.finished import FinishedRun
from kerasdl.studies.readings import GRIDS
from kerasdl.training import resolve, train
from kerasdl.training.result import environment


def write(name, folder, *, out, seeds=None, data_dir=None, notify=print):
    """Train the grid `name` and write `folder`/`name`.json, after every setting anew.

    The file holds the settings of which a seed is complete.

    Args:
        name: one of `kerasdl.studies.readings.GRIDS`.
        folder: where the table goes.
        out: root of the run directories.
        seeds: how many; the grid's number unless said.
        data_dir: where the data sets are, or `None`.
        notify: called with a line about each run.
    """
    files.make_folder(Path(folder))
    grid, loaded, found = GRIDS[name], {}, {}
    for seed in range(seeds or grid.seeds):
        for setting in grid.settings:
            values = [
                target.measure(
                    _trained(_experiment(setting, target, seed, out, data_dir, loaded), notify)
                )
                for target in grid.targets
            ]
            found.setdefault(setting.name, []).append(values)
            files.write_json(Path(folder) / f"{name}.json", _table(grid, found))


def _experiment(setting, target, seed, out, data_dir, loaded):
    """What a target's recipe is in a setting; a data set is loaded once into `loaded`.

    It is named after its settings, so that its run is found again whichever of them the report's
    recipe follows.
    """
    recipe = override(setting.recipe_for(target), {"seed": seed})
    settings = json.dumps(recipe.settings(), sort_keys=True)
    digest = hashlib.sha256(settings.encode()).hexdigest()[:8]
    recipe = replace(recipe, name=f"sensitivity/{recipe.name.partition('/')[2]}-{digest}")
    key = (recipe.data.name, repr(recipe.data.options))
    if key not in loaded:
        loaded[key] = datasets.load(recipe.data.name, data_dir=data_dir, **recipe.data.options)
    return resolve(recipe, loaded=loaded[key], out=out)


def _trained(experiment, notify):
    """The finished run of an experiment, trained where it is not there."""
    folder, recipe = experiment.folder, experiment.recipe
    if directory.read_result(folder).get("status") not in directory.ENDED:
        seconds = train(experiment, existing="resume", callbacks=()).result["seconds"]
        (folder / directory.MODEL).unlink(missing_ok=True)
        keras.utils.clear_session()
        gc.collect()
        notify(f"{folder.relative_to(folder.parents[2])}: {seconds:.1f} s")
    return FinishedRun(
        recipe.name,
        keras.backend.backend(),
        recipe.seed,
        directory.read_result(folder),
        directory.read_log(folder),
    )


def _table(grid, found):
    """What the grid's JSON file holds.

    Args:
        grid: the `Grid`.
        found: name of a setting to a row a seed, with a value a target.
    """
    settings = []
    for setting in grid.settings:
        if setting.name not in found:
            continue
        scores = {
            target.claim: _score(target, values)
            for target, values in zip(
                grid.targets, zip(*found[setting.name], strict=True), strict=True
            )
        }
        settings.append(
            {
                "name": setting.name,
                "description": setting.description,
                "assumptions": dict(setting.assumptions),
                "seeds": len(found[setting.name]),
                "scores": scores,
                "matched": sum(score["matches"] for score in scores.values()),
                "of": len(scores),
                "chosen": setting.chosen,
            }
        )
    now = environment()
    return {
        "group": grid.name,
        "settings": settings,
        "date": datetime.date.today().isoformat(),
        "backend": backend.BACKENDS[keras.backend.backend()],
        "hardware": now["hardware"],
        "versions": now["versions"],
        "command": f"python scripts/write_sensitivity.py reports/sensitivity {grid.name}",
    }


def _score(target, values):
    """The report's number beside ours; what is not finite matches nothing, and is `None`."""
    middle, spread = mean(values), deviation(values)
    return {
        "report": target.value,
        "mean": middle if abs(middle) < float("inf") else None,
        "sd": spread if spread == spread else None,
        "within": target.within,
        "matches": abs(middle - target.value) <= target.within,
    }
