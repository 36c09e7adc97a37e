"""What the reports claim, as checks over finished runs. Free of any backend.

`kinds` says what a claim is and how it is judged; then one module of literals a
report. Tolerances come from the kind of number, not from which verdict they give:
two points of accuracy for one run on CIFAR, where seeds differ by about one, and
wider where the report's own setting is assumed.
"""

from kerasdl.claims import dropout, exercises, mlp_vs_cnn, regularization, transformers
from kerasdl.claims.kinds import VERDICTS, Claim, Verdict

__all__ = ["CLAIMS", "VERDICTS", "Claim", "Verdict"]

CLAIMS = {
    "regularization": regularization.CLAIMS,
    "transformers": transformers.CLAIMS,
    "exercises": exercises.CLAIMS,
    "mlp_vs_cnn": mlp_vs_cnn.CLAIMS,
    "dropout": dropout.CLAIMS,
}
