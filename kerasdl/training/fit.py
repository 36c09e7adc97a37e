"""Train an experiment and leave the files of its run."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

import keras
import pandas as pd

from kerasdl import callbacks, determinism, files, foreign_warnings, interruption
from kerasdl.errors import UsageError
from kerasdl.models.saving import load_model, save_model
from kerasdl.recipes import to_dict
from kerasdl.runs import directory, record
from kerasdl.runs.identity import changes_since
from kerasdl.training.averages import ShowAverages
from kerasdl.training.batches import EpochOrder, naming_pictures
from kerasdl.training.continuation import fit_from
from kerasdl.training.experiment import Experiment, resolve
from kerasdl.training.final_metrics import final_metrics
from kerasdl.training.network import build
from kerasdl.training.patience import patient_callbacks
from kerasdl.training.result import ResultFile, environment
from kerasdl.training.short_steps import make_one_update_in_a_call, updates_in_a_call

EXISTING = ("refuse", "resume", "overwrite")


@dataclass(frozen=True)
class Run:
    """A run that has ended.

    Attributes:
        directory: where its files are.
        model: the trained `keras.Model`, raw inputs to probabilities.
        log: `pandas.DataFrame`, a row an epoch: `log.csv`.
        result: dictionary: `result.json`.
    """

    directory: Path
    model: keras.Model
    log: pd.DataFrame
    result: dict


@foreign_warnings.kept_away()
def train(
    recipe,
    *,
    dataset=None,
    data_dir=None,
    model=None,
    out="runs",
    existing="refuse",
    callbacks=None,
):
    """Train `recipe` and leave a run directory (see `kerasdl.runs.directory` for what is in it).

    Args:
        recipe: a `Recipe`, the name of a registered one, or an `Experiment` (see
            `kerasdl.training.resolve`), which has the next four arguments already.
        dataset: a `kerasdl.datasets.Dataset` to use in place of the recipe's. The run is then
            one on data of your own, whatever their name.
        data_dir: where to look for the recipe's data set.
        model: a functional or sequential `keras.Model` to use in place of the recipe's network,
            its inputs and its augmentation, with the weights it has. For a crossentropy it
            gives logits. A run that is resumed goes on with its own weights.
        out: root of all run directories.
        existing: what to do where the directory holds a run: `"refuse"`; `"resume"` it from its
            last checkpoint (one that has finished is returned as it is; with more epochs it is
            another run, which begins anew); or `"overwrite"` it.
        callbacks: Keras callbacks; what they add to the logs is written. `None` prints a line
            an epoch (and a live one on a terminal); `()` prints nothing. A
            `kerasdl.callbacks.Checkpoint` among them says how often the run is saved. Where a
            callback has a method for batches, TensorFlow makes one update in a call: see
            `kerasdl.training.short_steps`.

    Returns:
        A `Run`. Its `result["status"]` is `"finished"` or `"diverged"`. After
        `kerasdl.determinism.enable()` every run has the same bits. TensorFlow 2.21 keeps the
        graph of every training as long as the process lives.

    Raises:
        UsageError: data, recipe and model do not fit, the directory is taken or cannot be
            written, or an operation cannot be deterministic that has to.
        KeyboardInterrupt: as it came; the directory then says `"interrupted"`.

    Example:
    >>> from kerasdl import recipes, studies
    >>> recipe = recipes.override(
    ...     studies.get("cifar10/batchnorm"),
    ...     {"data.name": "digits", "data.options": {"shape": (32, 32, 3)}, "epochs": 1},
    ... )
    >>> run = train(recipe, out=tmp, callbacks=())
    >>> sorted(path.name for path in run.directory.iterdir())
    ['log.csv', 'model.keras', 'recipe.json', 'result.json']
    """
    if existing not in EXISTING:
        raise UsageError(f"existing should be one of {', '.join(EXISTING)}; received {existing!r}.")
    user_callbacks = None if callbacks is None else _checked(callbacks)
    experiment = recipe
    if not isinstance(recipe, Experiment):
        experiment = resolve(recipe, dataset=dataset, data_dir=data_dir, model=model, out=out)
    elif (dataset, data_dir, model, out) != (None, None, None, "runs"):
        raise UsageError(
            "An Experiment has its data, network and directory: give dataset, data_dir, model and "
            "out to kerasdl.training.resolve."
        )
    if finished := _existing_run(experiment, existing):
        return finished
    networks = build(experiment)
    files.make_folder(experiment.folder)
    with directory.occupied(experiment.folder):
        # Once more: another process may have trained there while this one built its network.
        if finished := _existing_run(experiment, existing):
            return finished
        if existing == "overwrite":
            directory.clear(experiment.folder)
        try:
            return _train(experiment, networks, user_callbacks)
        except KeyboardInterrupt as interrupt:
            if interrupt.args or not any(experiment.folder.glob(directory.CHECKPOINTS)):
                raise
            raise KeyboardInterrupt(interruption.RESUME) from None  # in the last evaluation


def _checked(user_callbacks):
    good = isinstance(user_callbacks, (list, tuple)) and all(
        isinstance(each, keras.callbacks.Callback) for each in user_callbacks
    )
    if not good:
        raise UsageError(
            f"callbacks should be a list of Keras callbacks; received {user_callbacks!r:.80}."
        )
    count = sum(isinstance(each, callbacks.Checkpoint) for each in user_callbacks)
    if count > 1:
        raise UsageError(f"callbacks should have at most one Checkpoint; received {count}.")
    return user_callbacks


def _existing_run(experiment, existing):
    """The finished run in the directory, if it is to be resumed; refuses what is in the way."""
    folder = experiment.folder
    if existing == "refuse":
        directory.expect_free(folder)
    if existing != "resume":
        return None
    if changed := changes_since(folder, experiment.recipe, experiment.identity):
        raise UsageError(
            f"{folder} holds a run with other settings ({', '.join(changed)}): "
            "--overwrite starts anew, --out writes elsewhere."
        )
    result = directory.read_result(folder)
    _keep_determinism(folder, result)
    if result.get("status") not in directory.ENDED:
        return None
    log = directory.read_log(folder)
    if experiment.model is None:
        model, _ = load_model(folder / directory.MODEL)
    else:  # of classes that the file alone may not name
        model = build(experiment).finish()
        model.load_weights(folder / directory.MODEL)
    return Run(folder, model, log, result)


def _keep_determinism(folder, result):
    """Resume a deterministic run as one, where its bits can go on; another never becomes one."""
    ended, begun = result.get("status") in directory.ENDED, any(folder.glob(directory.CHECKPOINTS))
    if result.get("deterministic"):
        if ended:
            return
        determinism.enable()
        if begun and (changed := record.changed_environment(result, environment())):
            raise UsageError(
                f"{folder} holds a run with --deterministic that would go on with other bits here "
                f"({'; '.join(changed)}): resume it as it was begun, or --overwrite starts anew."
            )
    elif determinism.is_enabled() and (ended or begun):
        raise UsageError(
            f"{folder} holds a run without --deterministic: --overwrite starts anew, --out writes "
            "elsewhere."
        )


def _train(experiment, networks, user_callbacks):
    """Fit, choose the epoch, measure and save, and record in `result.json` how it ends."""
    recipe, folder = experiment.recipe, experiment.folder
    notice = {"notice": experiment.notice} if experiment.notice else {}
    files.write_json(folder / directory.RECIPE, to_dict(recipe) | notice)
    best = callbacks.BestEpoch(recipe.select) if recipe.select != "last" else None
    guard = callbacks.StopOnDivergence()
    with (
        ResultFile(experiment, networks) as result,
        determinism.explain_refusals(),
        naming_pictures(experiment.dataset),
    ):
        checkpoint = _fit(experiment, networks.trained, best, guard, user_callbacks)
        if best is not None and best.weights is not None:
            networks.trained.set_weights(best.weights)
            result["selected_epoch"] = best.epoch
        saved = networks.finish()
        result["metrics"] = final_metrics(experiment, networks.trained)
        if experiment.model is None:
            make_one_update_in_a_call(networks.trained)
        metadata = {
            "recipe": to_dict(recipe),
            "dataset": experiment.dataset.name,
            "own_data": experiment.identity.own_data,
            "classes": experiment.dataset.classes,
        }
        save_model(saved, folder / directory.MODEL, metadata | notice)
        result["status"] = "diverged" if guard.diverged else "finished"
    checkpoint.clear()
    return Run(folder, saved, directory.read_log(folder), result.entries)


def _fit(experiment, network, best, guard, user_callbacks):
    """Train from the last checkpoint on; returns the callback that saves checkpoints."""
    recipe, folder, batches = experiment.recipe, experiment.folder, experiment.training_batches
    curves = {"val": "validation"} if experiment.dataset.validation is not None else {}
    if recipe.test_curves:
        curves["test"] = "test"
    others, checkpoint, progress = _sorted(user_callbacks)
    others = [*patient_callbacks(recipe), *others]
    throughput = callbacks.Throughput(len(experiment.dataset.train))
    steps = {"steps_path": folder / directory.STEPS, "every": recipe.log_every}
    log = callbacks.CSVLog(
        folder / directory.LOG,
        constants={"dataset": experiment.dataset.name} if experiment.notice else None,
        **(steps if recipe.log_every else {}),
    )
    checkpoint.attach(
        folder,
        _owner(experiment),
        steps=len(batches),
        parts=(throughput, best, log),
        others=others,
    )
    position = checkpoint.restore(network)
    evaluate = callbacks.Evaluate(
        {name: experiment.evaluation_batches(part) for name, part in curves.items()}
    )
    averages = ShowAverages()
    # The order matters: see `kerasdl.callbacks`.
    in_order = [
        checkpoint.first,
        *(each.first for each in progress if isinstance(each, callbacks.Track)),
        throughput,
        EpochOrder(batches),
        averages,
        evaluate,
        callbacks.LogLearningRate(),
        *others,
        guard,
        best,
        averages.hide,
        log,
        checkpoint,
        *progress,
    ]
    if experiment.model is None:
        network.steps_per_execution = updates_in_a_call(
            network,
            recipe.batch_size,
            counts=(recipe.log_every, checkpoint.updates, position[1]),
            callbacks=[*others, *progress, checkpoint],
        )
    with checkpoint.ends_in_order(), contextlib.closing(batches):
        fit_from(
            network,
            batches,
            position,
            epochs=position[0] if checkpoint.has_stopped else recipe.epochs,
            callbacks=[callback for callback in in_order if callback is not None],
        )
    return checkpoint


def _sorted(user_callbacks):
    """The user's callbacks, a `Checkpoint`, and what shows or tracks progress: theirs, or new ones."""
    if user_callbacks is None:
        return [], callbacks.Checkpoint(notify=print), [callbacks.Progress()]
    checkpoints = [each for each in user_callbacks if isinstance(each, callbacks.Checkpoint)]
    last = (callbacks.Progress, callbacks.Track)
    progress = [each for each in user_callbacks if isinstance(each, last)]
    others = [each for each in user_callbacks if each not in [*checkpoints, *progress]]
    return others, checkpoints[0] if checkpoints else callbacks.Checkpoint(), progress


def _owner(experiment):
    """What a checkpoint is of: a run with other settings, data or backend cannot go on from it."""
    return {
        "recipe": experiment.recipe.name,
        "run": experiment.folder.name,
        "backend": keras.backend.backend(),
    }
