"""Compare the backends on every recipe that the page of parity shows (`kerasdl/studies/parity.py`).

    python scripts/write_parity.py reports/parity

Takes hours, and is resumable: what is in the folder is not made again. `kerasdl report` makes the
page. Needs all three backends, and the data sets of the recipes.
"""

import argparse
import sys

from kerasdl import backend
from kerasdl.__main__ import guarded
from kerasdl.errors import UsageError


def main():
    """Parse the command line, make what is missing, and say what failed."""
    parser = argparse.ArgumentParser(
        description=__doc__.strip(), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", help="where the files go")
    parser.add_argument("--data-dir", metavar="D", help="folder of data sets (or KERASDL_DATA)")
    parser.add_argument("--overwrite", action="store_true", help="make all of them anew")
    return guarded(run, parser.parse_args(), program="write_parity.py", is_long=True)


def run(args):
    """Make the comparisons; the exit code is 1 if one failed."""
    missing = set(backend.BACKENDS) - set(backend.installed())
    if missing:
        raise UsageError(
            f"Expected all backends to be installed; missing: {', '.join(sorted(missing))}."
        )

    from kerasdl.parity import planned

    failed = planned.write_missing(
        args.folder,
        data_dir=args.data_dir,
        overwrite=args.overwrite,
        notify=lambda line: print(line, flush=True),
    )
    if failed:
        print(f"failed, and tried again next time: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
