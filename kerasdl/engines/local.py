"""The processes of this machine: so many at a time, each on its share of the cores."""

import concurrent.futures
import time

from kerasdl.engines.job import Outcome, train_job
from kerasdl.processes import Children


class Local:
    """Trains jobs in child processes, which end when this process does.

    Where runs have to be deterministic, each job has the same number of cores, however many jobs
    are left: on it depend the last bits.

    Args:
        at_once: how many processes run at the same time, and share the cores.
    """

    def __init__(self, at_once=1):
        self.at_once = at_once

    def train(self, jobs, settings, notify):
        """As `kerasdl.engines` says."""
        at_once = self.at_once
        if not settings.deterministic:
            at_once = max(1, min(at_once, len(jobs)))
        children = Children(at_once, equal=settings.deterministic)
        pool = concurrent.futures.ThreadPoolExecutor(at_once)
        try:
            futures = {pool.submit(_train, job, settings, children): job for job in jobs}
            for future in concurrent.futures.as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            children.stop()
            raise
        finally:
            pool.shutdown()


def _train(job, settings, children):
    began = time.monotonic()
    ending = train_job(job, settings, children)
    if ending is None:
        return Outcome(0.0, "not started")
    return Outcome(time.monotonic() - began, ending.message)
