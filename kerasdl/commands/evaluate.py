"""`kerasdl evaluate`: accuracy, top-5, calibration, and the confusion matrix of a trained model."""

from pathlib import Path

from kerasdl import backend
from kerasdl.commands import _own_data
from kerasdl.commands._evaluated import add_evaluated_arguments, joined, load_evaluated
from kerasdl.files import expect_writable
from kerasdl.keras_file import read_contents
from kerasdl.runs import directory
from kerasdl.structure import by_output

EXAMPLES = """
  kerasdl evaluate runs/cifar10/default/jax-seed0
  kerasdl evaluate RUN --part train
  kerasdl evaluate RUN --data flowers         trained on pictures of your own
  kerasdl evaluate RUN --data more-flowers --part all
  kerasdl evaluate model.keras --dataset digits
"""


def add_arguments(parser):
    """The arguments of `kerasdl evaluate`."""
    parser.add_argument("run", metavar="RUN_OR_FILE", help="run directory, or .keras file")
    add_evaluated_arguments(parser)
    parser.add_argument(
        "--out",
        "--picture",  # its name up to 0.4.0
        metavar="FILE.png",
        help="the picture (default: confusion-<part>.png beside the model)",
    )


def run(args):
    """Print the tables, draw the pictures."""
    backend.require()
    _own_data.expect_one_source(args)
    path = directory.model_file(args.run)
    read_contents(path)  # what is wrong with it is said before a backend is imported
    picture = Path(args.out or path.with_name(f"confusion-{args.part}.png"))
    expect_writable(picture)
    from kerasdl.training.batches import naming_pictures, predictions_of

    found = load_evaluated(path, args)
    with naming_pictures(found.dataset):
        predictions = joined([predictions_of(found.model, split) for split in found.splits])
    if "notice" in found.metadata:
        print(f"NOTICE: {found.metadata['notice']}")
    for name, labels in joined([split.y for split in found.splits]).items():
        print(f"{found.heading}: {name}" if name else found.heading)
        classes = by_output(found.dataset.classes).get(name)
        if classes is None:
            _show_error(labels, predictions[name])
            continue
        names = {"labels": classes}
        own_names = by_output(found.metadata.get("classes")).get(name)
        if own_names is not None and len(own_names) == len(classes):
            names["predictions"] = own_names
        title = f"{name} of {found.dataset.name}" if name else found.dataset.name
        picture_here = picture.with_stem(f"{picture.stem}-{name}") if name else picture
        _show_classes(labels, predictions[name], names, title, picture_here)
    return 0


def _show_error(targets, predictions):
    # A Gaussian head gives a mean and a log-variance; its mean is compared.
    error = float(((predictions[:, : targets.shape[1]] - targets) ** 2).mean())
    print(f"mean squared error {error:.6f}")


def _show_classes(labels, probabilities, names, title, picture):
    from kerasdl.inspection import confusion
    from kerasdl.inspection.classifier_numbers import classifier_numbers

    matrix = confusion.confusion_matrix(labels, probabilities)
    for quantity, value in classifier_numbers(labels, probabilities).items():
        print(f"{quantity} {value:.4f}")
    print("\nLabel, its accuracy, and how often it was taken for which class:")
    print(confusion.confusion_table(matrix, **names))
    accuracy = confusion.accuracy(matrix)
    confusion.draw_confusion(matrix, picture, title=f"{title}, accuracy {accuracy:.4f}", **names)
    print(f"\npicture: {picture}\n")
