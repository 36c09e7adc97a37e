"""What a report may claim of its runs, and how runs decide it. Knows no report, and no backend.

A `Claim` is a sentence of a report with a check; `Claim.judge` gives its `Verdict`.

    measures.py    one number of one run: `Last("test_accuracy")`; curve_measures.py, of whole curves
    checks.py      what the numbers of the runs should be, and how seeds decide it:
                   `Near(recipe, measure, 0.70, read=0.005)`
                   (of numbers: number_checks.py, of orders: order_checks.py; decision.py)
    statistics.py  prediction intervals and paired tests of a few seeds
    claim.py       claims, what no claim is made of, and the judging of runs
    verdict.py     how a claim was decided
    words.py       the words of a verdict, and what they mean
"""

from kerasdl.claims.checks import Alike, Contradiction, Diverges, Increasing, Near, Top, Within
from kerasdl.claims.claim import Claim, Omission
from kerasdl.claims.curve_measures import (
    Departure,
    HighestWithin,
    MeanOver,
    MedianOfLast,
    Oscillation,
    RelativeRise,
)
from kerasdl.claims.measures import (
    At,
    BestEpoch,
    Difference,
    Doublings,
    Gap,
    Growth,
    Highest,
    Last,
    Lowest,
    Metric,
    RiseAboveLowest,
    Seconds,
    SecondsUntil,
)
from kerasdl.claims.verdict import Verdict
from kerasdl.claims.words import VERDICTS

__all__ = [
    "VERDICTS",
    "Alike",
    "At",
    "BestEpoch",
    "Claim",
    "Contradiction",
    "Departure",
    "Difference",
    "Diverges",
    "Doublings",
    "Gap",
    "Growth",
    "Highest",
    "HighestWithin",
    "Increasing",
    "Last",
    "Lowest",
    "MeanOver",
    "MedianOfLast",
    "Metric",
    "Near",
    "Omission",
    "Oscillation",
    "RelativeRise",
    "RiseAboveLowest",
    "Seconds",
    "SecondsUntil",
    "Top",
    "Verdict",
    "Within",
]
