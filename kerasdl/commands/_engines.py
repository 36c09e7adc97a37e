"""`--engine` of the commands that train many runs: the options, and the engine that they name."""

import importlib.util
import math

from kerasdl import engines
from kerasdl.commands._numbers import add_whole_number
from kerasdl.engines import worker
from kerasdl.errors import UsageError

# Options -> the engines that know them; every engine knows --jobs.
OF_ENGINES = {
    "address": ("ray",),
    "cpus_per_task": ("ray", "slurm"),
    "gpus_per_task": ("ray", "slurm"),
    "max_retries": ("ray", "slurm"),
    "time": ("slurm",),
    "sbatch": ("slurm",),
}
MOST_GPUS = 64  # of one run


def add_engine_arguments(parser):
    """Where runs are trained, and with what."""
    purpose = (
        "runs at the same time; on this machine they share the cores; default: 1, or on Ray and Slurm "
        "as many as they have room for"
    )
    add_whole_number(parser, "--jobs", 1, 256, purpose=purpose)
    parser.add_argument(
        "--engine",
        default="local",
        metavar="NAME",
        help=f"{', '.join(engines.ENGINES)}: processes of this machine, tasks of a Ray cluster or a "
        "job array of Slurm; on a cluster --out is in a folder that all machines share (default: "
        "local)",
    )
    parser.add_argument(
        "--address",
        metavar="auto|HOST:PORT",
        help="of a running Ray cluster (default: RAY_ADDRESS, or a Ray on this machine that ends "
        "with the command)",
    )
    purpose = "cores, and so threads, of each run on Ray or Slurm; default: 1"
    add_whole_number(parser, "--cpus-per-task", 1, 1024, purpose=purpose)
    parser.add_argument(
        "--gpus-per-task",
        metavar="N",
        help="GPUs of each run on Ray or Slurm; on Ray 0.5 lets two runs share one (default: 0)",
    )
    purpose = (
        "how often a run is continued that lost its process, its node or, on Slurm, its time; "
        f"default: {worker.ATTEMPTS}"
    )
    add_whole_number(parser, "--max-retries", 0, 1000, purpose=purpose)
    purpose = (
        "minutes after which Slurm puts a run back into the queue, to go on later; default: 60"
    )
    add_whole_number(parser, "--time", 3, 60 * 24 * 365, purpose=purpose)
    parser.add_argument(
        "--sbatch",
        action="append",
        metavar="OPTION=VALUE",
        help="an option of Slurm's sbatch, as in --sbatch partition=gpu (default: none)",
    )


def named_engine(args):
    """The engine that the command line names.

    Raises:
        UsageError: there is no such engine, its package is not installed, or an option is of
            another engine.
    """
    if args.engine not in engines.ENGINES:
        raise UsageError(
            f"--engine should be one of {', '.join(engines.ENGINES)}; received {args.engine!r:.40}."
        )
    for option, names in OF_ENGINES.items():
        if getattr(args, option) is not None and args.engine not in names:
            flag = f"--{option.replace('_', '-')}"
            raise UsageError(f"{flag} is for --engine {' or '.join(names)}, not {args.engine}.")
    if args.engine == "local":
        return engines.Local(args.jobs or 1)
    module = importlib.import_module(f"kerasdl.engines.{args.engine}")
    missing = [name for name in module.NEEDS if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(
            f"--engine {args.engine} needs {' and '.join(missing)}: "
            f"try pip install {' '.join(missing)}."
        )
    gpus = _gpus(args.gpus_per_task or "0", whole=args.engine == "slurm")
    resources = worker.Resources(args.cpus_per_task or 1, gpus)
    retries = worker.ATTEMPTS if args.max_retries is None else args.max_retries
    if args.engine == "ray":
        return module.Ray(args.address, resources, at_once=args.jobs, retries=retries)
    return module.Slurm(
        args.time or module.MINUTES,
        resources,
        at_once=args.jobs,
        retries=retries,
        options=_options(args.sbatch or ()),
    )


def _gpus(word, whole):
    """A number of GPUs: below 1 a fraction, else whole."""
    try:
        value = float(word) if word.isascii() and len(word) <= 20 else math.nan
    except ValueError:
        value = math.nan
    fits = 0 <= value <= MOST_GPUS and (value == int(value) or (value < 1 and not whole))
    if not fits:
        fraction = "" if whole else ", or a fraction of 1 such as 0.5"
        raise UsageError(
            f"--gpus-per-task should be a whole number up to {MOST_GPUS}{fraction}; "
            f"received {word!r:.40}."
        )
    return value


def _options(words):
    """The options of `sbatch` by name; those without a value are flags."""
    found = {}
    for word in words:
        name, sign, value = word.partition("=")
        name = name.strip().lstrip("-")
        if not name.replace("-", "").isalnum() or "\n" in value:
            raise UsageError(
                f"--sbatch should be an option of sbatch, such as partition=gpu; received {word!r:.60}."
            )
        found[name] = value if sign else True
    return found
