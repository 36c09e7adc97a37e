"""`kerasdl compare`: runs side by side: settings, curves, results, differences over seeds."""

from pathlib import Path

from kerasdl.errors import UsageError
from kerasdl.files import expect_writable, written_whole

EXAMPLES = """
  kerasdl compare runs/dropout/model1/jax-seed0 runs/dropout/model2/jax-seed0
  kerasdl compare RUN RUN RUN --html page.html
"""


def add_arguments(parser):
    """The arguments of `kerasdl compare`."""
    parser.add_argument(
        "runs", nargs="+", metavar="RUN", help="run directories; the first one's group is the basis"
    )
    parser.add_argument(
        "--html", metavar="FILE.html", help="write a page with the curves too (default: none)"
    )


def run(args):
    """Print the comparison, and write the page."""
    page = None if args.html is None else Path(args.html)
    if page is not None:
        if page.suffix.lower() not in (".html", ".htm"):
            raise UsageError(f"--html should end in .html; received {page}.")
        expect_writable(page)

    from kerasdl.reports import comparable, side_by_side

    compared = side_by_side.gather(comparable.read(args.runs))
    print(side_by_side.to_text(compared))
    if page is not None:
        with written_whole(page) as temporary:
            temporary.write_text(side_by_side.to_html(compared), encoding="utf-8")
        print(f"\npage: {page}")
    return 0
