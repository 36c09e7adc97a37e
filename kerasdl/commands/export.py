"""`kerasdl export`: a trained model as a file of another format, with a model card on request."""

from pathlib import Path

from kerasdl import backend
from kerasdl.errors import UsageError
from kerasdl.export import FORMATS, expect_possible, export, format_module
from kerasdl.files import expect_writable, written_whole
from kerasdl.keras_file import read_contents
from kerasdl.runs import directory

EXAMPLES = """
  kerasdl export runs/cifar10/default/torch-seed0 --format onnx --card
  kerasdl export model.keras --format safetensors --out weights.safetensors
"""


def add_arguments(parser):
    """The arguments of `kerasdl export`."""
    parser.add_argument("run", metavar="RUN_OR_FILE", help="run directory, or .keras file")
    parser.add_argument(
        "--format",
        choices=FORMATS,
        required=True,
        metavar="FORMAT",
        help=f"one of {', '.join(FORMATS)}; no default",
    )
    parser.add_argument("--out", metavar="FILE", help="default: beside the model, as in model.onnx")
    parser.add_argument(
        "--card",
        action="store_true",
        help="write a model card beside it too: data, recipe, metrics, fingerprints, how to load it",
    )


def run(args):
    """Write the file, say how far its predictions are from the model's, and write the card."""
    name = backend.require()
    source = directory.model_file(args.run)
    read_contents(source)  # what is wrong with it is said before a backend is imported
    expect_possible(args.format, name)
    suffix = format_module(args.format).SUFFIX
    path = Path(args.out or source.with_suffix(suffix or f".{args.format}"))
    if path.suffix != (suffix or path.suffix):
        raise UsageError(f"--out of {args.format} should end in {suffix}; received {path}.")
    card = path.with_name(f"{path.name}.md")
    for file in [*([path] if suffix else []), *([card] if args.card else [])]:
        expect_writable(file)

    from kerasdl.models.saving import load_model

    model, metadata = load_model(source)
    exported = export(model, path, args.format)
    if "notice" in metadata:
        print(f"NOTICE: {metadata['notice']}")
    if exported.notice:
        print(f"NOTICE: {exported.notice}")
    print(f"{exported.path}: {_checked(exported)}")
    if args.card:
        from kerasdl.export.cards import model_card

        text = model_card(exported, model, source, metadata)
        with written_whole(card) as temporary:
            temporary.write_text(text, encoding="utf-8")
        print(f"{card}: model card")
    return 0


def _checked(exported):
    if exported.difference is None:
        (package, *_) = format_module(exported.format).RUNTIMES
        return (
            "not compared with the model, because its runtime is not installed: try pip install "
            f"{package.replace('_', '-')}, and export again"
        )
    return (
        f"{exported.runtime} predicts what the model predicts, with a largest difference of "
        f"{exported.difference:.1e}"
    )
