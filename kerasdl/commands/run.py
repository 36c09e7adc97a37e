"""`kerasdl run`: train the experiments of a report, over seeds and backends."""

import fnmatch
from pathlib import Path

from kerasdl import backend, files, studies, sweep, trackers
from kerasdl.commands import _running_jobs, train
from kerasdl.commands._engines import add_engine_arguments, named_engine
from kerasdl.commands._tracking import add_track_argument
from kerasdl.errors import UsageError
from kerasdl.recipes.rules import LARGEST_SEED

EXAMPLES = """
  kerasdl run exercises --recipes 'circles_*' --seeds 0,1,2 --backends jax,torch
  kerasdl run dropout --recipes model1,model2 --jobs 2
  kerasdl run dropout --seeds 0,1,2 --engine ray --address auto --out /runs
  kerasdl run dropout --engine slurm --time 120 --sbatch partition=gpu
"""
MOST_SEEDS = 1000


def add_arguments(parser):
    """The arguments of `kerasdl run`."""
    parser.add_argument("report", help=f"one of {', '.join(studies.STUDIES)}")
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
    add_engine_arguments(parser)
    parser.add_argument(
        "--data-dir", metavar="D", help="folder of data sets (default: KERASDL_DATA)"
    )
    parser.add_argument(
        "--out", default="runs", metavar="DIR", help="root of the run directories (default: runs)"
    )
    train.add_deterministic_argument(parser)
    add_track_argument(parser)


def run(args):
    """Train what is not done; the exit code is 1 if a run failed."""
    trackers.parse(args.track)  # what is unknown or missing is said before any run begins
    engine = named_engine(args)
    names = backend.named(args.backends) if args.backends else (backend.require(),)
    jobs = [
        sweep.Job(recipe, name, seed)
        for recipe in _recipes(args.report, args.recipes)
        for name in names
        for seed in _seeds(args.seeds)
    ]
    files.make_folder(Path(args.out))
    with _running_jobs.shown(jobs if args.engine != "local" else (), args.out) as notify:
        failed = sweep.train_all(
            jobs,
            args.out,
            data_dir=args.data_dir,
            engine=engine,
            deterministic=args.deterministic,
            track=args.track,
            notify=notify,
        )
    print(f"{len(jobs) - len(failed)} of {len(jobs)} runs are done, {len(failed)} failed")
    return 1 if failed else 0


def _recipes(report, patterns):
    """Names of the experiments of a report that match one of the patterns, in its order."""
    if report not in studies.STUDIES:
        raise UsageError(
            f"REPORT should be one of {', '.join(studies.STUDIES)}; received {report!r}."
        )
    names = [recipe.name for recipe in studies.STUDIES[report].recipes]
    found = set()
    for pattern in (word.strip() for word in patterns.split(",")):
        matching = [name for name in names if fnmatch.fnmatchcase(name, f"{report}/{pattern}")]
        if not matching:
            raise UsageError(
                f"No experiment of {report} matches {pattern!r}: `kerasdl list {report}` "
                "shows them."
            )
        found.update(matching)
    return [name for name in names if name in found]


def _seeds(text):
    words = [word.strip() for word in text.split(",")]
    good = len(words) <= MOST_SEEDS and all(
        word.isascii() and word.isdecimal() and len(word) <= 10 and int(word) <= LARGEST_SEED
        for word in words
    )
    if not good:
        raise UsageError(
            f"--seeds should be whole numbers up to {LARGEST_SEED}, as in 0,1,2, and at most "
            f"{MOST_SEEDS} of them; received {text!r:.80}."
        )
    return tuple(dict.fromkeys(map(int, words)))
