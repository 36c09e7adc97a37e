"""The `regularization` report: a practical lab on convolutional networks, CIFAR-10.

    kerasdl train regularization/baseline

"Deep Learning Practical", part II: a network of three convolutions, trained plainly at first; each
question adds one idea and looks at what it buys.

    lab_ladder.py     with the settings of the lab's exercise sheet: these decide the claims
    padded_ladder.py  the other readings: padded crops, one cycle

Questions are numbered as in the report, part I being its theoretical foundation and II all else.
"""

from kerasdl.claims import Omission
from kerasdl.studies.regularization import lab_ladder, padded_ladder
from kerasdl.studies.regularization.lab_ladder import BASELINE, LADDER, MNIST, NETWORK
from kerasdl.studies.regularization.padded_ladder import NORMALIZE
from kerasdl.studies.study import Family, Study

__all__ = ["BASELINE", "LADDER", "MNIST", "NETWORK", "NORMALIZE", "STUDY"]

OMISSIONS = (
    Omission(
        "sizes of the small network, its forward pass and its gradients",
        "I.Q4, I.Q7, I.Q14, I.Q15, I.Q16, I.Q17",
        "derivations: the test suite holds them against autodiff, with the slips mended (`X` for `h`, "
        "`(1 - h)^2` for `1 - h^2`)",
    ),
    Omission(
        "benefits of batch, mini-batch and online descent (a table)",
        "I.Q10",
        "stated in general, of no experiment",
    ),
    Omission(
        "output sizes, weights and receptive fields",
        "II.Q1, II.Q7, II.Q8, II.Q9",
        "formulas: `kerasdl describe` computes them, and tests hold it to them",
    ),
    Omission(
        "the table of layers and 1,190,000 weights",
        "II.Q10, II.Q11",
        "no finding: the network is built from it, and a test holds the number with its biases, "
        "1,191,170",
    ),
    Omission(
        "128,000 weights of the approach of the practical before",
        "II.Q12",
        "of another practical",
    ),
    Omission(
        "the curves of MNIST",
        "II.Q13, figure 1",
        "a figure without a comment, of which no number is left; `regularization/mnist` is the "
        "experiment",
    ),
    Omission(
        "what the learning rate and the size of a batch do",
        "II.Q16",
        "stated in general: neither is varied",
    ),
    Omission(
        "about 90 % of errors before training",
        "II.Q17",
        "what chance gives of ten classes (the report writes correct for wrong), and no curve begins "
        "before the first epoch",
    ),
)

STUDY = Study(
    "regularization",
    title="regularization: a practical lab on convolutional networks",
    recipes=(MNIST, *LADDER, *padded_ladder.LADDER),
    families=(
        Family.ladder(*LADDER),
        Family(
            "padded_ladder",
            {recipe.name.partition("/")[2]: recipe for recipe in (BASELINE, *padded_ladder.LADDER)},
        ),
    ),
    claims=(*lab_ladder.CLAIMS, *padded_ladder.CLAIMS),
    omissions=OMISSIONS,
)
