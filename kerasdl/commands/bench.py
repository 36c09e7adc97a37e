"""`kerasdl bench`: images per second of ours beside the plain alternative."""

import importlib.util
import itertools
import re

from kerasdl import backend, studies
from kerasdl.commands._numbers import add_whole_number
from kerasdl.commands._status_line import elapsed_time
from kerasdl.errors import UsageError
from kerasdl.files import expect_writable, write_json

EXAMPLES = """
  kerasdl bench augmentation                ours beside Keras' layers
  kerasdl bench training                    beside plain Keras and loops by hand
  kerasdl bench training --workload vit --precision float32,bfloat16
  kerasdl bench step --workload all         where the time of a step goes
  kerasdl bench draws --beside numpy        our random numbers beside NumPy's
  kerasdl bench startup --json file.json    until the first step, and memory
  kerasdl bench streaming                   pictures streamed, and in memory
  kerasdl bench engines                     a sweep on Ray and on the local pool
"""
AUGMENTATION_BATCH = 256
ROUNDS, EPOCHS = 15, 7  # unless said; `training` has up to six contenders
STREAMED_EPOCHS, STREAMED_IMAGES = 3, 20_000  # which are decoded
STREAMED_BATCH = 32  # whose activations, at 96x96 pixels, take the memory of 288 images of CIFAR-10
ENGINE_ROUNDS = 3  # a minute or two each
VARIED = ("batch_size", "depth", "image_size")

# option -> the benches that take it
TAKEN_BY = {
    "batch_size": ("augmentation", "step", "streaming", "training"),
    "recipe": ("draws", "startup"),
    "beside": ("draws",),
    "recipes": ("training",),
    "workload": ("step", "training"),
    "precision": ("step", "training"),
    "vary": ("training",),
    "images": ("step", "training", "streaming"),
    "overwrite": ("step", "training"),
}


def add_arguments(parser):
    """The arguments of `kerasdl bench`."""
    choices = (
        "augmentation",
        "checkpoints",
        "draws",
        "engines",
        "startup",
        "step",
        "streaming",
        "training",
    )
    parser.add_argument(
        "what", choices=choices, metavar="what", help=f"what is measured: {', '.join(choices)}"
    )
    purpose = (
        f"rounds, or epochs (default: {EPOCHS} of training and step, {STREAMED_EPOCHS} of "
        f"streaming, {ENGINE_ROUNDS} of engines, {ROUNDS} of all else)"
    )
    add_whole_number(parser, "--n", 1, 10_000, purpose=purpose)
    purpose = (
        f"images a batch (default: {AUGMENTATION_BATCH} of augmentation, {STREAMED_BATCH} of "
        "streaming, the recipe's else)"
    )
    add_whole_number(parser, "--batch-size", 1, 65_536, purpose=purpose)
    parser.add_argument(
        "--workload",
        nargs="+",
        metavar="W",
        help="training, step: regularization (the default), dropout, mlp, vit, resnet18, digits, "
        "fast; or all",
    )
    parser.add_argument(
        "--precision",
        metavar="P",
        help="training, step: float32 (the default), bfloat16 or float16, or several: "
        "float32,bfloat16",
    )
    add_whole_number(
        parser,
        "--images",
        1,
        1_000_000,
        purpose="training, step: images an epoch (default: as many as the workload says); "
        f"streaming: pictures that are written (default: {STREAMED_IMAGES:,})",
    )
    parser.add_argument(
        "--vary",
        metavar="NAME=N,N",
        help="training: how cost grows with batch_size, depth or image_size: "
        "batch_size=32,128,512,1024 (default: nothing)",
    )
    parser.add_argument(
        "--recipes",
        nargs=2,
        metavar="RECIPE",
        help="training: one recipe beside another, in place of plain Keras and loops by hand "
        "(default)",
    )
    parser.add_argument(
        "--recipe",
        help="draws: whose random numbers are compared (default: dropout/model2); startup: whose "
        "first step and memory are measured (default: regularization/baseline)",
    )
    parser.add_argument(
        "--beside",
        choices=("backend", "numpy"),
        help="draws: beside the backend's own random numbers (default), or NumPy's in the input "
        "pipeline",
    )
    parser.add_argument(
        "--json",
        metavar="FILE",
        help="as in reports/bench/augmentation-jax.json; `kerasdl report` makes a page of them. "
        "training and step add what the file lacks, and go on where they were interrupted "
        "(default: none)",
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="training, step: measure anew what FILE has already",
    )


def run(args):
    """Measure and print."""
    _expect_own_options(args)
    backend.require()
    if args.json:
        expect_writable(args.json)
    for name in filter(None, [args.recipe, *(args.recipes or ())]):
        studies.get(name)  # an unknown one is named before a backend is imported
    if args.what == "training" and args.recipes is None:
        from kerasdl.benchmarks import training
        from kerasdl.reports import training_speed

        return _workloads(args, training.measure, training_speed.measurement_text, "measurements")
    if args.what == "step":
        from kerasdl.benchmarks import step_breakdown
        from kerasdl.reports import step_times

        return _workloads(args, step_breakdown.measure, step_times.step_text, "steps")

    with elapsed_time(f"measuring {args.what}") as notify:
        results, shown = _measure(args, notify)
    if args.json:
        write_json(args.json, results)
    print(shown)
    return 0


