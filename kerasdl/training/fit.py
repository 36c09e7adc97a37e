"""From a recipe to a trained model and the files of its run."""

import datetime
import math
from dataclasses import dataclass
from pathlib import Path

from kerasdl import backend, files, studies
from kerasdl.runs import directory, record

backend.require()  # one clear sentence, before Keras fails on a missing backend

import keras  # noqa: E402
import pandas as pd  # noqa: E402

from kerasdl import callbacks  # noqa: E402
from kerasdl.callbacks.checkpoint import BestEpoch, Checkpoint  # noqa: E402
from kerasdl.errors import UsageError  # noqa: E402
from kerasdl.models.saving import load_model, save_model  # noqa: E402
from kerasdl.pretrained import find, load_pretrained  # noqa: E402
from kerasdl.recipes.recipe import SAID, Recipe, override_hash, to_dict  # noqa: E402
from kerasdl.training import network as building  # noqa: E402
from kerasdl.training.batches import EpochOrder  # noqa: E402
from kerasdl.training.initialization import initialize  # noqa: E402
from kerasdl.training.outputs import FROM_LOGITS, objectives  # noqa: E402

EVALUATION_BATCH = 500  # examples; no result depends on it


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


def train(
    recipe,
    *,
    dataset=None,
    data_dir=None,
    model=None,
    out="runs",
    resume=False,
    overwrite=False,
    extra_callbacks=(),
    progress=True,
    notice="",
):
    """Train `recipe` and leave a run directory (see `kerasdl.runs` for what is in it).

    Args:
        recipe: a `Recipe`, or the name of one.
        dataset: a `kerasdl.datasets.Dataset` to use in place of the recipe's.
        data_dir: where to look for the recipe's data set.
        model: a `keras.Model` to use in place of the recipe's network, its inputs
            and its augmentation, with the weights it has. For a crossentropy it
            gives logits.
        out: root of all run directories.
        resume: continue the run that is in the directory, from its last checkpoint;
            a run that has finished is returned as it is.
        overwrite: start anew where a run is in the directory.
        extra_callbacks: Keras callbacks; what they add to the logs is written.
        progress: whether to print a line an epoch (and a live one on a terminal).
        notice: a sentence to be written into every file of the run.

    Returns:
        A `Run`. Its `result["status"]` is `"finished"` or `"diverged"`.

    Raises:
        UsageError: data, recipe and model do not fit, or the directory is taken
            or cannot be written.
        KeyboardInterrupt: as it came; the directory then says `"interrupted"`.

    Example:
    >>> from kerasdl.recipes import override
    >>> recipe = override(
    ...     studies.get("cifar10/batchnorm"),
    ...     {"data.name": "digits", "data.options": {"shape": (32, 32, 3)}, "epochs": 1},
    ... )
    >>> run = train(recipe, out=tmp, progress=False)
    >>> sorted(path.name for path in run.directory.iterdir())
    ['log.csv', 'model.keras', 'recipe.json', 'result.json']
    """
    if not isinstance(recipe, Recipe):
        recipe = studies.get(recipe)
    dataset = building.prepare_data(recipe, dataset, data_dir)
    _expect_selectable(recipe, dataset, own=model is not None)
    folder = run_directory(recipe, out)
    if resume:
        _expect_same(recipe, dataset, model, folder)
        if (done := _finished(folder)) is not None:
            return done
    elif not overwrite:
        directory.expect_free(folder)

    keras.utils.set_random_seed(recipe.seed)  # dropout and whatever else draws
    network = model or building.build_network(recipe, dataset, training=True)
    _expect_outputs(network, recipe, dataset)
    if model is not None and recipe.model.activation == "softmax":
        each = keras.tree.flatten(objectives(recipe.loss, dataset))
        building.expect_no_lone_softmax(one for one in each if one.from_logits)
    building.compile_network(network, recipe, dataset)
    if model is None:
        initialize(network, recipe.seed)
    differs = ()
    if recipe.pretrained is not None:
        differs = load_pretrained(network, find(recipe.pretrained))
    # What is saved is built now: a mistake in it shows before the training, not after.
    final = (
        _activated(network, recipe)
        if model
        else building.build_network(recipe, dataset, training=False)
    )
    files.make_folder(folder)
    with directory.occupied(folder):
        if resume and (done := _finished(folder)) is not None:
            return done  # by another process, while this one built its network
        if overwrite:
            directory.clear(folder)
        files.write_json(
            folder / directory.RECIPE, to_dict(recipe) | ({"notice": notice} if notice else {})
        )

        best = BestEpoch(recipe.select) if recipe.select != "last" else None
        checkpoint = Checkpoint(folder / directory.CHECKPOINT, best)
        guard = callbacks.StopOnDivergence()
        about = _about(recipe, dataset, network, notice) | {"model": _whose(model)}
        if recipe.pretrained is not None:
            about["pretrained"] = {"from": recipe.pretrained, "differs": list(differs)}
        # However it ends, its files tell whose data and network these are.
        files.write_json(folder / directory.RESULT, about | {"status": "begun", "epochs": 0})
        try:
            _fit(
                network,
                recipe,
                dataset,
                folder,
                checkpoint,
                guard,
                extra_callbacks,
                progress,
                about,
            )
            if best is not None and best.weights is not None:
                network.set_weights(best.weights)
                about["selected_epoch"] = best.epoch
            if model is None:
                final.set_weights(network.get_weights())
            about |= _trained(folder) | {"metrics": _measured(network, recipe, dataset)}
            about["status"] = "diverged" if guard.diverged else "finished"
            told = {"recipe": to_dict(recipe), "dataset": dataset.name, "classes": dataset.classes}
            save_model(
                final, folder / directory.MODEL, told | ({"notice": notice} if notice else {})
            )
        except BaseException as error:
            interrupted = isinstance(error, (KeyboardInterrupt, SystemExit))
            about |= _trained(folder) | {"status": "interrupted" if interrupted else "failed"}
            if not interrupted:
                about["error"] = f"{type(error).__name__}: {error}"
            files.write_json(folder / directory.RESULT, about)
            raise
        files.write_json(folder / directory.RESULT, about)
        checkpoint.path.unlink(missing_ok=True)
        return Run(folder, final, pd.read_csv(folder / directory.LOG), about)


