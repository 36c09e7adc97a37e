"""`kerasdl page`: one HTML page of a run, with a look inside its model."""

from pathlib import Path

from kerasdl import backend
from kerasdl.commands import _own_data
from kerasdl.commands._evaluated import add_evaluated_arguments, load_evaluated
from kerasdl.errors import UsageError
from kerasdl.files import expect_writable, make_folder, written_whole
from kerasdl.keras_file import read_contents
from kerasdl.runs import directory

EXAMPLES = """
  kerasdl page runs/cifar10/default/jax-seed0
  kerasdl page RUN --out page.html --pictures pictures
  kerasdl page RUN --part validation --embedding tsne
  kerasdl page RUN --data flowers               trained on pictures of your own
"""
EMBEDDINGS = ("pca", "tsne")


def add_arguments(parser):
    """The arguments of `kerasdl page`."""
    parser.add_argument("run", metavar="RUN", help="run directory")
    parser.add_argument(
        "--out", metavar="FILE.html", help="default: page.html in the run directory"
    )
    parser.add_argument(
        "--pictures", metavar="FOLDER", help="write the pictures as PNG files too (default: none)"
    )
    parser.add_argument(
        "--embedding",
        choices=EMBEDDINGS,
        default="pca",
        help="how the embedding map is made: principal components, or scikit-learn's t-SNE, which "
        "takes seconds more (default: pca)",
    )
    add_evaluated_arguments(parser)


def run(args):
    """Look inside the model, and write the page."""
    _own_data.expect_one_source(args)
    folder = Path(args.run)
    page = Path(args.out or folder / directory.PAGE)
    if page.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--out should end in .html; received {page}.")

    from kerasdl.reports import comparable, run_page

    member = comparable.read_member(folder)
    expect_writable(page)
    if args.pictures is not None:
        make_folder(Path(args.pictures))
    outputs, seen = _looked(folder / directory.MODEL, args)
    text = run_page.to_html(run_page.gather(member, outputs, seen))
    with written_whole(page) as temporary:
        temporary.write_text(text, encoding="utf-8")
    for output in outputs:
        print(", ".join(f"{name} {value:.4f}" for name, value in output.numbers.items()))
        for picture in output.pictures if args.pictures is not None else ():
            print(f"picture: {picture.save(Path(args.pictures))}")
    print(f"page: {page}")
    return 0


def _looked(path, args):
    """What was seen inside the model, and with which examples; or why there is nothing to see."""
    if not path.exists():
        return (), f"There is no {directory.MODEL} in the run directory, so nothing to look into."
    backend.require()
    read_contents(path)  # what is wrong with it is said before a backend is imported
    found = load_evaluated(path, args)

    from kerasdl.inspection import look_inside

    split = found.split
    outputs = look_inside(found.model, split, found.dataset.classes, embedding=args.embedding)
    return outputs, f"On the {found.part} part of {found.dataset.name}, {len(split):,} examples."
