"""The words of a verdict, each with what it means: the only place that defines them."""

HOLDS = "holds"
FAILS = "does not hold"
UNDECIDED = "undecided"
ONE_AGREES = "one run agrees"
ONE_DISAGREES = "one run disagrees"
NOT_RUN = "not run"
ASSUMPTION_USED = "assumption used"
CONTRADICTS = "contradicts itself"

MEANINGS = {
    HOLDS: "two seeds or more, and the claim passes its test",
    FAILS: "two seeds or more, and the opposite of the claim passes it",
    UNDECIDED: "neither does: the difference is within the noise between seeds, or the noise is "
    "so large that nearly any number would agree",
    ONE_AGREES: "one seed, whose numbers are as claimed; how far another seed would be from them is "
    "not known",
    ONE_DISAGREES: "one seed, whose numbers are not as claimed",
    NOT_RUN: "an experiment that the claim needs has no run",
    ASSUMPTION_USED: "a setting that the report leaves open was chosen by how near it comes to this "
    "claim: whether its numbers agree is no evidence",
    CONTRADICTS: "the report states something else elsewhere, so that no run can decide",
}
"""Word -> its meaning, in the order in which pages count them."""

VERDICTS = tuple(MEANINGS)
TESTED = (HOLDS, FAILS, UNDECIDED)
"""The words that rest on a test over seeds."""
