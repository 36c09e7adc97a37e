"""Disagreements that teach something: sentences of the first page, each tied to a claim.

A page shows one only as long as the runs disagree with the claim; `tests/test_committed_reports.py`
finds those that the committed runs no longer support.
"""

from dataclasses import dataclass

from kerasdl.claims.words import FAILS, ONE_DISAGREES
from kerasdl.reports.markup import Prose

WORDS = (FAILS, ONE_DISAGREES)


@dataclass(frozen=True)
class Disagreement:
    """A claim that the runs contradict, and what is to be learned from that.

    Attributes:
        report: name of the report.
        says: the claim's words, by which it is found.
        quote: the report's own sentence.
        teaches: two sentences.
    """

    report: str
    says: str
    quote: str
    teaches: Prose


DISAGREEMENTS = (
    Disagreement(
        "mlp_vs_cnn",
        "batch norm does not affect the result very much (its own log says 11 points)",
        "The Batch normalization as expected doesn't affect very much the result.",
        Prose(
            "Batch norm adds eleven points or more here, and it did in the report: its own logs end "
            "at 31 % without and 42 % with it. The sentence says what was expected; the log beside it "
            "is right."
        ),
    ),
    Disagreement(
        "transformers",
        "larger patches are better on test",
        "as the patch size increases, both training and testing performance improve",
        Prose(
            "From 4 to 7 and from 7 to 14 pixels accuracy does grow, but patches of 11 break the "
            "row. 28 is no multiple of 11, so that they leave out the last six rows and columns of "
            "each image: patch size was not all that changed."
        ),
    ),
    Disagreement(
        "exercises",
        "RMSprop is the best",
        "The best loss of 0.003820 was obtained with the RMSprop optimizer",
        Prose(
            "Adam at the same learning rate ends lower than RMSprop, which ends lower than SGD. A "
            "ranking of optimizers is one of learning rates too, and the report tells only the "
            "winner's."
        ),
    ),
)
