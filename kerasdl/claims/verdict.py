"""How a claim was decided, and on what that rests."""

from dataclasses import dataclass

from kerasdl.claims.words import NOT_RUN


@dataclass(eq=False)
class Verdict:
    """How a claim was decided.

    Attributes:
        word: one of `kerasdl.claims.words.VERDICTS`.
        seeds: how many seeds there are of which every recipe of the check was run on a backend that
            all of them share: the n of every test.
        runs: how many pairs of a backend and a seed.
        means: mean over the seeds of the mean over the backends, one a recipe of the check.
        deviations: standard deviation over the seeds of the mean over the backends, one a
            recipe; nan for one seed. A seed begins alike on every backend, so that runs of one
            seed are no independent samples.
        margin: by how much the means meet the claim, in standard deviations over the seeds (of a run
            where a number is claimed, of the difference within a seed where an order is): below 0
            they contradict it; nan where there are no two seeds.
        interval: where one more run would fall with 95 % probability, both ends, or `None`; where
            seeds are counted, the lowest and the highest value.
        agreeing: how many seeds are as claimed, where those are counted (values in groups, runs that
            diverge), else `None`.
        backends: their names.
        missing: names of the recipes that have to be run before the claim can be checked.
        assumptions: names of the settings that the report leaves open and the recipes of the check
            assume.
        notes: what qualifies the word: any of `kerasdl.claims.words.NOTES`.
    """

    word: str = NOT_RUN
    seeds: int = 0
    runs: int = 0
    means: tuple[float, ...] = ()
    deviations: tuple[float, ...] = ()
    margin: float = float("nan")
    interval: tuple[float, float] | None = None
    agreeing: int | None = None
    backends: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
