"""What a training says before it starts: what its numbers are of, and what may surprise."""

from kerasdl import studies
from kerasdl.recipes.handicaps import training_handicaps
from kerasdl.recipes.unmirrored import is_mirroring

MOST_SHOWN = 10  # classes


def describe_curves(experiment):
    """What the accuracies and losses of each epoch are measured on, in one sentence."""
    recipe = experiment.recipe
    shown = []
    if experiment.dataset.validation is not None:
        shown.append(f"val_* is of {len(experiment.dataset.validation):,} validation examples")
    if recipe.test_curves:
        shown.append("test_* is of the test set, as its report draws it, and selects nothing")
    if shown and (handicaps := training_handicaps(recipe)):
        measured = " and ".join(handicaps)
        shown.append(f"training is measured {measured}, so that it may look worse")
    if not shown:
        shown.append(
            "no validation part, so each epoch shows training alone, and the test set is measured "
            "once, at the end (--set data.validation=0.1 keeps a tenth of the training set to watch)"
        )
    return f"curves: {'; '.join(shown)}"


def describe_mirrors(experiment):
    """What became of a recipe's mirrored images on digits, which mean something else in a mirror."""
    recipe = experiment.recipe
    if experiment.dataset.name != "digits":
        return ""
    if is_mirroring(recipe):
        return (
            "NOTICE: this recipe shows digits in a mirror, where some are others or none "
            "(--set augmentation=crop does not)."
        )
    if recipe.name in studies.names() and is_mirroring(studies.get(recipe.name)):
        return f"digits are not mirrored here: augmentation={recipe.augmentation}"
    return ""


def describe_missing_classes(experiment):
    """Which classes of the user's own pictures a part has no example of, in one sentence."""
    dataset = experiment.dataset
    if not experiment.identity.own_data or not isinstance(dataset.classes, tuple):
        return ""
    missing = []
    for part in ("train", "validation", "test"):
        split = getattr(dataset, part)
        if split is not None:
            present = set(split.y.tolist())
            names = [name for label, name in enumerate(dataset.classes) if label not in present]
            if names:
                missing.append(f"the {part} part has no picture of {', '.join(names)}")
    return f"NOTICE: {'; '.join(missing)}." if missing else ""


def describe_class_weights(experiment):
    """Which factor each class has in the training loss, in one sentence."""
    weights = experiment.class_weights
    if weights is None:
        return ""
    pairs = [*zip(weights.tolist(), experiment.dataset.classes, strict=True)]
    shown = [f"{name} {weight:.3g}" for weight, name in pairs]
    if len(shown) > MOST_SHOWN:
        ends = [f"{weight:.3g} ({name})" for weight, name in (min(pairs), max(pairs))]
        shown = [f"from {' to '.join(ends)}"]
    return f"class weights in the training loss, and nowhere else: {', '.join(shown)}"


def describe_statistics(experiment):
    """That streamed pictures are all decoded before the first epoch, in one sentence."""
    train = experiment.dataset.train
    if experiment.recipe.inputs != "standardize" or not train.is_streamed:
        return ""
    return (
        f"inputs are standardized: at each start the {len(train):,} streamed pictures are decoded "
        "once before, for their mean and deviation (--set inputs=unit does without)"
    )


def print_notice_of_precision(recipe):
    """Say where the recipe's precision gains no speed."""
    from kerasdl.training.precision import emulation_notice

    if sentence := emulation_notice(recipe.precision):
        print(f"NOTICE: {sentence}", flush=True)


def name_similar_run(experiment):
    """Say why a run that is to be resumed begins anew, where one that is nearly the same is there."""
    from kerasdl.runs.identity import run_on_other_pictures, shorter_run

    if experiment.folder.exists():
        return
    sought = experiment.folder, experiment.recipe, experiment.identity
    if found := run_on_other_pictures(*sought):
        print(
            f"{found} holds this run on other pictures, or on these read otherwise (one whose "
            "pictures were streamed goes on with --stream, one in memory without): this one begins "
            "with the first epoch.",
            flush=True,
        )
    if found := shorter_run(*sought):
        folder, epochs = found
        print(
            f"{folder} holds this run with {epochs} epochs: more epochs are another run, which "
            "begins with the first (its schedule may be another, and a run that has finished keeps "
            "no state of its optimizer).",
            flush=True,
        )
