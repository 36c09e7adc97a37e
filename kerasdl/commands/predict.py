"""`kerasdl predict`: class and probability of pictures."""

import sys
from pathlib import Path

from kerasdl import backend, compile_cache, datasets
from kerasdl.commands._numbers import add_whole_number
from kerasdl.errors import UsageError
from kerasdl.keras_file import read_contents
from kerasdl.runs import directory
from kerasdl.structure import by_output
from kerasdl.text import printable

EXAMPLES = """
  kerasdl predict runs/cifar10/default/jax-seed0 cat.png
  kerasdl predict RUN flowers/new
  kerasdl predict model.keras *.jpg --top 3
"""


def add_arguments(parser):
    """The arguments of `kerasdl predict`."""
    parser.add_argument("file", metavar="FILE", help=".keras file, or run directory")
    parser.add_argument(
        "image", nargs="+", metavar="IMAGE", help="PNG or JPEG of any size, or a folder"
    )
    add_whole_number(parser, "--top", 1, 1_000_000, purpose="the N likeliest classes", default=1)


def run(args):
    """Print a line a picture."""
    backend.require()
    path = directory.model_file(args.file)
    # What is wrong with a file is said before a backend is imported.
    read_contents(path)
    images = _pictures(args.image)
    for image in images:
        datasets.read_image(image, (1, 1), 3)

    import numpy as np

    compile_cache.quiet()
    from kerasdl.inspection.graph import functional
    from kerasdl.models.saving import load_model

    compile_cache.enable()
    model, metadata = load_model(path)
    if functional(model) is None:
        raise UsageError(f"{path} should hold a functional or sequential model.")
    shape = model.input_shape
    if not isinstance(shape, tuple) or len(shape) != 4 or shape[3] not in (1, 3):
        raise UsageError(f"{path} does not take pictures: its input has shape {shape}.")
    if None in shape[1:3]:
        raise UsageError(f"{path} takes pictures of any size and gives maps: use it from Python.")
    pictures = np.stack([datasets.read_image(image, shape[1:3], shape[3]) for image in images])
    if "notice" in metadata:
        print(f"NOTICE: {metadata['notice']}")
    outputs = by_output(model.predict(pictures, batch_size=100, verbose=0))
    classes = by_output(metadata.get("classes"))
    for name, values in outputs.items():
        _expect_values(path, values, classes.get(name))
    for i, image in enumerate(images):
        for name, values in outputs.items():
            if "classes" in metadata and classes.get(name) is None:  # regression
                text = "  ".join(f"{value:.4f}" for value in values[i])
            else:
                text = _likeliest(values[i], classes.get(name), args.top)
            print("  ".join([f"{image}:", *([name] if name else []), text]))
    return 0


def _pictures(paths):
    """The paths, in place of folders the pictures in them; what else those hold is counted."""
    found = []
    for path in paths:
        try:
            is_folder = Path(path).is_dir()
        except (OSError, ValueError):  # too long a name, a null byte: its reader says so
            is_folder = False
        if not is_folder:
            found.append(path)
            continue
        pictures, passed_over = datasets.pictures_in(Path(path))
        if not pictures:
            raise UsageError(f"{printable(path)} should hold PNG or JPEG files; it holds none.")
        if passed_over:
            counted = ", ".join(f"{n} {kind}" for kind, n in sorted(passed_over.items()))
            print(f"{printable(path)}: passed over {counted}", file=sys.stderr)
        found += pictures
    return found


def _expect_values(path, values, classes):
    """Refuse maps, and other outputs than the classes have names for."""
    if values.ndim != 2:
        raise UsageError(
            f"{path} should give (batch, classes); it gives {tuple(values.shape[1:])} a picture."
        )
    count = max(2, values.shape[1])  # one sigmoid tells two classes apart
    if classes is not None and len(classes) != count:
        raise UsageError(f"{path} gives {count} classes, and has names for {len(classes)}.")


def _likeliest(probabilities, classes, top):
    if len(probabilities) == 1:  # one sigmoid: the probability of label 1
        probabilities = [1 - probabilities[0], probabilities[0]]
    ranked = sorted(range(len(probabilities)), key=lambda label: -probabilities[label])[:top]
    names = classes or [str(label) for label in range(len(probabilities))]
    return "  ".join(f"{names[label]} {probabilities[label]:.4f}" for label in ranked)
