"""The command line of the hand-written training loops."""

import argparse

SEVERAL = "several"
"""The variant that makes several updates in a call."""


def variants_of(workload, variants):
    """Those that a workload is trained with; all, where it is not said."""
    if workload is None or workload.together > 1:
        return variants
    return [each for each in variants if each != SEVERAL]


def parse(description, variants, workloads):
    """The command line of a framework's script.

    Args:
        description: for `--help`.
        variants: names, the plain one first.
        workloads: name -> `workloads.Workload`.
    """
    parser = argparse.ArgumentParser(
        description=description.strip(), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workload", nargs="?", choices=workloads)
    parser.add_argument("--variant", choices=variants, default=variants[0])
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--batch-size", type=int, metavar="B", help="unless that of the workload")
    parser.add_argument("--images", type=int, metavar="N", help="images of noise in an epoch")
    parser.add_argument("--image-size", type=int, metavar="S", help="height and width")
    parser.add_argument("--depth", type=int, metavar="D", help="blocks of an encoder")
    parser.add_argument("--epochs", type=int, metavar="E", default=3)
    parser.add_argument("--wait", action="store_true", help="for a line on stdin before an epoch")
    parser.add_argument("--list-variants", action="store_true", help="and end")
    arguments = parser.parse_args()
    if arguments.list_variants:
        return arguments
    if arguments.workload is None:
        parser.error(f"expected a workload: {', '.join(workloads)}")
    workload = workloads[arguments.workload]
    if arguments.variant not in variants_of(workload, variants):
        parser.error(f"{arguments.workload} has no variant {arguments.variant}: its steps are long")
    if arguments.image_size not in (None, workload.image_shape[0]) and workload.sizes is None:
        parser.error(f"{arguments.workload} has one image size: {workload.image_shape[0]}")
    if arguments.depth is not None and "depth" not in (workload.sizes or ()):
        parser.error(f"{arguments.workload} has no depth to choose")
    arguments.batch_size = arguments.batch_size or workload.batch_size
    arguments.images = arguments.images or max(workload.images, arguments.batch_size)
    if arguments.images < arguments.batch_size:
        parser.error(
            f"expected --images to fill a batch of {arguments.batch_size}; "
            f"received {arguments.images}"
        )
    return arguments