def run_directory(recipe, out):
    """Where `train` leaves the run of `recipe` under the root `out`.

    Example:
    >>> run_directory(studies.get("cifar10/batchnorm"), "runs").name.endswith("-seed0")
    True
    """
    registered = recipe.name in studies.names()
    override = override_hash(recipe, studies.get(recipe.name)) if registered else ""
    return directory.locate(out, recipe.name, keras.backend.backend(), recipe.seed, override)


def _fit(network, recipe, dataset, folder, checkpoint, guard, extra_callbacks, progress, about):
    curves = {"val": dataset.validation} if dataset.validation is not None else {}
    if recipe.test_curves:
        curves["test"] = dataset.test
    batches = building.make_batches(
        dataset.train, recipe, dataset, batch_size=recipe.batch_size, shuffled=True
    )
    begun = checkpoint.restore(network)
    steps = {"steps_path": folder / directory.STEPS, "every": recipe.log_every}
    in_order = [
        callbacks.Throughput(len(dataset.train)),
        EpochOrder(batches),
        curves
        and callbacks.Evaluate(
            {name: _evaluation_batches(split, recipe, dataset) for name, split in curves.items()}
        ),
        callbacks.LogLearningRate(),
        *extra_callbacks,
        guard,
        checkpoint.best,
        callbacks.CSVLog(
            folder / directory.LOG,
            append=begun > 0,
            constants={"dataset": dataset.name} if "notice" in about else None,
            **(steps if recipe.log_every else {}),
        ),
        checkpoint,
        progress and callbacks.Progress(),
    ]
    network.fit(
        backend.feed(batches),
        epochs=recipe.epochs,
        initial_epoch=begun,
        callbacks=[callback for callback in in_order if callback],
        shuffle=False,  # the batches have their order
        verbose=0,
    )


def _about(recipe, dataset, network, notice):
    """What `result.json` says whatever comes out."""
    name = keras.backend.backend()
    trainable = sum(math.prod(weight.shape) for weight in network.trainable_weights)
    return {
        "recipe": recipe.name,
        "backend": name,
        "dataset": dataset.name,
        "source": dataset.source,
        **({"notice": notice} if notice else {}),
        "seed": recipe.seed,
        "epochs": recipe.epochs,
        "parameters": trainable,
        "parameters_total": network.count_params(),
        "images": _images(dataset),
        "versions": record.versions(name),
        "hardware": record.hardware(backend.accelerators()),
        "date": datetime.date.today().isoformat(),
    }


