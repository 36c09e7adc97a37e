"""The `transformers` report: the ladder of `regularization` again, and vision transformers.

    kerasdl train transformers/vit_patch_size-7

"Basics on deep learning for vision". Section 2 is the same lab as `regularization`, by other
students, with findings of their own. Section 3 trains a vision transformer from scratch on MNIST: one
quantity is varied at a time, test and training curves are compared.
"""

from kerasdl.claims import Omission
from kerasdl.studies.study import Family, Study
from kerasdl.studies.transformers import cnn_ladder, vision_transformers

OMISSIONS = (
    Omission(
        "the forward pass, the loss and its gradients",
        "section 1, Q.7, Q.14, Q.15, Q.16, Q.17",
        "derivations: the test suite holds them against autodiff",
    ),
    Omission(
        "output sizes, weights and receptive fields",
        "section 2, Q.1, Q.7, Q.8, Q.9",
        "formulas: `kerasdl describe` computes them, and tests hold it to them",
    ),
    Omission(
        "weights of each layer, and 1,191,000 of all",
        "section 2, Q.10, Q.11",
        "no finding, and a slip: the five numbers add up to 1,190,000; a test holds the number with "
        "its biases, 1,191,170",
    ),
    Omission(
        "10,000 parameters of the approach of the practical before",
        "section 2, Q.12",
        "of another practical",
    ),
    Omission(
        "what the learning rate and the size of a batch do",
        "section 2, Q.16",
        "stated in general: neither is varied",
    ),
    Omission(
        "a high error at the start of the first epoch",
        "section 2, Q.17",
        "no number, and no curve begins before the first epoch",
    ),
    Omission(
        "equations of attention, of its heads and of a block; class token and positions",
        "section 3.1, section 3.2, section 3.3, section 3.4",
        "definitions: the test suite holds the layers to them",
    ),
    Omission(
        "a width beyond 64 gives no advantage",
        "section 3.5, figure 12",
        "expected, not tried",
    ),
    Omission(
        "images of 224x224 in three channels",
        "section 3.6",
        "no finding: what the pretrained network takes; `transformers/vit_base_mnist` resizes to it",
    ),
)

STUDY = Study(
    "transformers",
    title="transformers: the same lab again, and vision transformers",
    recipes=(*cnn_ladder.LADDER, *vision_transformers.RECIPES),
    families=(Family.ladder(*cnn_ladder.LADDER), *vision_transformers.FAMILIES),
    claims=(*cnn_ladder.CLAIMS, *vision_transformers.CLAIMS),
    omissions=OMISSIONS,
)
