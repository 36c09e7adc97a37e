"""Train a network on CIFAR-10, on whichever backend KERAS_BACKEND names.

    KERAS_BACKEND=jax python scripts/train_cifar.py --epochs 5

The same as `kerasdl train`, with defaults that need no arguments.
"""

import argparse
import sys

from kerasdl.__main__ import guarded
from kerasdl.commands import train


def main():
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(
        description=__doc__.strip(), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipe", default="cifar10/default", metavar="R")
    parser.add_argument(
        "--dataset",
        default="auto",
        choices=("cifar10", "cifar100", "digits", "auto"),
        help="auto: CIFAR-10 where it is found or can be downloaded, else the bundled digits",
    )
    train.add_data_arguments(parser)
    train.add_run_arguments(parser)
    return guarded(train.run, parser.parse_args(), program="train_cifar.py", is_long=True)


if __name__ == "__main__":
    sys.exit(main())
