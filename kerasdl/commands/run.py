"""`kerasdl run`: the experiments of a report, over seeds and backends."""

import fnmatch
from pathlib import Path

from kerasdl import backend, files, studies, sweep
from kerasdl.errors import UsageError


def add_arguments(parser):
    """The arguments of `kerasdl run`."""
    parser.add_argument("report", help=f"one of {', '.join(_reports())}")
    parser.add_argument(
        "--recipes",
        default="*",
        metavar="PATTERN",
        help="which of its experiments, as in 'circles_*' or baseline,augment (default: all)",
    )
    parser.add_argument("--seeds", default="0", metavar="0,1,2", help="default: 0")
    parser.add_argument(
        "--backends",
        metavar="B,B",
        help=f"of {', '.join(backend.BACKENDS)} (default: that of KERAS_BACKEND, or the first "
        "that is installed)",
    )
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="runs at once (default 1)")
    parser.add_argument("--data-dir", metavar="D", help="folder of data sets (or KERASDL_DATA)")
    parser.add_argument("--out", default="runs", metavar="DIR", help="root of the run directories")


def run(args):
    """Train what is not finished; the exit code is 1 if a run failed."""
    if args.jobs < 1:
        raise UsageError(f"--jobs should be at least 1; received {args.jobs}.")
    jobs = [
        sweep.Job(name, on, seed)
        for name in _names(args.report, args.recipes)
        for on in _backends(args.backends)
        for seed in sweep.seeds(args.seeds)
    ]
    files.make_folder(Path(args.out))
    failed = sweep.sweep(
        jobs,
        args.out,
        data_dir=args.data_dir,
        at_once=args.jobs,
        say=lambda line: print(line, flush=True),
    )
    print(f"{len(jobs) - len(failed)} of {len(jobs)} runs are done, {len(failed)} failed")
    return 1 if failed else 0


def _reports():
    return tuple(dict.fromkeys(name.partition("/")[0] for name in studies.names()))


def _names(report, patterns):
    if report not in _reports():
        raise UsageError(f"REPORT should be one of {', '.join(_reports())}; received {report!r}.")
    experiments = [name for name in studies.names() if name.startswith(f"{report}/")]
    found = set()
    for pattern in patterns.split(","):
        matching = [
            name
            for name in experiments
            if fnmatch.fnmatchcase(name.partition("/")[2], pattern.strip())
        ]
        if not matching:
            raise UsageError(
                f"No experiment of {report} matches {pattern.strip()!r}: `kerasdl list {report}` "
                "shows them."
            )
        found |= set(matching)
    return [name for name in experiments if name in found]


def _backends(text):
    if text is None:
        return (backend.require(),)
    names = tuple(dict.fromkeys(word.strip() for word in text.split(",")))
    for name in names:
        if name not in backend.BACKENDS:
            raise UsageError(
                f"--backends should be of {', '.join(backend.BACKENDS)}; received {name!r}."
            )
        if name not in backend.installed():
            raise UsageError(
                f'{name} is not installed here: try pip install "kerasdl[{name}]", '
                "or leave it out of --backends."
            )
    return names
