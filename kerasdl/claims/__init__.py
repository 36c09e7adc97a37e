"""What a report may claim of its runs, and how runs decide it. Knows no report, and no backend.

A `Claim` is a sentence of a report with a check; `Claim.judge` gives its `Verdict`.

    measures.py  one number of one run: `Last("test_accuracy")`
    checks.py    what the numbers of the runs should be: `Near(recipe, measure, 0.70, 0.02)`
    verdict.py   claims, and their verdicts over runs of several backends and seeds

Tolerances come from the kind of number, not from which verdict they give: two points of
accuracy for one run on CIFAR, where seeds differ by about one, and wider where the report's own
setting is assumed.
"""

from kerasdl.claims.checks import Alike, Diverges, Increasing, Near, Top, Within
from kerasdl.claims.measures import (
    At,
    BestEpoch,
    Difference,
    Gap,
    Growth,
    Highest,
    Last,
    Lowest,
    Metric,
    RelativeRise,
    RiseAboveLowest,
    Roughness,
    Seconds,
)
from kerasdl.claims.verdict import VERDICTS, Claim, Verdict

__all__ = [
    "VERDICTS",
    "Alike",
    "At",
    "BestEpoch",
    "Claim",
    "Difference",
    "Diverges",
    "Gap",
    "Growth",
    "Highest",
    "Increasing",
    "Last",
    "Lowest",
    "Metric",
    "Near",
    "RelativeRise",
    "RiseAboveLowest",
    "Roughness",
    "Seconds",
    "Top",
    "Verdict",
    "Within",
]
