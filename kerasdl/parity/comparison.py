"""What came out of a comparison of backends: distances, departures, a table."""

from dataclasses import dataclass

from kerasdl.backend import BACKENDS
from kerasdl.parity.distances import FLOOR, MARGIN, QUANTITIES, first_departure, relative

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
    """

    recipe: str
    precision: str
    reference: str
    pairs: dict
    yardstick: list
    record: dict
    lockstep: bool = False

    @property
    def steps(self):
        """Number of steps."""
        return len(self.yardstick[0])

    def departures(self):
        """Backend -> its first departure from the reference, or `None`."""
        prefix = f"{self.reference}-"
        return {
            pair.removeprefix(prefix): first_departure(steps, self.yardstick, self.lockstep)
            for pair, steps in self.pairs.items()
            if pair.startswith(prefix)
        }

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
                for quantity in QUANTITIES
                if relative(steps[0], quantity) == relative(steps[0], quantity)
            }

        departures = self.departures()
        return {
            "recipe": self.recipe,
            "precision": self.precision,
            "reference": self.reference,
            "steps": self.steps,
            "lockstep": self.lockstep,
            "pairs": {pair: curves(steps) for pair, steps in self.pairs.items()},
            "yardstick": [curves(steps) for steps in self.yardstick],
            "allowed": {"margin": MARGIN, "floor": FLOOR},
            "departures": {
                backend: None if found is None else vars(found)
                for backend, found in departures.items()
            },
            **self.record,
        }

    def table(self):
        """The distances at some steps, and what is said of each backend, as text."""
        shown = [step for step in SHOWN if step < self.steps] + [self.steps]
        present = [name for name in QUANTITIES if self.allowed(name, 1) == self.allowed(name, 1)]
        width = max(map(len, (*self.pairs, "one rounding")))
        lines = [
            f"{self.recipe}, {self.steps} steps in {self.precision}"
            + (f", each from the state on {BACKENDS[self.reference]}; " if self.lockstep else "; ")
            + f"n = {len(self.yardstick)} perturbed runs on {BACKENDS[self.reference]}",
            "Largest distance, relative to the largest entry:",
            "  ".join(["step", " " * width, *(f"{name:>10}" for name in present)]),
        ]
        for step in shown:
            rows = {pair: found[step - 1] for pair, found in self.pairs.items()}
            values = {pair: [relative(row, name) for name in present] for pair, row in rows.items()}
            values["one rounding"] = [self.allowed(name, step) for name in present]
            for label, numbers in values.items():
                cells = (f"{number:10.1e}" for number in numbers)
                lines.append("  ".join([f"{step:4}", label.ljust(width), *cells]))
        for backend, departure in self.departures().items():
            verdict = "stays within rounding" if departure is None else f"departs at {departure}"
            lines.append(f"{BACKENDS[backend]}: {verdict}")
        return "\n".join(lines)
