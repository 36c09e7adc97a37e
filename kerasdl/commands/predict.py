"""`kerasdl predict`: class and probability of pictures."""

from pathlib import Path

from kerasdl import backend
from kerasdl.errors import UsageError
from kerasdl.runs import directory
from kerasdl.structure import by_output


def add_arguments(parser):
    """The arguments of `kerasdl predict`."""
    parser.add_argument("file", metavar="FILE", help=".keras file, or run directory")
    parser.add_argument("image", nargs="+", metavar="IMAGE", help="PNG or JPEG of any size")
    parser.add_argument("--top", type=int, default=1, metavar="N", help="the N likeliest classes")


def run(args):
    """Print a line a picture."""
    backend.require()
    if args.top < 1:
        raise UsageError(f"--top should be at least 1; received {args.top}.")

    import numpy as np

    from kerasdl.datasets import read_image
    from kerasdl.models.saving import load_model

    path = Path(args.file)
    model, metadata = load_model(path / directory.MODEL if path.is_dir() else path)
    shape = model.input_shape
    if not isinstance(shape, tuple) or len(shape) != 4 or shape[3] not in (1, 3):
        raise UsageError(f"{path} does not take pictures: its input has shape {shape}.")
    if None in shape[1:3]:
        raise UsageError(f"{path} takes pictures of any size and gives maps: use it from Python.")
    pictures = np.stack([read_image(image, shape[1:3], shape[3]) for image in args.image])
    if "notice" in metadata:
        print(f"NOTICE: {metadata['notice']}")
    outputs = by_output(model.predict(pictures, batch_size=100, verbose=0))
    classes = by_output(metadata.get("classes"))
    for i, image in enumerate(args.image):
        for name, values in outputs.items():
            if "classes" in metadata and classes.get(name) is None:  # regression
                text = "  ".join(f"{value:.4f}" for value in values[i])
            else:
                text = _likeliest(values[i], classes.get(name), args.top)
            print("  ".join([f"{image}:", *([name] if name else []), text]))
    return 0


def _likeliest(probabilities, classes, top):
    if len(probabilities) == 1:  # one sigmoid: the probability of label 1
        probabilities = [1 - probabilities[0], probabilities[0]]
    ranked = sorted(range(len(probabilities)), key=lambda label: -probabilities[label])[:top]
    names = classes or [str(label) for label in range(len(probabilities))]
    return "  ".join(f"{names[label]} {probabilities[label]:.4f}" for label in ranked)