def _expect_own_options(args):
    """Refuse an option of another bench, and of the workloads where recipes are compared."""
    given = [option for option in TAKEN_BY if getattr(args, option) not in (None, False)]
    for option in given:
        flag, benches = f"--{option.replace('_', '-')}", TAKEN_BY[option]
        if args.what not in benches:
            raise UsageError(f"{flag} is for `kerasdl bench {' and '.join(benches)}`.")
        if "recipes" in given and option != "recipes":
            raise UsageError(f"{flag} is for the workloads: leave it out with --recipes.")


def _measure(args, notify):
    """What a bench measured, and that in words."""
    n = args.n or ROUNDS
    if args.what == "augmentation":
        from kerasdl.benchmarks import augmentation
        from kerasdl.reports import augmentation_speed

        results = augmentation.measure(n, args.batch_size or AUGMENTATION_BATCH, notify=notify)
        return results, augmentation_speed.text(results)
    if args.what == "startup":
        from kerasdl.benchmarks import startup

        results = startup.measure(n, args.recipe or startup.RECIPE, notify=notify)
        return results, startup.sentence(results)
    if args.what == "engines":
        _expect_ray()
        from kerasdl.benchmarks import engines

        results = engines.measure(args.n or ENGINE_ROUNDS, notify=notify)
        return results, engines.sentence(results)
    if args.what == "streaming":
        from kerasdl.benchmarks import streaming

        images, batch_size = args.images or STREAMED_IMAGES, args.batch_size or STREAMED_BATCH
        if images < (fewest := streaming.fewest_images(batch_size)):
            raise UsageError(
                f"--images should be at least {fewest:,} for batches of {batch_size:,}, of which the "
                f"first are not timed; received {images:,}: raise it, or lower --batch-size."
            )
        n = args.n or STREAMED_EPOCHS
        results = streaming.measure(n, images, batch_size, notify=notify)
        return results, streaming.sentence(results)

    from kerasdl.benchmarks import checkpoints, draws, paired

    match args.what:
        case "training":
            results = paired.compare(*args.recipes, n, notify=notify)
        case "draws":
            name, beside = args.recipe or draws.RECIPES[0], args.beside or "backend"
            results = draws.measure(name, beside, n, notify=notify)
        case "checkpoints":
            results = checkpoints.measure(n, notify=notify)
    return results, paired.sentence(results)


def _expect_ray():
    if importlib.util.find_spec("ray") is None:
        raise UsageError(
            "`kerasdl bench engines` compares Ray with the local pool: try pip install ray."
        )


def _workloads(args, measure, text, key):
    """Measure each setting that is not in the file yet; 1 where our own training failed."""
    from kerasdl.benchmarks.measurements import Measurements

    n, settings = args.n or EPOCHS, _settings(args)
    file = Measurements(args.json, key)
    failed = False
    for setting in settings:
        if not args.overwrite and file.has(setting, n):
            print(f"{setting}: in {args.json} already; --overwrite measures it anew")
            continue
        print(f"{setting}, {setting.images:,} images an epoch ...", flush=True)
        with elapsed_time(f"measuring {setting}") as notify:
            found = measure(setting, n, notify)
        file.add(found)
        print(text(found), flush=True)
        failed = failed or "failed" in found.get("contenders", [found])[0]
    return int(failed)


def _settings(args):
    """What is measured: each workload, in each precision, with each value of what is varied."""
    from kerasdl.benchmarks.workload import WORKLOADS, Setting

    workloads = args.workload or ["regularization"]
    workloads = WORKLOADS if "all" in workloads else workloads
    precisions = ("float32" if args.precision is None else args.precision).split(",")
    name, values = _varied(args.vary)
    if name == "batch_size" and args.batch_size is not None:
        raise UsageError("--batch-size and --vary batch_size exclude each other.")
    return [
        Setting.of(workload, precision.strip(), args.images, **changes)
        for workload, precision, value in itertools.product(workloads, precisions, values)
        for changes in [{"batch_size": args.batch_size} | ({name: value} if name else {})]
    ]


def _varied(words):
    """The name of what is varied, and its values, from `"batch_size=32,128"`."""
    if words is None:
        return None, [None]
    name, _, values = words.partition("=")
    values = values.split(",")
    if name not in VARIED or not all(re.fullmatch("[1-9][0-9]{0,4}", each) for each in values):
        raise UsageError(
            f"--vary should be one of {', '.join(VARIED)} with whole numbers from 1 to 99999, as in "
            f"batch_size=32,128; received {words!r:.80}."
        )
    return name, [int(each) for each in values]
