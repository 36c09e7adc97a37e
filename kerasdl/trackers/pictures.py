"""What an experiment shows trackers: its configuration, what its augmentation does, what it confuses."""

from kerasdl import recipes, text
from kerasdl.structure import by_output
from kerasdl.trackers.following import TrackedRun


def tracked_run(experiment):
    """The `TrackedRun` of a `kerasdl.training.Experiment`."""
    recipe, dataset = experiment.recipe, experiment.dataset
    settings = dict(recipes.flattened(recipe.settings()))
    settings |= {
        "seed": recipe.seed,
        "backend": experiment.folder.name.partition("-")[0],
        "dataset": dataset.name,
        "fingerprint": experiment.identity.data,
    }
    return TrackedRun(recipe.name, experiment.folder.name, experiment.folder, settings)


def draw(experiment, model, folder, notify=print):
    """Draw the pictures of a run that has ended.

    Args:
        experiment: the `kerasdl.training.Experiment`.
        model: the trained `keras.Model`.
        folder: where the PNG files go.
        notify: called with a sentence where one cannot be drawn, as of a run that diverged.

    Returns:
        Dictionary of name to file: `contact_sheet` where images are augmented, and
        `confusion_matrix` of the test part for each output that tells classes apart.
    """
    found = {}
    for drawing in (_contact_sheet, _confusion):
        try:
            found |= drawing(experiment, model, folder)
        except Exception as error:  # a picture is not worth a training
            notify(f"NOTICE: a picture for the trackers cannot be drawn: {text.one_line(error)}")
    return found


def _contact_sheet(experiment, model, folder):
    from kerasdl.inspection import contact_sheet

    recipe, dataset, path = experiment.recipe, experiment.dataset, folder / "contact_sheet.png"
    if recipe.augmentation is None or dataset.train.x.ndim != 4:
        return {}
    contact_sheet(dataset, recipe.augmentation, seed=recipe.seed).save(path)
    return {path.stem: path}


def _confusion(experiment, model, folder):
    from kerasdl.inspection import confusion
    from kerasdl.training.batches import predictions_of

    dataset, found = experiment.dataset, {}
    predictions = by_output(predictions_of(model, dataset.test))
    for name, labels in by_output(dataset.test.y).items():
        classes = by_output(dataset.classes).get(name)
        if classes is None:
            continue
        path = folder / f"confusion_matrix{name and '_'}{name}.png"
        matrix = confusion.confusion_matrix(labels, predictions[name])
        title = f"{name or dataset.name}, test accuracy {confusion.accuracy(matrix):.4f}"
        confusion.draw_confusion(matrix, path, title=title, labels=classes)
        found[path.stem] = path
    return found
