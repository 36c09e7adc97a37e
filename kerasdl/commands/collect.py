"""`kerasdl collect`: what runs leave behind, without the weights, where reports find it."""

import re
from pathlib import Path

from kerasdl import files
from kerasdl.errors import UsageError
from kerasdl.runs import directory
from kerasdl.runs.finished import reason_left_out
from kerasdl.runs.identity import same_run

# Small text files: what `kerasdl report` reads.
KEPT = (directory.RECIPE, directory.LOG, directory.STEPS)
FOLDER = "reports/runs"
_FOLDER_OF_DATA = re.compile(r" in (?:/|[A-Za-z]:\\)[^),]*")
_FOLDERS = re.compile(r"(?<![\w.])(?:/[\w.\-~]+)+/|[A-Za-z]:\\(?:[\w.\-~]+\\)+")


def add_arguments(parser):
    """The arguments of `kerasdl collect`."""
    parser.add_argument("--runs", default="runs", metavar="DIR", help="from (default: runs)")
    parser.add_argument("--out", default=FOLDER, metavar="DIR", help=f"to (default: {FOLDER})")


def run(args):
    """Copy every run that has ended.

    A run that came to its end is replaced by one of the registered recipe, or by one of the
    same settings, data and network; not by one that failed.
    """
    root, target = Path(args.runs), Path(args.out)
    _expect_apart(root.resolve(), target.resolve())
    found = sorted(root.glob(f"*/*/*/{directory.RESULT}"))
    if not found:
        raise UsageError(f"There is no {directory.RESULT} under {root}: name the root with --runs.")
    copied = 0
    for path in found:
        result = directory.read_result(path.parent)
        folder = target / path.parent.relative_to(root)
        kept = directory.read_result(folder).get("status") in directory.ENDED
        if result["status"] in directory.ENDED:
            copy = not kept or not reason_left_out(path.parent) or same_run(path.parent, folder)
        else:
            copy = result["status"] == "failed" and not kept
        if copy:
            _copy(path.parent, result, folder)
            copied += 1
    print(f"{copied} runs in {target}")
    return 0


def without_paths(result):
    """`result` without the folders of this machine: where the data came from, what an error says."""
    cleaned = dict(result)
    if "source" in result:
        cleaned["source"] = _FOLDER_OF_DATA.sub("", result["source"])
    if "error" in result:
        cleaned["error"] = _FOLDERS.sub("", str(result["error"]))
    return cleaned


def _copy(source, result, folder):
    """Read everything, then write everything, the result last: a run is there once it has one."""
    contents = {name: (source / name).read_bytes() for name in KEPT if (source / name).exists()}
    files.make_folder(folder)
    directory.clear(folder)
    for name, content in contents.items():
        with files.written_whole(folder / name) as temporary:
            temporary.write_bytes(content)
    files.write_json(folder / directory.RESULT, without_paths(result))


def _expect_apart(root, target):
    if root == target or root in target.parents or target in root.parents:
        raise UsageError(
            f"--out should lie apart from --runs; received {target} and {root}. "
            "`kerasdl report --runs` reads any folder of runs as it is."
        )
