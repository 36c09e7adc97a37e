"""`kerasdl collect`: what runs leave behind, without the weights, where reports find it."""

import re
import shutil
from pathlib import Path

from kerasdl import runs
from kerasdl.errors import UsageError

# Small text files: what `kerasdl report` reads.
KEPT = (runs.RECIPE, runs.LOG, runs.STEPS, runs.RESULT)
FOLDER = "reports/runs"
_FOLDER_OF_DATA = re.compile(r" in (?:/|[A-Za-z]:\\)[^),]*")


def add_arguments(parser):
    """The arguments of `kerasdl collect`."""
    parser.add_argument("--runs", default="runs", metavar="DIR", help="from (default: runs)")
    parser.add_argument("--out", default=FOLDER, metavar="DIR", help=f"to (default: {FOLDER})")


def run(args):
    """Copy every run that has ended."""
    root, target = Path(args.runs), Path(args.out)
    found = sorted(root.rglob(runs.RESULT))
    if not found:
        raise UsageError(f"There is no {runs.RESULT} under {root}: name the root with --runs.")
    copied = 0
    for path in found:
        result = runs.read_json(path)
        if result.get("status") not in ("finished", "diverged", "failed"):
            continue
        folder = target / path.parent.relative_to(root)
        runs.claim(folder)
        runs.clear(folder)
        for name in KEPT:
            if name != runs.RESULT and (path.parent / name).exists():
                with runs.written_whole(folder / name) as temporary:
                    shutil.copyfile(path.parent / name, temporary)
        # the result last: a run is there once it has one
        runs.write_json(folder / runs.RESULT, without_paths(result))
        copied += 1
    print(f"{copied} runs in {target}")
    return 0


def without_paths(result):
    """`result` without the folder of this machine that the data came from."""
    if "source" not in result:
        return result
    return result | {"source": _FOLDER_OF_DATA.sub("", result["source"])}
