"""Whether each pair of backends departs in a comparison, as its file has it.

`kerasdl parity` judges every array of every pair, and writes each step that departs. Older
files have less: of each backend beside the reference its first departure alone. The pairs without
the reference are judged by the curves there: of whole quantities, all layers together.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class PairVerdict:
    """Whether a pair of backends stays within the envelope.

    Attributes:
        pair: `"<backend>-<backend>"`.
        first: its first departure, a dictionary: `vars` of a
            `kerasdl.parity.distances.Departure`; or `None`.
        steps: number of steps at which it departs; `None` where that was not recorded.
    """

    pair: str
    first: dict | None
    steps: int | None


def judges_arrays(written):
    """Whether a file has the verdict on each array of every pair, and of every step.

    Args:
        written: what `kerasdl.parity.comparison.Comparison.to_dict` gave, of any version.
    """
    return all(isinstance(found, list) for found in written["departures"].values())


def pair_verdicts(written):
    """A `PairVerdict` for each pair of a file.

    Args:
        written: what `kerasdl.parity.comparison.Comparison.to_dict` gave, of any version.
    """
    if judges_arrays(written):
        return [
            PairVerdict(pair, next(iter(found), None), len(found))
            for pair, found in written["departures"].items()
        ]
    return [_older_verdict(written, pair) for pair in written["pairs"]]


def _older_verdict(written, pair):
    backend = pair.removeprefix(f"{written['reference']}-")
    if backend in written["departures"]:
        first = written["departures"][backend]
        return PairVerdict(pair, first, None if first else 0)
    found = departures_of_whole_quantities(written, pair)
    return PairVerdict(pair, next(iter(found), None), len(found))


def largest_finite(distances):
    """The largest of those distances that are finite; 0 where none is: no other is rounding.

    Args:
        distances: numbers, or their texts, as a JSON file has what is not finite.

    Example:
    >>> largest_finite([1e-7, "inf", 2e-7])
    2e-07
    """
    return max(filter(math.isfinite, map(float, distances)), default=0.0)


def departures_of_whole_quantities(written, pair):
    """The departures of a pair, one a step, where each quantity is judged as a whole.

    Args:
        written: what `kerasdl.parity.comparison.Comparison.to_dict` gave, of any version.
        pair: `"<backend>-<backend>"`.

    Returns:
        List of dictionaries: `vars` of a `kerasdl.parity.distances.Departure`.
    """
    curves, allowed, found = written["pairs"][pair], written["allowed"], []
    for i in range(written["steps"]):
        for quantity, distances in curves.items():
            at = slice(None) if written.get("lockstep") else slice(i, i + 1)
            rounding = largest_finite(d for run in written["yardstick"] for d in run[quantity][at])
            limit = max(allowed["floor"], allowed["margin"] * rounding)
            if float(distances[i]) > limit:
                found.append(
                    {
                        "step": i + 1,
                        "quantity": quantity,
                        "name": "all layers together",
                        "distance": distances[i],
                        "allowed": limit,
                    }
                )
                break
    return found
