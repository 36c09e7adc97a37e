"""The learning-rate range test: which rates a network can be trained with."""

import math
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd

from kerasdl.callbacks._trial import trial
from kerasdl.errors import UsageError
from kerasdl.files import written_whole
from kerasdl.schedules import Exponential


@dataclass(frozen=True)
class LearningRateRange:
    """What `learning_rate_range` has measured.

    Attributes:
        table: `pandas.DataFrame` with a row a step: `step` (from 1),
            `learning_rate`, `loss` of that batch, `smoothed_loss`.
        lowest: the rate at the lowest smoothed loss, beyond which it rises: an
            upper bound.
        suggestion: a tenth of `lowest`, where the loss still falls; `None` if it
            was lowest in the first tenth of the steps, so that it never fell.
        diverged: whether the test was ended by the loss before its last step.
    """

    table: pd.DataFrame
    lowest: float
    suggestion: float | None
    diverged: bool

    def plot(self, path):
        """Draw the losses over the rate, and the suggestion, into a PNG file."""
        from matplotlib.figure import Figure  # not pyplot: no display, no global state

        figure = Figure(figsize=(6, 4), layout="constrained")
        axes = figure.subplots()
        rates = self.table["learning_rate"]
        axes.semilogx(rates, self.table["loss"], color="0.8", label="loss of a batch")
        axes.semilogx(rates, self.table["smoothed_loss"], color="C0", label="smoothed")
        if self.suggestion is not None:
            label = f"suggestion: {self.suggestion:.2g}"
            axes.axvline(self.suggestion, color="C2", linestyle="--", label=label)
        axes.axvline(self.lowest, color="C3", linestyle=":", label=f"lowest: {self.lowest:.2g}")
        # As far above the first loss as the lowest is below it: an explosion is cut off.
        first, low = self.table["smoothed_loss"].iloc[0], self.table["smoothed_loss"].min()
        margin = (first - low) or abs(first) or 1.0
        axes.set_ylim(low - margin / 5, first + margin)
        axes.set(xlabel="learning rate", ylabel="training loss", title="learning-rate range test")
        axes.legend()
        with written_whole(path) as temporary:
            figure.savefig(temporary, dpi=150, format="png")


def learning_rate_range(
    model, data, rates=(1e-6, 1.0), steps=100, *, batch_size=None, smoothing=0.9, stop=4.0
):
    """Train for a few steps with a rate that grows from step to step, and measure the loss.

    At step i = 0, ..., steps - 1 the rate is first * (last / first) ** (i / (steps - 1)).
    The loss of each batch is smoothed: s_i = smoothing * s_(i-1) + (1 - smoothing) * loss_i,
    divided by 1 - smoothing ** (i + 1). The test ends early when that exceeds
    `stop` times its lowest value so far (or rises by more than `stop - 1` times that
    value's size, where losses are negative), or is no number.

    Afterwards weights, optimizer, metrics and random state are as before.
    Smith 2017, "Cyclical Learning Rates for Training Neural Networks", section 3.3.

    Args:
        model: compiled `keras.Model`.
        data: a `keras.utils.PyDataset`, or a tuple `(x, y)` or `(x, y, weights)`; it
            is gone through again where it has fewer batches than `steps`.
        rates: learning rates of the first and the last step.
        steps: number of steps, at least 10.
        batch_size: examples in a batch, for data in tuples.
        smoothing: between 0 (none) and 1.
        stop: how much worse than its best the loss may become.

    Returns:
        A `LearningRateRange`.

    Raises:
        UsageError: an argument is out of range.

    Example:
    >>> found = learning_rate_range(model, (x, y), rates=(1e-4, 1), batch_size=8, steps=20)
    >>> list(found.table.columns)
    ['step', 'learning_rate', 'loss', 'smoothed_loss']
    >>> found.plot("lr_range.png")
    """
    first, last = rates
    if not 0 < first < last < math.inf:
        raise UsageError(f"Expected rates above 0, the first below the last. Received: {rates}")
    if steps < 10:
        raise UsageError(f"Expected at least 10 steps. Received: steps={steps}")
    if not 0 <= smoothing < 1:
        raise UsageError(f"Expected 0 <= smoothing < 1. Received: smoothing={smoothing}")
    if not stop > 1:
        raise UsageError(f"Expected stop to be above 1. Received: stop={stop}")
    rising = Exponential(first, factor=last / first, every=steps - 1)
    record = _Record(steps, smoothing, stop)
    with trial(model, rising):
        x, y, weights = (*data, None)[:3] if isinstance(data, tuple) else (data, None, None)
        model.fit(
            x,
            y,
            sample_weight=weights,
            batch_size=batch_size,
            epochs=steps,  # at least a batch each; the record stops it
            callbacks=[record],
            verbose=0,
        )
    losses, smoothed = np.array(record.losses), np.array(record.smoothed)
    table = pd.DataFrame(
        {
            "step": np.arange(1, len(losses) + 1),
            "learning_rate": rising(np.arange(len(losses))),
            "loss": losses,
            "smoothed_loss": smoothed,
        }
    )
    finite = table[np.isfinite(table["smoothed_loss"])]
    if finite.empty:
        raise UsageError(
            "Expected a finite loss at the first learning rate. "
            f"Received: a loss of {losses[0]} at {first:g}"
        )
    best = finite.loc[finite["smoothed_loss"].idxmin()]
    lowest = float(best["learning_rate"])
    return LearningRateRange(
        table=table,
        lowest=lowest,
        suggestion=lowest / 10 if best["step"] > steps / 10 else None,
        diverged=record.diverged,
    )


class _Record(keras.callbacks.Callback):
    """Records the loss of every batch; ends training after `steps`, or when the loss explodes."""

    def __init__(self, steps, smoothing, stop):
        super().__init__()
        self.steps, self.smoothing, self.stop = steps, smoothing, stop
        self.losses, self.smoothed = [], []
        self.average = 0.0
        self.diverged = False

    def on_train_batch_begin(self, batch, logs=None):
        self.model.reset_metrics()  # so that the logs are of this batch alone

    def on_train_batch_end(self, batch, logs=None):
        if len(self.losses) == self.steps or self.diverged:
            return
        self.losses.append(logs["loss"])
        self.average = self.smoothing * self.average + (1 - self.smoothing) * logs["loss"]
        self.smoothed.append(self.average / (1 - self.smoothing ** len(self.losses)))
        best = min(self.smoothed)
        worst = best + (self.stop - 1) * abs(best)
        self.diverged = not self.smoothed[-1] <= worst  # NaN too
        if len(self.losses) == self.steps or self.diverged:
            self.model.stop_training = True
