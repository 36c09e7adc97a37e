"""The comparisons that the page of parity shows, made one after another; again completes them."""

from pathlib import Path

from kerasdl.backend import BACKENDS
from kerasdl.errors import UsageError
from kerasdl.files import make_folder, write_json
from kerasdl.parity.compare import Design, compare
from kerasdl.reports import agreement
from kerasdl.studies import parity


def write_missing(folder, *, plan=parity.PLAN, data_dir=None, overwrite=False, notify=print):
    """Make the comparisons of a plan that are not in a folder yet.

    Args:
        folder: where the files of `kerasdl parity --json` go.
        plan: sequence of `kerasdl.studies.parity.Planned`.
        data_dir: where the data sets are, or `None`.
        overwrite: make all of them, whether they are there or not.
        notify: called with a line about each run, and with the table of each comparison.

    Returns:
        Names of the files that could not be made: a run failed, and the others were made.

    Raises:
        UsageError: a file in the way holds another comparison, or the folder cannot be written.
    """
    folder = Path(folder)
    make_folder(folder)
    waiting = [each for each in plan if overwrite or not _is_made(folder / each.file, each)]
    notify(f"{len(plan) - len(waiting)} of {len(plan)} comparisons are made already")
    failed = []
    for count, planned in enumerate(waiting, start=len(plan) - len(waiting) + 1):
        notify(f"[{count}/{len(plan)}] {planned.file}")
        try:
            comparison = compare(
                planned.recipe,
                tuple(BACKENDS),
                Design(planned.steps, planned.precision, lockstep=planned.lockstep),
                data_dir=data_dir,
                progress=notify,
            )
        except UsageError as error:
            notify(f"{planned.file} failed: {error}")
            failed.append(planned.file)
            continue
        write_json(folder / planned.file, comparison.to_dict())
        notify(comparison.table())
    return failed


def _is_made(path, planned):
    """Whether the file of a planned comparison is there."""
    if not path.exists():
        return False
    if not agreement.read_file(path).is_of(planned):
        raise UsageError(
            f"{path} holds a comparison with other settings, steps or backends than are planned: "
            "--overwrite makes all of them anew, or move it away."
        )
    return True
