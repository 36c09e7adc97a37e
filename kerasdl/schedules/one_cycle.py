"""The one-cycle policy."""

from dataclasses import dataclass

import keras

from kerasdl.schedules._curves import half_cosine
from kerasdl.schedules._schedule import Schedule


@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class OneCycle(Schedule):
    """A learning rate that rises to a peak, then falls far below its start.

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
        warmup_fraction: part of `duration` in which the rate rises.
        div_factor: the peak divided by `start`.
        final_div_factor: `start` divided by `final`.
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
        self.expect(
            learning_rate="not negative",
            duration="positive",
            warmup_fraction="a fraction",
            div_factor="positive",
            final_div_factor="positive",
        )
        if self.anneal not in ("cosine", "linear"):
            raise self.bad_argument("anneal", "'cosine' or 'linear'")

    def rate(self, t, xp):
        peak = self.learning_rate
        start = peak / self.div_factor
        final = start / self.final_div_factor
        up = self.warmup_fraction * self.duration
        rising = xp.minimum(t / up, 1)
        falling = xp.minimum(xp.maximum(t - up, 0) / (self.duration - up), 1)
        if self.anneal == "cosine":
            rising, falling = half_cosine(rising, xp), half_cosine(falling, xp)
        return xp.where(
            t < up, start + (peak - start) * rising, peak * (1 - falling) + final * falling
        )
