"""Batches of streamed images, decoded ahead of time by processes of `grain`.

Nothing here imports Keras or a backend: the processes import this module.
"""

import atexit
import collections
import contextlib
import functools
import importlib
import importlib.util
import itertools
import logging
import multiprocessing
import os
import shutil
import signal
import sys
import threading
import time

import numpy as np

from kerasdl.datasets._errors import DataError
from kerasdl.datasets._image import pillow_silenced
from kerasdl.datasets._order import epoch_order

ENDLESS = 1 << 40  # epochs
LARGEST_CHUNK = 1 << 22  # bytes of the images that are handed over at once
LARGEST_AHEAD = 1 << 27  # bytes of all images that are decoded ahead of time
BATCHES_AHEAD = 4
LEAST_PRIORITY = 19  # added to the niceness of a process
# Seconds after which processes of low priority that training has waited for in more than half of them
# have their own: others use the cores, or training computes too little to be held up.
WAITED = 10
WORKER = "kerasdl.datasets._worker"


class ChunkSource:
    """The images of all epochs in their orders, some at a time: what `grain` reads.

    Args:
        images: `StreamedImages`.
        chunk: how many images at a time.
        seed: of the order of an epoch.

    Attributes:
        index_folder: where the file is that all processes read the paths from.
        chunk: how many images at a time; fewer at the end of an epoch.
        per_epoch: how many chunks an epoch has.
    """

    def __init__(self, images, chunk, seed):
        self._index, self._reader = images.index.absolute().in_file(), images.reader
        self._shape = images.shape
        self.chunk, self._seed = chunk, seed
        self._epoch = self._order = None
        self.per_epoch = -(-len(images) // chunk)

    def __len__(self):
        return ENDLESS * self.per_epoch

    @property
    def index_folder(self):
        return os.path.dirname(self._index.file)

    def __getitem__(self, number):
        """The images of chunk `number`, counted from the first one of epoch 0."""
        epoch, i = divmod(int(number), self.per_epoch)
        if epoch != self._epoch:
            self._order = epoch_order(len(self._index), self._seed, epoch)
            self._epoch = epoch
        rows = self._order[i * self.chunk : (i + 1) * self.chunk]
        images = np.empty((len(rows), *self._shape[1:]), "uint8")
        with pillow_silenced():
            for place, row in enumerate(rows):
                images[place] = self._reader(self._index[row][0])
        return images


class BatchStream:
    """Batches of `StreamedImages` in the order of each epoch.

    Any batch may be asked for at any time. Those asked for one after the other are decoded ahead
    of time, in processes that go on from epoch to epoch; the first of them, and any other, is
    decoded when it is asked for. What is given depends on neither.

    Args:
        images: `StreamedImages`.
        batch_size: images a batch; the last batch of an epoch may be smaller.
        seed: of the order of an epoch, `epoch_order(len(images), seed, epoch)`.
        low_priority: whether the processes decode in the time that others leave them, as long as
            training seldom waits for them: where it computes on the same cores, all of its threads
            wait for one that has to give way.
    """

    def __init__(self, images, batch_size, seed, low_priority=False):
        self._images, self._batch_size = images, batch_size
        self._low_priority = low_priority
        self._steps = -(-len(images) // batch_size)
        chunk = _chunk_size(batch_size, images)
        self._source = ChunkSource(images, chunk, seed)
        self._chunks_per_batch = batch_size // chunk
        self._chunk_bytes = chunk * (images.size // len(images))
        self._iterator, self._ahead = None, collections.deque()
        self._watched = self._waited = 0.0  # since when, and for how long, training has waited
        self._next = self._asked = None  # number of a batch, counted from the first of epoch 0
        # A thread of TensorFlow may wait for a batch when training ends: whoever closes waits for
        # it, since a batch that never comes would block the end of that thread.
        self._lock, self._is_closed = threading.RLock(), False

    def batch(self, epoch, i, rows):
        """The images of a batch.

        Args:
            epoch: counted from 0.
            i: position of the batch in its epoch.
            rows: positions of its images.

        Raises:
            DataError: one cannot be read.
        """
        with self._lock:
            return self._batch(epoch, i, rows)

    def _batch(self, epoch, i, rows):
        number = epoch * self._steps + i
        follows = self._asked is not None and number == self._asked + 1
        self._asked = number
        try:
            if number != self._next:
                if self._is_closed or not follows or not self._images.workers:
                    return self._images[rows]
                self._begin(epoch, i)
            self._next = number + 1
            count = -(-len(rows) // self._source.chunk)
            began = time.monotonic()
            images = np.concatenate([self._take() for _ in range(count)])
            self._watch_waiting(time.monotonic() - began)
            return images
        except DataError as error:
            self._images.failure = error
            raise

    def close(self):
        """End the processes, as the end of the program does.

        Batches may still be asked for, and are decoded without processes.
        """
        with self._lock:
            self._is_closed = True
            self._end_processes()

    def _end_processes(self):
        if self._iterator is not None:
            self._iterator.close()
            atexit.unregister(self.close)
        self._iterator, self._next = None, None
        self._ahead.clear()

    def _watch_waiting(self, seconds):
        """Begin again with the usual priority, at the next batch, if training mostly waits."""
        if not self._low_priority:
            return
        self._waited += seconds
        now = time.monotonic()
        if now - self._watched < WAITED:
            return
        if self._waited > (now - self._watched) / 2:
            self._low_priority = False
            self._end_processes()
        self._watched, self._waited = now, 0.0

    def _take(self):
        return self._ahead.popleft() if self._ahead else next(self._iterator)

    def _begin(self, epoch, i):
        """Start the processes, which go on from a batch."""
        grain = _grain()
        self._end_processes()
        workers = self._images.workers
        per_batch = self._chunks_per_batch
        wanted = min(BATCHES_AHEAD * per_batch, LARGEST_AHEAD // self._chunk_bytes)
        first = epoch * self._source.per_epoch + i * per_batch
        data = grain.MapDataset.source(self._source)[first:]
        data = data.to_iter_dataset(grain.ReadOptions(num_threads=0, prefetch_buffer_size=0))
        data = data.mp_prefetch(
            grain.MultiprocessingOptions(workers, max(1, -(-wanted // workers))),
            functools.partial(_begin_worker, self._source.index_folder, self._low_priority),
        )
        with _starting_with(WORKER), _without_command_line():
            self._iterator = iter(data)
            atexit.register(self.close)
            # One of each process: all have started then. Copied out of the memory that they share,
            # which a program that ends would free too late.
            self._ahead.extend(map(np.array, itertools.islice(self._iterator, workers)))
        self._watched, self._waited = time.monotonic(), 0.0


def _chunk_size(batch_size, images):
    """Images a chunk: a divisor of those of a batch, so that no chunk is of two batches."""
    most = max(1, LARGEST_CHUNK // (images.size // len(images)))
    quarter = -(-batch_size // 4)  # so that several processes are at work on a batch
    return max(n for n in range(1, min(most, quarter) + 1) if batch_size % n == 0)


@contextlib.contextmanager
def _starting_with(module):
    """Within it a new process runs a module first, and not the user's script once more.

    It would, to find what is defined there. Nothing of that is needed, and a script without
    `if __name__ == "__main__":` would begin another training.
    """
    main = sys.modules["__main__"]
    before = main.__spec__
    main.__spec__ = importlib.util.find_spec(module)
    try:
        yield
    finally:
        main.__spec__ = before


@contextlib.contextmanager
def _without_command_line():
    """Within it `grain` takes its flags as they are, in a program that has not parsed them."""
    from absl import flags

    parsed = flags.FLAGS.is_parsed()
    flags.FLAGS.mark_as_parsed()
    try:
        yield
    finally:
        if not parsed:
            flags.FLAGS.unparse_flags()


def _grain():
    """The module, without its warnings that JAX is missing, or old."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        return importlib.import_module("grain")
    finally:
        logging.disable(before)


def _begin_worker(index_folder, low_priority, index, count):
    """In a process that decodes: leave signals to the one that trains, and end when it does."""
    if low_priority and hasattr(os, "nice"):
        os.nice(LEAST_PRIORITY)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(index_folder,), daemon=True).start()


def _end_with_parent(index_folder):
    """End when the training does; delete what it could not delete when it was killed."""
    multiprocessing.parent_process().join()
    shutil.rmtree(index_folder, ignore_errors=True)
    os._exit(0)
