"""The seeds of a PyTorch `DataLoader`'s worker processes."""

import sys


def worker_seed():
    """The seed of this worker process and epoch; `None` outside a `DataLoader`'s worker.

    Every worker starts as a copy of the parent, at every epoch: left alone, all of them
    would draw the same numbers, and the same again in the next epoch. PyTorch gives each
    worker and epoch a seed of its own, which is used here. PyTorch is looked at where it
    has been imported, and never imported here.
    """
    data = sys.modules.get("torch.utils.data")
    info = data.get_worker_info() if data is not None else None
    return None if info is None else info.seed
