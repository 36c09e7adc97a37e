"""Every reading of what a report leaves open, trained: `kerasdl.runs.grid_scores` scores them.

All runs of a grid are trained in this process, on one backend: they take seconds, and starting a
process takes longer. What has ended is not trained again, and a run that two settings share is
trained once.
"""

import gc

import keras

from kerasdl import datasets
from kerasdl.runs import directory, grid_scores
from kerasdl.studies.readings import GRIDS
from kerasdl.training import resolve, train


def write(name, folder, runs, *, seeds=None, data_dir=None, notify=print):
    """Train the grid `name` and write `folder`/`name`.json, after every setting anew.

    Args:
        name: one of `kerasdl.studies.readings.GRIDS`.
        folder: where the table goes.
        runs: `kerasdl.runs.grid_scores.SavedRuns`: what is among them is not trained.
        seeds: how many; the grid's number unless said.
        data_dir: where the data sets are, or `None`.
        notify: called with a line about each run.
    """
    grid, loaded = GRIDS[name], {}
    for seed in range(seeds or grid.seeds):
        for setting in grid.settings:
            for target in grid.targets:
                if runs.find(setting, target, seed) is None:
                    recipe = grid_scores.experiment(setting, target, seed)
                    _train(_resolved(recipe, runs.out, data_dir, loaded), notify)
            grid_scores.write(name, folder, runs, seeds)


def _resolved(recipe, out, data_dir, loaded):
    """The `Experiment` of a recipe; a data set is loaded once into `loaded`."""
    key = (recipe.data.name, repr(recipe.data.options))
    if key not in loaded:
        loaded[key] = datasets.load(recipe.data.name, data_dir=data_dir, **recipe.data.options)
    return resolve(recipe, loaded=loaded[key], out=out)


def _train(experiment, notify):
    folder = experiment.folder
    seconds = train(experiment, existing="resume", callbacks=()).result["seconds"]
    (folder / directory.MODEL).unlink(missing_ok=True)
    keras.utils.clear_session()
    gc.collect()
    notify(f"{folder.relative_to(folder.parents[2])}: {seconds:.1f} s")