def _whose(model):
    return "recipe" if model is None else "own"


def _images(dataset):
    parts = {name: getattr(dataset, name) for name in ("train", "validation", "test")}
    return {name: len(split) for name, split in parts.items() if split is not None}


def _trained(folder):
    """What the log tells: epochs done, seconds of training without evaluation, the usual speed."""
    if not (folder / directory.LOG).exists():
        return {"epochs": 0, "seconds": 0.0, "images_per_second": None}
    log = pd.read_csv(folder / directory.LOG)
    rates = log["images_per_second"]
    return {
        "epochs": len(log),
        "seconds": round(float(log["seconds"].sum()), 2),
        # the first epoch compiles
        "images_per_second": float(rates[1:].median() if len(rates) > 1 else rates[0]),
    }


def _measured(network, recipe, dataset):
    """Loss and metrics on each part, with the weights that are saved."""
    parts = {"test": dataset.test, "validation": dataset.validation}
    return {
        part: network.evaluate(
            _evaluation_batches(split, recipe, dataset), verbose=0, return_dict=True
        )
        for part, split in parts.items()
        if split is not None
    }


def _evaluation_batches(split, recipe, dataset):
    return backend.feed(
        building.make_batches(split, recipe, dataset, batch_size=EVALUATION_BATCH, shuffled=False)
    )


def _finished(folder):
    """The run in `folder` if it came to its end, else `None`."""
    result = directory.read_result(folder)
    if result.get("status") not in directory.ENDED:
        return None
    model, _ = load_model(folder / directory.MODEL)
    return Run(folder, model, pd.read_csv(folder / directory.LOG), result)


def _expect_same(recipe, dataset, model, folder):
    """Refuse to continue a run with another recipe, other data or another kind of network."""
    changed = []
    if (folder / directory.RECIPE).exists():
        before, now = files.read_json(folder / directory.RECIPE), to_dict(recipe)
        changed += [key for key in now if key not in SAID and before.get(key) != now[key]]
    if before := directory.read_result(folder):
        now = {"dataset": dataset.name, "images": _images(dataset), "model": _whose(model)}
        before = {**now, "model": "recipe", **before}  # older runs do not tell
        changed += [key for key in now if before[key] != now[key]]
    if changed:
        raise UsageError(
            f"{folder} holds a run with other settings ({', '.join(changed)}): "
            "--overwrite starts anew, --out writes elsewhere."
        )


def _expect_selectable(recipe, dataset, own):
    if recipe.select == "last":
        return
    if dataset.validation is None:
        raise UsageError(f"select={recipe.select} needs a validation part: set data.validation.")
    logged = [f"val_{name}" for name in building.quantities(recipe, dataset, own)]
    if recipe.select not in logged:
        raise UsageError(
            f"select should be last or one of {', '.join(logged)}, which this run logs; "
            f"received {recipe.select}."
        )


def _expect_outputs(network, recipe, dataset):
    objective = objectives(recipe.loss, dataset)
    expected = keras.tree.map_structure(lambda each: each.units, objective)
    found = keras.tree.map_structure(lambda output: output.shape[-1], network.output)
    if found != expected:
        raise UsageError(
            f"The labels of {dataset.name} need a model with {expected} outputs; "
            f"this one has {found}."
        )


def _activated(network, recipe):
    """A user's own model with the activation that the recipe's loss took into account."""
    activation, output = recipe.model.activation, network.output

    def activate(logits, loss, name):
        if activation is None or loss not in FROM_LOGITS:
            return logits
        return keras.layers.Activation(activation, name=name)(logits)

    if isinstance(output, dict):
        losses = (
            recipe.loss if isinstance(recipe.loss, dict) else dict.fromkeys(output, recipe.loss)
        )
        output = {
            name: activate(logits, losses[name], f"{name}_predictions")
            for name, logits in output.items()
        }
    else:
        output = activate(output, recipe.loss, "predictions")
    return keras.Model(network.input, output, name=network.name)
