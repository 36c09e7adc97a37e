"""`kerasdl report`: pages of what the reports claim and what holds. Needs no backend."""

from pathlib import Path

from kerasdl.errors import UsageError

EXAMPLES = """
  kerasdl report                     reports/runs/ to pages in reports/
  kerasdl report --runs my-report/runs --out my-report
"""
BENCH, PARITY = "reports/bench", "reports/parity"
SENSITIVITY = "reports/sensitivity"


def add_arguments(parser):
    """The arguments of `kerasdl report`."""
    parser.add_argument(
        "--runs", default="reports/runs", metavar="DIR", help="default: reports/runs"
    )
    parser.add_argument("--out", default="reports", metavar="DIR", help="default: reports")
    parser.add_argument(
        "--bench",
        metavar="DIR",
        help=f"what `kerasdl bench --json` wrote (default: {BENCH}, if there is such a folder)",
    )
    parser.add_argument(
        "--parity",
        metavar="DIR",
        help=f"what `kerasdl parity --json` wrote (default: {PARITY}, if there is such a folder)",
    )
    parser.add_argument(
        "--sensitivity",
        metavar="DIR",
        help=f"tables of variants of the assumptions (default: {SENSITIVITY}, if there is such a folder)",
    )


def run(args):
    """Write the pages, and print how many claims hold."""
    if not Path(args.runs).is_dir():
        raise UsageError(
            f"There is no folder {args.runs}: `kerasdl collect` fills reports/runs, or name another "
            "with --runs."
        )
    for option in ("bench", "parity", "sensitivity"):
        folder = getattr(args, option)
        if folder is not None and not Path(folder).is_dir():
            raise UsageError(f"There is no folder {folder}, which --{option} names.")
    from kerasdl import reports

    pages = reports.write(
        args.runs,
        args.out,
        args.bench or BENCH,
        args.parity or PARITY,
        args.sensitivity or SENSITIVITY,
    )
    for name, report in pages.items():
        print(f"{name}: {report.summary}")
    left_out = sum(len(report.left_out.rows) for report in pages.values())
    if left_out:
        print(f"{left_out} runs decide no claim: see Left out on the pages")
    print(f"pages: {Path(args.out) / 'README.md'}, {Path(args.out) / 'index.html'}")
    return 0
