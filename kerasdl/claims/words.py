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
    "not known. Times that were measured beside other work are no more than that, however many",
    ONE_DISAGREES: "the same, and the numbers are not as claimed",
    NOT_RUN: "an experiment that the claim needs has no run",
    ASSUMPTION_USED: "a setting that the report leaves open was chosen by how near it comes to this "
    "claim: whether its numbers agree is no evidence",
    CONTRADICTS: "the report states something else elsewhere, so that no run can decide",
}
"""Word -> its meaning, in the order in which pages count them."""

VERDICTS = tuple(MEANINGS)

SATURATED = "saturated: could hardly fail"
RATE_ASSUMED = "at a learning rate that is assumed"
SHARED_TIME = "times measured beside other work"

NOTES = {
    SATURATED: "every seed reaches 100 %, as nearly any setting would: that the claim holds says only "
    "that the task is easy",
    RATE_ASSUMED: "an experiment of the check has a learning rate that the report does not give; at "
    "another one the verdict may be another",
    SHARED_TIME: "the machine did other work beside these runs, which lengthens some more than "
    "others",
}
"""What a verdict may be qualified by -> its meaning."""

TESTED = (HOLDS, FAILS, UNDECIDED)
"""The words that rest on a test over seeds."""
