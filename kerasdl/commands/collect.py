"""`kerasdl collect`: copy results and pages of runs, without weights, to where reports find them."""

FOLDER = "reports/runs"
EXAMPLES = """
  kerasdl collect                    runs/ to reports/runs/
  kerasdl collect --runs my-runs --out my-report/runs
"""


def add_arguments(parser):
    """The arguments of `kerasdl collect`."""
    parser.add_argument("--runs", default="runs", metavar="DIR", help="from (default: runs)")
    parser.add_argument("--out", default=FOLDER, metavar="DIR", help=f"to (default: {FOLDER})")


def run(args):
    """Copy every run that has ended, and say which were not copied."""
    from kerasdl import text
    from kerasdl.runs import archive

    collected = archive.collect(args.runs, args.out)
    for folder, reason in collected.left.items():
        print(text.one_line(f"not copied: {folder} ({reason})"))
    print(f"{len(collected.copied)} runs in {args.out}")
    return 0
