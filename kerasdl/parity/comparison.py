"""What came out of a comparison of backends: distances, departures, a table."""

from dataclasses import dataclass, field
from functools import cached_property

from kerasdl.backend import BACKENDS
from kerasdl.parity.distances import MARGIN, Envelope, floor, present, relative
from kerasdl.reports.backend_distances import first_not_finite, pair_in_words

SHOWN = (1, 2, 5, 10, 20, 50)  # steps that have rows in the table


@dataclass(frozen=True)
class Comparison:
    """How far a recipe's numbers are apart on several backends.

    `kerasdl.reports.agreement` reads what `to_dict` gives.

    Attributes:
        recipe: name.
        precision: of the arithmetic: `"float64"`, or one of `kerasdl.recipes.rules.PRECISIONS`.
        reference: the backend that the others, and the yardstick, are compared with.
        pairs: `"<backend>-<backend>"` -> distances, one a step (`distances.between`).
        yardstick: the same of each perturbed run to the reference.
        record: the recipe's seed and settings, versions, hardware and date.
        lockstep: whether each step started from the reference's state.
        not_finite: backend -> the first step in which something that its run computed is not
            finite; without the backends whose runs stay finite.
    """

    recipe: str
    precision: str
    reference: str
    pairs: dict
    yardstick: list
    record: dict
    lockstep: bool = False
    not_finite: dict = field(default_factory=dict)

    @property
    def steps(self):
        """Number of steps."""
        return len(self.yardstick[0])

    @cached_property
    def departures(self):
        """Pair -> list of `Departure`, one for each step at which it departs.

        Pairs without the reference are judged by the same envelope.
        """
        envelope = Envelope(self.yardstick, floor(self.precision), self.lockstep)
        return {pair: envelope.departures(steps) for pair, steps in self.pairs.items()}

    def largest(self, quantity, steps=None):
        """Largest relative distance of a quantity between any two backends.

        Args:
            quantity: one of `kerasdl.parity.distances.QUANTITIES`.
            steps: how many of the first steps; all where `None`.
        """
        return max(
            relative(step, quantity) for pair in self.pairs.values() for step in pair[:steps]
        )

    def allowed(self, quantity, step):
        """The yardstick: the largest relative distance of the perturbed runs at a step, from 1."""
        return max(relative(run[step - 1], quantity) for run in self.yardstick)

    def to_dict(self):
        """For JSON: the relative distance of each quantity at each step, and the departures."""

        def curves(steps):
            return {
                quantity: [float(f"{relative(step, quantity):.3g}") for step in steps]
                for quantity in present(steps[0])
            }

        return {
            "recipe": self.recipe,
            "precision": self.precision,
            "reference": self.reference,
            "steps": self.steps,
            "lockstep": self.lockstep,
            "pairs": {pair: curves(steps) for pair, steps in self.pairs.items()},
            "yardstick": [curves(steps) for steps in self.yardstick],
            "allowed": {"margin": MARGIN, "floor": floor(self.precision)},
            "departures": {
                pair: [vars(departure) for departure in found]
                for pair, found in self.departures.items()
            },
            **({"not_finite": self.not_finite} if self.not_finite else {}),
            **self.record,
        }

    def table(self):
        """The distances at some steps, and the verdict of each pair, as text."""
        shown = [step for step in SHOWN if step < self.steps] + [self.steps]
        quantities = present(self.yardstick[0][0])
        width = max(map(len, (*self.pairs, "one rounding")))
        lines = [
            f"{self.recipe}, {self.steps} steps in {self.precision}"
            + (f", each from the state on {BACKENDS[self.reference]}; " if self.lockstep else "; ")
            + f"n = {len(self.yardstick)} perturbed runs on {BACKENDS[self.reference]}",
            "Largest distance, relative to the largest entry:",
            "  ".join(["step", " " * width, *(f"{name:>10}" for name in quantities)]),
        ]
        for step in shown:
            rows = {pair: found[step - 1] for pair, found in self.pairs.items()}
            values = {
                pair: [relative(row, name) for name in quantities] for pair, row in rows.items()
            }
            values["one rounding"] = [self.allowed(name, step) for name in quantities]
            for label, numbers in values.items():
                cells = (f"{number:10.1e}" for number in numbers)
                lines.append("  ".join([f"{step:4}", label.ljust(width), *cells]))
        if self.not_finite:
            lines.append(f"Not finite: {first_not_finite(self.not_finite)}")
        lines += [
            f"{pair_in_words(pair)}: {self._verdict(found)}"
            for pair, found in self.departures.items()
        ]
        return "\n".join(lines)

    def _verdict(self, departures):
        if not departures:
            return "within rounding"
        return f"depart at {len(departures)} of {self.steps} steps, first at {departures[0]}"
