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
        "exercises",
        "the larger the batch, the faster the convergence",
        "Generally, increasing the size of the batches makes the computation longer but the convergence "
        "faster (hence better results in fewer time in the end)",
        Prose(
            "Counted in epochs it is the reverse: after one epoch, on each of ten seeds, batches of 5 "
            "stand at 99.9 % or more and batches of 40 at 60 to 94 %, because eight times the batch "
            "is an eighth of the updates. Nor did the computation take longer: beside other work on "
            "the machine it took about a fifth of the time, so that what follows in brackets, better "
            "results in less time, agrees for another reason."
        ),
    ),
    Disagreement(
        "exercises",
        "two layers: about 75 neurons are the best",
        "The best results were obtained with a tanH activation function and around 75 neurons",
        Prose(
            "At the rate that comes nearest to the report's 77 % for 75 neurons, twice as many reach 95 %, "
            "and ten seeds of 75 lie between 60 and 98 %: the best width is one that was still learning "
            "at epoch 10. There ReLU is at 100 %, which cannot be if tanh was the best: the report's "
            "rate, which it does not give, may have been another."
        ),
    ),
    Disagreement(
        "mlp_vs_cnn",
        "batch norm does not affect the result very much (its own logs say 11 points)",
        "The Batch normalization as expected doesn't affect very much the result.",
        Prose(
            "The report's own logs end at 31 % without it and at 42 % with it, and so does ours, in the one "
            "run of each, at 32 and 48 %: it is the largest step of the report but for pretrained weights. What "
            "was meant may be the two networks after it, of which neither is more than a point away."
        ),
    ),
)
