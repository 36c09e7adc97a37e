"""Copies of runs for the reports: text files, without weights and without folder names."""

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

from kerasdl import files
from kerasdl.errors import UsageError
from kerasdl.runs import directory
from kerasdl.runs.finished import reason_left_out

KEPT = (directory.RECIPE, directory.LOG, directory.STEPS, directory.PAGE)  # and the result
_FOLDER_OF_DATA = re.compile(r" in (?:/|[A-Za-z]:\\)[^),]*")
_FOLDERS = re.compile(r"(?<![\w.])(?:/[\w.\-~]+)+/|[A-Za-z]:\\(?:[\w.\-~]+\\)+")


@dataclass(frozen=True)
class Collected:
    """What `collect` did.

    Attributes:
        copied: directories of the runs that were copied, below the root.
        left: directory below the root -> why its run was not copied.
    """

    copied: tuple
    left: dict


def collect(root, target):
    """Copy every run below `root` that has ended, or failed, to the same place below `target`.

    With it goes the page that `kerasdl page` wrote, where there is one. Links are not followed: a
    run that is one, lies below one or holds one stays.

    A run that is in the target already is replaced, but one that ended is not by one that failed,
    and one that decides claims is not by one that decides none (see
    `kerasdl.runs.finished.reason_left_out`).

    Args:
        root: root of run directories.
        target: root of the copies.

    Returns:
        A `Collected`.

    Raises:
        UsageError: there is no run below `root`, one of the folders lies in the other, or a
            file cannot be read or written.
    """
    root, target = Path(root), Path(target)
    _expect_apart(root.resolve(), target.resolve())
    found = [path.parent for path in sorted(root.glob(f"*/*/*/{directory.RESULT}"))]
    if not found:
        raise UsageError(f"There is no {directory.RESULT} under {root}: name the root with --runs.")
    copied, left = [], {}
    for folder in found:
        place = folder.relative_to(root)
        # Folders between the root and the run, and the place of its copy.
        above = [base / part for part in (place, *place.parents[:-1]) for base in (root, target)]
        if reason := _reason_to_leave(folder, target / place, above):
            left[place.as_posix()] = reason
        else:
            _copy(folder, target / place)
            copied.append(place.as_posix())
    return Collected(tuple(copied), left)


def without_paths(result):
    """A `result.json` without folders of this machine: where the data came from, what an error says.

    Example:
    >>> without_paths({"source": "cifar-10-batches-bin in /home/me/data"})
    {'source': 'cifar-10-batches-bin'}
    """
    cleaned = dict(result)
    if "source" in result:
        cleaned["source"] = _FOLDER_OF_DATA.sub("", result["source"])
    if "error" in result:
        cleaned["error"] = _FOLDERS.sub("", str(result["error"]))
    return cleaned


def _reason_to_leave(folder, copy, above):
    """Why the run in `folder` should not take the place of what is in `copy`; `""` if it should."""
    for path in (*(folder / name for name in (directory.RESULT, *KEPT)), *reversed(above)):
        if path.is_symlink():
            return f"{path.name} is a link: what it points to may be no run"
    status = directory.read_result(folder)["status"]
    if status not in (*directory.ENDED, "failed"):
        return f"it is {status}"
    if directory.read_result(copy).get("status") not in directory.ENDED:
        return ""
    if status == "failed":
        return "it failed, and the run in its place did not"
    reason = reason_left_out(folder)
    replaces_none = reason and not reason_left_out(copy)
    return f"{reason}; the run in its place decides claims" if replaces_none else ""


def _copy(source, target):
    """Read everything, then write everything, and only then delete the copy that was there.

    The result takes its place last: a run is there once it has one.
    """
    result = without_paths(directory.read_result(source))
    contents = {
        name: files.read_bytes(source / name, at_most=directory.LARGEST_LOG)
        for name in KEPT
        if (source / name).exists()
    }
    contents[directory.RESULT] = files.json_text(result).encode()
    files.make_folder(target)
    with contextlib.ExitStack() as replacements:  # the last that is entered takes its place first
        for name, content in reversed(contents.items()):
            temporary = replacements.enter_context(files.written_whole(target / name))
            temporary.write_bytes(content)
        directory.clear(target)


def _expect_apart(root, target):
    if root == target or root in target.parents or target in root.parents:
        raise UsageError(
            f"--out should lie apart from --runs; received {target} and {root}. "
            "`kerasdl report --runs` reads any folder of runs as it is."
        )
