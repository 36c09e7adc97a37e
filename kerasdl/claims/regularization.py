"""What the `regularization` report claims."""

from kerasdl.claims.kinds import (
    Alike,
    At,
    Claim,
    Gap,
    Highest,
    Increasing,
    Last,
    Lowest,
    Near,
    Rise,
    Roughness,
    Top,
    Within,
)  # fmt: skip

R = "regularization/"
BASELINE, NORMALIZE, AUGMENT, MORE, MOMENTUM, ADAM, DROPOUT, BATCHNORM = LADDER = tuple(
    R + name
    for name in (
        "baseline",
        "normalize",
        "augment",
        "augment_more",
        "momentum_schedule",
        "adam",
        "dropout",
        "batchnorm",
    )
)
BEST = Highest("test_accuracy")  # the report quotes its best epoch on the test set

CLAIMS = (
    Claim("test accuracy reaches 70 % at best", "II.Q18", Near(BASELINE, BEST, 0.70, 0.02)),
    Claim(
        "the training score is perfect",
        "II.Q18",
        Within(BASELINE, Last("accuracy"), least=0.99),
    ),
    Claim(
        "the test loss increases after about 10 epochs",
        "II.Q18",
        Within(BASELINE, Rise("test_loss", before=15), least=0.2),
    ),
    Claim("normalized, test accuracy is 75 %", "II.Q19", Near(NORMALIZE, BEST, 0.75, 0.02)),
    Claim("normalizing improves the test score", "II.Q19", Increasing((BASELINE, NORMALIZE), BEST)),
    Claim(
        "normalizing converges slightly faster",
        "II.Q19",
        Increasing((BASELINE, NORMALIZE), At("accuracy", 5)),
    ),
    Claim("it still overfits", "II.Q19", Within(NORMALIZE, Gap(), least=0.1)),
    Claim("augmented, test accuracy is almost 80 %", "II.Q22", Near(AUGMENT, BEST, 0.80, 0.02)),
    Claim("overfitting is less remarkable", "II.Q22", Increasing((AUGMENT, NORMALIZE), Gap())),
    Claim(
        "it takes slightly longer to converge",
        "II.Q22",
        Increasing((AUGMENT, NORMALIZE), At("accuracy", 10)),
    ),
    Claim(
        "other transformations lower the test accuracy", "II.Q25", Increasing((MORE, AUGMENT), BEST)
    ),
    Claim("they do not fix overfitting", "II.Q25", Within(MORE, Gap(), least=0.05)),
    Claim(
        "momentum and schedule converge more smoothly",
        "II.Q26",
        Increasing((MOMENTUM, AUGMENT), Roughness("test_loss")),
    ),
    Claim("overfitting is about the same", "II.Q26", Alike((MOMENTUM, AUGMENT), Gap(), 0.05)),
    Claim(
        "it takes more time to converge",
        "II.Q26",
        Increasing((MOMENTUM, AUGMENT), At("accuracy", 10)),
    ),
    Claim("Adam does not solve overfitting", "II.Q28", Within(ADAM, Gap(), least=0.05)),
    Claim(
        "with dropout, train and test are almost identical",
        "II.Q29",
        Within(DROPOUT, Gap(), least=-0.03, most=0.03),
    ),
    Claim(
        "training accuracy is lower than before",
        "II.Q29",
        Increasing((DROPOUT, MOMENTUM), Last("accuracy")),
    ),
    Claim("with batch norm, test accuracy is 85 %", "II.Q34", Near(BATCHNORM, BEST, 0.85, 0.02)),
    Claim("that is the highest of all", "II.Q34", Top((BATCHNORM, *LADDER[:-1]), BEST)),
    Claim(
        "training accuracy is above 92 %", "II.Q34", Within(BATCHNORM, Last("accuracy"), least=0.92)
    ),
    Claim(
        "the loss is the lowest of all",
        "II.Q34",
        Top((BATCHNORM, *LADDER[:-1]), Lowest("test_loss"), lowest=True),
    ),
    Claim(
        "it converges faster",
        "II.Q34",
        Increasing((DROPOUT, BATCHNORM), At("test_accuracy", 5)),
    ),
)
