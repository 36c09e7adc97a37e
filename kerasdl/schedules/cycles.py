"""Schedules that also go up."""

from dataclasses import dataclass

import keras
import numpy as np

from kerasdl.schedules.base import Schedule, check, cosine, refuse, whole

FOREVER = 2.0**31  # no training has more steps


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class CosineWarmRestarts(Schedule):
    """Cosine annealing that starts again, each time for longer.

    Cycle i = 0, 1, ... lasts T_i = period * multiplier ** i; with u the time since
    it began,

        rate(t) = minimum + (learning_rate - minimum) * (1 + cos(pi * u / T_i)) / 2

    Loshchilov and Hutter 2017, "SGDR: Stochastic Gradient Descent with Warm
    Restarts", equation 5. PyTorch's `CosineAnnealingWarmRestarts`.

    Args:
        learning_rate: the rate at the start of every cycle.
        period: length of the first cycle.
        multiplier: length of a cycle in lengths of the one before, a whole number.
        minimum: the rate that a cycle approaches at its end.

    Raises:
        UsageError: an argument is out of range.

    Example:
    >>> [CosineWarmRestarts(1.0, period=2)(t) for t in (0, 1, 2, 3)]
    [1.0, 0.5, 1.0, 0.5]
    """

    learning_rate: float
    period: float
    multiplier: int = 1
    minimum: float = 0.0

    def __post_init__(self):
        check(
            self,
            learning_rate="not negative",
            period="positive",
            multiplier="positive",
            minimum="not negative",
        )
        if self.multiplier != int(self.multiplier):
            refuse(self, "multiplier", "a positive whole number", self.multiplier)

    def rate(self, t, xp):
        if self.multiplier == 1:
            start, length = whole(t, self.period, xp) * self.period, self.period
        else:
            # The last restart at or before t, from a table: logarithms round.
            starts, lengths = self._cycles("float64" if xp is np else "float32")
            begun = xp.greater_equal(xp.expand_dims(t, -1), starts)
            start = xp.max(xp.where(begun, starts, 0.0), axis=-1)
            length = xp.max(xp.where(begun, lengths, 0.0), axis=-1)
        swing = cosine((t - start) / length, xp)
        return self.learning_rate + (self.minimum - self.learning_rate) * swing

    def _cycles(self, dtype):
        starts, lengths = [0.0], [float(self.period)]
        while starts[-1] < FOREVER:
            starts.append(starts[-1] + lengths[-1])
            lengths.append(lengths[-1] * self.multiplier)
        return np.array(starts, dtype), np.array(lengths, dtype)


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class OneCycle(Schedule):
    """Up to a peak, then down far below the start.

    With start = learning_rate / div_factor, final = start / final_div_factor,
    up = warmup_fraction * duration and down = duration - up,

        rate(t) = start + (learning_rate - start) * s(t / up)                  for t < up
                  learning_rate + (final - learning_rate) * s((t - up) / down)  after it

    where s(x) is (1 - cos(pi * x)) / 2, or x with `anneal="linear"`; after
    `duration` the rate stays at `final`.

    Smith and Topin 2018, "Super-Convergence". optax' `cosine_onecycle_schedule`.
    PyTorch's `OneCycleLR(total_steps=n, pct_start=p)` begins and ends its phases one
    step earlier: it has `duration=n - 1` and `warmup_fraction=(p * n - 1) / (n - 1)`.

    Args:
        learning_rate: the rate at the peak.
        duration: time until `final` is reached.
        warmup_fraction: part of `duration` in which the rate increases.
        div_factor: peak divided by start.
        final_div_factor: start divided by final.
        anneal: "cosine" or "linear".

    Raises:
        UsageError: an argument is out of range.

    Example:
    >>> cycle = OneCycle(1.0, duration=10, warmup_fraction=0.5, div_factor=4, final_div_factor=1)
    >>> [cycle(t) for t in (0, 5, 10)]
    [0.25, 1.0, 0.25]
    """

    learning_rate: float
    duration: float
    warmup_fraction: float = 0.3
    div_factor: float = 25.0
    final_div_factor: float = 1e4
    anneal: str = "cosine"

    def __post_init__(self):
        check(
            self,
            learning_rate="not negative",
            duration="positive",
            warmup_fraction="a fraction",
            div_factor="positive",
            final_div_factor="positive",
        )
        if self.anneal not in ("cosine", "linear"):
            refuse(self, "anneal", "'cosine' or 'linear'", self.anneal)

    def rate(self, t, xp):
        peak = self.learning_rate
        start = peak / self.div_factor
        final = start / self.final_div_factor
        up = self.warmup_fraction * self.duration
        rising = xp.minimum(t / up, 1)
        falling = xp.minimum(xp.maximum(t - up, 0) / (self.duration - up), 1)
        if self.anneal == "cosine":
            rising, falling = cosine(rising, xp), cosine(falling, xp)
        return xp.where(
            t < up, start + (peak - start) * rising, peak * (1 - falling) + final * falling
        )


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class Triangular(Schedule):
    """Up and down in straight lines, again and again.

    With u the time since cycle i = 0, 1, ... began,

        rate(t) = minimum + (learning_rate - minimum) * decay ** i * h(u)
        h(u)    = u / up                     for u < up
                  1 - (u - up) / down         after it

    Smith 2017, "Cyclical Learning Rates for Training Neural Networks": `triangular`,
    and with `decay=0.5` `triangular2`. PyTorch's `CyclicLR`.

    Args:
        learning_rate: the highest rate.
        up: time in which the rate increases.
        down: time in which it decreases; as `up` if `None`.
        minimum: the lowest rate.
        decay: height of a cycle in heights of the one before.

    Raises:
        UsageError: an argument is out of range.

    Example:
    >>> [Triangular(1.0, up=2, decay=0.5)(t) for t in range(8)]
    [0.0, 0.5, 1.0, 0.5, 0.0, 0.25, 0.5, 0.25]
    """

    learning_rate: float
    up: float
    down: float | None = None
    minimum: float = 0.0
    decay: float = 1.0

    def __post_init__(self):
        check(
            self,
            learning_rate="not negative",
            up="positive",
            minimum="not negative",
            decay="positive",
        )
        if self.down is not None:
            check(self, down="positive")

    def rate(self, t, xp):
        down = self.up if self.down is None else self.down
        cycle = whole(t, self.up + down, xp)
        since = t - cycle * (self.up + down)
        height = xp.where(since < self.up, since / self.up, 1 - (since - self.up) / down)
        swing = (self.learning_rate - self.minimum) * xp.power(self.decay, cycle)
        return self.minimum + swing * height
