"""What the `mlp_vs_cnn` report claims."""

from kerasdl.claims.kinds import (
    Alike,
    At,
    Claim,
    Gap,
    Highest,
    Increasing,
    Last,
    Near,
    Seconds,
)  # fmt: skip

M = "mlp_vs_cnn/"
MLP, CNN, BATCHNORM, WIDE, DROPOUT, FLIP, CROP, RESNET = (
    M + name
    for name in (
        "mlp",
        "cnn",
        "cnn_batchnorm",
        "cnn_wide_dense",
        "cnn_dropout",
        "cnn_flip",
        "cnn_crop",
        "resnet18",
    )
)
WIDTHS = tuple(f"{M}cnn_width-{width}" for width in (32, 128, 256, 512, 1024))
TEST, FIRST, LOSS = Last("test_accuracy"), At("test_accuracy", 1), Last("loss")
LOGS = "logs of points 4a to 4c"

CLAIMS = (
    Claim(
        "the MLP is less accurate than the CNN",
        "section Neural Network",
        Increasing((MLP, CNN), TEST),
    ),
    Claim(
        "the MLP takes more time than the CNN",
        "section Neural Network",
        Increasing((CNN, MLP), Seconds()),
    ),
    Claim("test accuracy is 13 % after one epoch", "log 5/6a", Near(CNN, FIRST, 0.13, 0.03)),
    Claim("test accuracy is 31 % after 20 epochs", "log 5/6a", Near(CNN, TEST, 0.31, 0.03)),
    Claim("the final training loss is 0.160", "log 5/6a", Near(CNN, LOSS, 0.160, 0.1)),
    Claim(
        "the narrowest reaches 30 %",
        "convolutional layer, 1/6 to 3/6",
        Near(WIDTHS[0], TEST, 0.30, 0.03),
    ),
    Claim(
        "the widest reaches 40 %",
        "convolutional layer, 1/6 to 3/6",
        Near(WIDTHS[-1], TEST, 0.40, 0.03),
    ),
    Claim(
        "accuracy grows with the width", "convolutional layer, 1/6 to 3/6", Increasing(WIDTHS, TEST)
    ),
    Claim(
        "time grows with the width",
        "convolutional layer, 1/6 to 3/6",
        Increasing(WIDTHS, Seconds()),
    ),
    Claim(
        "overfitting grows with the width",
        "convolutional layer, 1/6 to 3/6",
        Increasing(WIDTHS, Gap()),
    ),
    Claim("with batch norm, 23 % after one epoch", LOGS, Near(BATCHNORM, FIRST, 0.23, 0.03)),
    Claim("with batch norm, 42 % at the end", LOGS, Near(BATCHNORM, TEST, 0.42, 0.03)),
    Claim(
        "batch norm does not affect the result very much (its own log says 11 points)",
        "point 4a",
        Alike((CNN, BATCHNORM), TEST, 0.02),
    ),
    Claim("its final training loss is 0.094", LOGS, Near(BATCHNORM, LOSS, 0.094, 0.03)),
    Claim("a wider dense layer reaches 43 %", LOGS, Near(WIDE, TEST, 0.43, 0.03)),
    Claim(
        "a wider dense layer improves it slightly", "point 4b", Increasing((BATCHNORM, WIDE), TEST)
    ),
    Claim("its final training loss is 0.047", LOGS, Near(WIDE, LOSS, 0.047, 0.03)),
    Claim(
        "a wider dense layer takes more time", "point 4b", Increasing((BATCHNORM, WIDE), Seconds())
    ),
    Claim("a wider dense layer overfits more", "point 4b", Increasing((BATCHNORM, WIDE), Gap())),
    Claim("with dropout, 42 % at the end", LOGS, Near(DROPOUT, TEST, 0.42, 0.03)),
    Claim("its final training loss is 0.111", LOGS, Near(DROPOUT, LOSS, 0.111, 0.03)),
    Claim("dropout lowers overfitting", "point 4c", Increasing((DROPOUT, WIDE), Gap())),
    Claim("with flips, 36 %", "log 5/6a", Near(FLIP, TEST, 0.36, 0.03)),
    Claim("flips improve accuracy", "5/6a", Increasing((CNN, FLIP), TEST)),
    Claim("flips prevent overfitting", "5/6a", Increasing((FLIP, CNN), Gap())),
    Claim("with flips, the final training loss is 0.981", "log 5/6a", Near(FLIP, LOSS, 0.981, 0.2)),
    Claim("with crops, 39 %", "5/6b", Near(CROP, TEST, 0.39, 0.03)),
    Claim("crops prevent overfitting", "5/6b", Increasing((CROP, CNN), Gap())),
    Claim("crops are better than flips", "5/6b", Increasing((FLIP, CROP), TEST)),
    Claim("crops have a higher training loss than flips", "5/6b", Increasing((FLIP, CROP), LOSS)),
    Claim("ResNet-18: 71 % after one epoch", "section ResNet18", Near(RESNET, FIRST, 0.71, 0.03)),
    Claim(
        "ResNet-18: 79 % at best",
        "section ResNet18",
        Near(RESNET, Highest("test_accuracy"), 0.79, 0.02),
    ),
    Claim("ResNet-18: 74 % at the end", "section ResNet18", Near(RESNET, TEST, 0.74, 0.03)),
)
