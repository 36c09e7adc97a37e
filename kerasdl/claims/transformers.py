"""What the `transformers` report claims."""

from kerasdl.claims.kinds import (
    Alike,
    Claim,
    Gap,
    Growth,
    Highest,
    Increasing,
    Last,
    Near,
    Rise,
    Roughness,
    Seconds,
    Within,
)  # fmt: skip

T = "transformers/"
BASELINE, NORMALIZE, AUGMENT, SCHEDULE, DROPOUT, BATCHNORM = (
    f"{T}cnn_{name}"
    for name in ("baseline", "normalize", "augment", "schedule", "dropout", "batchnorm")
)
EMBED, BLOCKS, PATCH = (
    tuple(f"{T}{family}-{value}" for value in values)
    for family, values in (
        ("vit_embed_dim", (8, 16, 32, 64)),
        ("vit_blocks", (2, 4, 6, 8)),
        ("vit_patch_size", (4, 7, 11, 14)),
    )
)
TEST = Last("test_accuracy")

CLAIMS = (
    Claim(
        "test accuracy has a plateau about 65 %",
        "section 2, Q.18",
        Near(BASELINE, TEST, 0.65, 0.03),
    ),
    Claim(
        "training accuracy keeps growing after the tenth epoch",
        "section 2, Q.18",
        Within(BASELINE, Growth("accuracy", 10), least=0.02),
    ),
    Claim(
        "the test loss increases from about the tenth epoch on",
        "section 2, Q.18",
        Within(BASELINE, Rise("test_loss", before=15), least=0.2),
    ),
    Claim(
        "normalizing takes the oscillations off the test curves",
        "section 2, Q.19",
        Increasing((NORMALIZE, BASELINE), Roughness("test_loss")),
    ),
    Claim(
        "normalizing improves the performance",
        "section 2, Q.19",
        Increasing((BASELINE, NORMALIZE), Highest("test_accuracy")),
    ),
    Claim(
        "normalizing brings train and test closer",
        "section 2, Q.19",
        Increasing((NORMALIZE, BASELINE), Gap()),
    ),
    Claim(
        "augmentation generalizes better",
        "section 2, Q.22",
        Increasing((NORMALIZE, AUGMENT), Highest("test_accuracy")),
    ),
    Claim("augmentation overfits less", "section 2, Q.22", Increasing((AUGMENT, NORMALIZE), Gap())),
    Claim(
        "the schedule makes the loss more stable",
        "section 2, Q.26",
        Increasing((SCHEDULE, NORMALIZE), Roughness("test_loss")),
    ),
    Claim(
        "with dropout the test loss diverges less",
        "section 2, Q.29",
        Increasing((DROPOUT, BASELINE), Rise("test_loss", before=51)),
    ),
    Claim(
        "dropout alone does not prevent overfitting",
        "section 2, Q.29",
        Within(DROPOUT, Gap(), least=0.1),
    ),
    Claim(
        "with batch norm, test accuracy reaches 80 %",
        "section 2, Q.34",
        Near(BATCHNORM, Highest("test_accuracy"), 0.80, 0.02),
    ),
    Claim(
        "batch norm brings train and test closer",
        "section 2, Q.34",
        Increasing((BATCHNORM, NORMALIZE), Gap()),
    ),
    Claim(
        "accuracy grows with the width from 8 to 32",
        "section 3.4, figure 12",
        Increasing(EMBED[:3], TEST),
    ),
    Claim(
        "widths 32 and 64 are about equal", "section 3.4, figure 12", Alike(EMBED[2:], TEST, 0.01)
    ),
    Claim(
        "the loss falls with the width",
        "section 3.4, figure 12",
        Increasing(EMBED[::-1], Last("test_loss")),
    ),
    Claim("time grows with the width", "section 3.4", Increasing(EMBED, Seconds())),
    Claim(
        "the number of blocks makes no significant difference",
        "section 3.4, figure 13",
        Alike(BLOCKS, TEST, 0.01),
    ),
    Claim(
        "more blocks are less stable",
        "section 3.4, figure 13",
        Increasing((BLOCKS[0], BLOCKS[-1]), Roughness("test_accuracy")),
    ),
    Claim(
        "more blocks are less stable in the loss, too",
        "section 3.4, figure 13",
        Increasing((BLOCKS[0], BLOCKS[-1]), Roughness("test_loss")),
    ),
    Claim("larger patches are better on test", "section 3.4, figure 14", Increasing(PATCH, TEST)),
    Claim(
        "larger patches are better in training",
        "section 3.4, figure 14",
        Increasing(PATCH, Last("accuracy")),
    ),
)
