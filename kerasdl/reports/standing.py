"""How far a report can be believed, from the verdicts on all of its claims."""

from kerasdl.claims.words import FAILS, HOLDS, ONE_AGREES, ONE_DISAGREES, UNDECIDED

BELIEVABLE, PARTLY, REFUTED, OPEN = "believable", "partly", "refuted", "open"
_FAR_MORE = 4  # times as many claims hold as do not, at least, where a report is believable

MEANINGS = {
    BELIEVABLE: f"most of its claims hold over seeds, and {_FAR_MORE} times as many as do not",
    PARTLY: "some of its claims were decided over seeds, but less than that",
    REFUTED: "most of its claims do not hold",
    OPEN: "no claim was decided over seeds: single runs are hints, however well they agree",
}
"""Word of a standing -> its meaning, the best first."""


def standing(verdicts):
    """How far a report can be believed, in a word.

    Args:
        verdicts: word of a verdict -> how many claims of the report have it.

    Returns:
        A key of `MEANINGS`. What was not run counts as a claim that does not hold up, so that a
        report of which little was run cannot be believed.

    Example:
    >>> standing({"holds": 6, "does not hold": 1, "not run": 3})
    'believable'
    >>> standing({"holds": 6, "does not hold": 1, "not run": 30})
    'partly'
    >>> standing({"one run agrees": 9})
    'open'
    """
    total = sum(verdicts.values())
    holding, failing = verdicts.get(HOLDS, 0), verdicts.get(FAILS, 0)
    if 2 * holding > total and holding >= _FAR_MORE * failing:
        return BELIEVABLE
    if 2 * failing > total:
        return REFUTED
    return PARTLY if holding or failing else OPEN


def reason(verdicts):
    """Why a report stands so, in a few words.

    Example:
    >>> reason({"holds": 15, "does not hold": 7, "undecided": 23, "not run": 62})
    '15 of 107 claims hold, 7 do not, 23 undecided'
    >>> reason({"one run agrees": 8, "one run disagrees": 4, "not run": 14})
    'one run only, for 12 of 26 claims: 8 agree'
    """
    total = sum(verdicts.values())
    holding, failing, undecided = (verdicts.get(word, 0) for word in (HOLDS, FAILS, UNDECIDED))
    if holding or failing or undecided:
        left = f", {undecided} {UNDECIDED}" if undecided else ""
        return f"{holding} of {total} claims hold, {failing} do not{left}"
    agreeing = verdicts.get(ONE_AGREES, 0)
    single = agreeing + verdicts.get(ONE_DISAGREES, 0)
    if not single:
        return f"none of {total} claims was decided"
    agree = f"{agreeing} agree{'s' * (agreeing == 1)}"
    return f"one run only, for {single} of {total} claims: {agree}"
