"""Train the grids of what the reports leave open, and write how many of their numbers each gives.

    python scripts/write_sensitivity.py reports/sensitivity circles regression

The grids are in `kerasdl/studies/readings/`. Takes minutes to days, and is resumable: what was
trained is not trained again. With `--score-only` nothing is trained, no backend is needed, and what has
no run is listed with its cost. `kerasdl report` makes the page.
"""

import argparse
import sys

from kerasdl import compile_cache
from kerasdl.__main__ import guarded
from kerasdl.errors import UsageError
from kerasdl.runs import grid_scores
from kerasdl.studies.readings import GRIDS


def main():
    """Parse the command line and train the grids that it names."""
    parser = argparse.ArgumentParser(
        description=__doc__.strip(), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", help="where the files go")
    parser.add_argument("group", nargs="*", help=f"any of {', '.join(GRIDS)}; all unless said")
    parser.add_argument("--out", default="runs/sensitivity", help="root of the run directories")
    parser.add_argument(
        "--reports", default="reports/runs", help="where the runs of the reports' own recipes are"
    )
    parser.add_argument("--score-only", action="store_true", help="train nothing")
    parser.add_argument("--seeds", type=int, help="how many; the grid's number unless said")
    parser.add_argument("--data-dir", metavar="D", help="folder of data sets (or KERASDL_DATA)")
    return guarded(run, parser.parse_args(), program="write_sensitivity.py", is_long=True)


def run(args):
    """Train what is missing, unless only scores are asked for, and write a table a grid."""
    if unknown := sorted(set(args.group) - set(GRIDS)):
        raise UsageError(
            f"A group should be one of {', '.join(GRIDS)}; received {', '.join(unknown)}."
        )
    runs = grid_scores.SavedRuns.under(args.out, args.reports)
    if args.score_only:
        for name in args.group or GRIDS:
            grid_scores.write(name, args.folder, runs, args.seeds)
        return 0
    compile_cache.quiet()
    compile_cache.enable()
    from kerasdl import grids

    for name in args.group or GRIDS:
        grids.write(
            name,
            args.folder,
            runs,
            seeds=args.seeds,
            data_dir=args.data_dir,
            notify=lambda line: print(line, flush=True),
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
