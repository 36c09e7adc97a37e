"""`--track` of the commands that train: the option, and a training that trackers follow."""

import tempfile
from pathlib import Path

from kerasdl import trackers


def add_track_argument(parser):
    """For every command whose runs may be tracked."""
    parser.add_argument(
        "--track",
        action="append",
        default=[],
        metavar="TRACKER[:TARGET]",
        help="follow the run in tensorboard[:FOLDER], wandb[:PROJECT] or mlflow[:URI]; may be given "
        "several times (default: none)",
    )


def train_tracked(experiment, args, callbacks):
    """Train, followed by the trackers that are named."""
    from kerasdl.callbacks import Track
    from kerasdl.runs import directory
    from kerasdl.training import train

    if not args.track:
        return train(experiment, existing=args.existing, callbacks=callbacks)

    from kerasdl.trackers import pictures

    with trackers.followers(args.track, pictures.tracked_run(experiment)) as followers:
        callbacks = [*callbacks, Track(followers)]
        run = train(experiment, existing=args.existing, callbacks=callbacks)
        if followers.are_following:
            with tempfile.TemporaryDirectory() as folder:
                drawn = pictures.draw(experiment, run.model, Path(folder), notify=print)
                kept = (directory.RECIPE, directory.LOG, directory.RESULT, directory.MODEL)
                followers.show(drawn, [run.directory / name for name in kept])
    return run
