"""The `mlp_vs_cnn` report: a multilayer perceptron, convolutional networks, and ResNet-18.

    kerasdl train mlp_vs_cnn/cnn

"Deep Learning, Report Homework 3". Its logs have 195 steps an epoch, which is 50,000 images in
batches of 256; ResNet-18's have 390, batches of 128.

    networks.py  the experiments
    logs.py      the logs that the report prints
"""

from kerasdl.claims import (
    Alike,
    At,
    Claim,
    Contradiction,
    Departure,
    Doublings,
    Gap,
    Highest,
    Increasing,
    Last,
    Near,
    Omission,
    Seconds,
    Within,
)
from kerasdl.studies.mlp_vs_cnn import logs
from kerasdl.studies.mlp_vs_cnn.networks import (
    BATCHNORM,
    BATCHNORM_ALL,
    CNN,
    CROP,
    DROPOUT,
    FLIP,
    MLP,
    RESNET18,
    RESNET18_SCRATCH,
    WIDE_DENSE,
    WIDTH,
)
from kerasdl.studies.study import Family, Study

FIRST_TEST = At("test_accuracy", 1)
LAST_TEST = Last("test_accuracy")
LAST_LOSS = Last("loss")
WIDEST = WIDTH[512]

SECTION = "section Neural Network"
WIDTHS = "convolutional layer, examples 1/6 to 3/6"
A, B, C = (f"point 4{point}, log {point}" for point in "abc")
PLAIN_LOG, FLIP_LOG = "5/6a, left log", "5/6a, right log"
RESNET = "section ResNet18, its log"

LOGS = (  # recipe, what it is called, where, printed accuracies and losses
    (CNN, "the plain network", PLAIN_LOG, logs.CNN_ACCURACY, logs.CNN_LOSS),
    (BATCHNORM, "batch norm", A, logs.BATCHNORM_ACCURACY, logs.BATCHNORM_LOSS),
    (WIDE_DENSE, "the wider dense layer", B, logs.WIDE_DENSE_ACCURACY, logs.WIDE_DENSE_LOSS),
    (DROPOUT, "dropout", C, logs.DROPOUT_ACCURACY, logs.DROPOUT_LOSS),
    (FLIP, "flips", FLIP_LOG, logs.FLIP_ACCURACY, logs.FLIP_LOSS),
    (RESNET18, "ResNet-18", RESNET, logs.RESNET18_ACCURACY, logs.RESNET18_LOSS),
)


def _percent(recipe, measure, percent):
    """Of an accuracy that a log prints in whole percents."""
    return Near(recipe, measure, logs.middle(percent), read=logs.READ)


def _loss(recipe, loss):
    """Of a loss that a log prints with three decimals."""
    return Near(recipe, LAST_LOSS, loss, read=0.0005)


CLAIMS = (
    Claim("the MLP is less accurate than the CNN", SECTION, Increasing((MLP, CNN), LAST_TEST)),
    Claim("the MLP takes more time than the CNN", SECTION, Increasing((CNN, MLP), Seconds())),
    Claim(
        "the MLP is less accurate than the CNN that the homework gave out, of 32 filters",
        f"{SECTION}, read otherwise",
        Increasing((MLP, WIDTH[32]), LAST_TEST),
    ),
    Claim(
        "the MLP takes more time than the CNN that the homework gave out, of 32 filters",
        f"{SECTION}, read otherwise",
        Increasing((WIDTH[32], MLP), Seconds()),
    ),
    Claim("test accuracy is 13 % after one epoch", PLAIN_LOG, _percent(CNN, FIRST_TEST, 13)),
    Claim("test accuracy is 31 % after 20 epochs", PLAIN_LOG, _percent(CNN, LAST_TEST, 31)),
    Claim("the final training loss is 0.160", PLAIN_LOG, _loss(CNN, 0.160)),
    # "From 30 % to 40 %" is said in tens.
    Claim("the narrowest reaches 30 %", WIDTHS, Near(WIDTH[32], LAST_TEST, 0.30, read=0.05)),
    Claim("the widest reaches 40 %", WIDTHS, Near(WIDEST, LAST_TEST, 0.40, read=0.05)),
    Claim("accuracy grows with the width", WIDTHS, Increasing(tuple(WIDTH.values()), LAST_TEST)),
    Claim("time grows with the width", WIDTHS, Increasing(tuple(WIDTH.values()), Seconds())),
    Claim("overfitting grows with the width", WIDTHS, Increasing(tuple(WIDTH.values()), Gap())),
    Claim("with batch norm, 23 % after one epoch", A, _percent(BATCHNORM, FIRST_TEST, 23)),
    Claim("with batch norm, 42 % at the end", A, _percent(BATCHNORM, LAST_TEST, 42)),
    Claim("with batch norm, the final training loss is 0.094", A, _loss(BATCHNORM, 0.094)),
    Claim(
        "batch norm does not affect the result very much (its own logs say 11 points)",
        A,
        Alike((CNN, BATCHNORM), LAST_TEST, 0.02),
    ),
    Claim(
        "with batch norm after all four convolutions, 23 % after one epoch",
        f"{A}, read otherwise",
        _percent(BATCHNORM_ALL, FIRST_TEST, 23),
    ),
    Claim(
        "with batch norm after all four convolutions, 42 % at the end",
        f"{A}, read otherwise",
        _percent(BATCHNORM_ALL, LAST_TEST, 42),
    ),
    Claim(
        "with batch norm after all four convolutions, the final training loss is 0.094",
        f"{A}, read otherwise",
        _loss(BATCHNORM_ALL, 0.094),
    ),
    Claim("a wider dense layer has 25 % after one epoch", B, _percent(WIDE_DENSE, FIRST_TEST, 25)),
    Claim("a wider dense layer reaches 43 %", B, _percent(WIDE_DENSE, LAST_TEST, 43)),
    Claim(
        "a wider dense layer improves it slightly",
        B,
        Increasing((BATCHNORM, WIDE_DENSE), LAST_TEST),
    ),
    Claim(
        "with a wider dense layer, the final training loss is 0.047", B, _loss(WIDE_DENSE, 0.047)
    ),
    Claim("a wider dense layer takes more time", B, Increasing((BATCHNORM, WIDE_DENSE), Seconds())),
    Claim("a wider dense layer overfits more", B, Increasing((BATCHNORM, WIDE_DENSE), Gap())),
    Claim("with dropout, 23 % after one epoch", C, _percent(DROPOUT, FIRST_TEST, 23)),
    Claim("with dropout, 42 % at the end", C, _percent(DROPOUT, LAST_TEST, 42)),
    Claim("with dropout, the final training loss is 0.111", C, _loss(DROPOUT, 0.111)),
    Claim(
        "with dropout the result stays the same", C, Alike((BATCHNORM, DROPOUT), LAST_TEST, 0.02)
    ),
    Claim(
        "with dropout the training loss decreases",
        C,
        Contradiction("its own logs have it rise, from 0.094 and 0.047 to 0.111"),
    ),
    # The network of point 4a with dropout: the wider layer of 4b differs in its width too.
    Claim("dropout lowers overfitting", C, Increasing((DROPOUT, BATCHNORM), Gap())),
    Claim("with flips, 13 % after one epoch", FLIP_LOG, _percent(FLIP, FIRST_TEST, 13)),
    Claim("with flips, 36 % at the end", FLIP_LOG, _percent(FLIP, LAST_TEST, 36)),
    Claim("with flips, the final training loss is 0.981", FLIP_LOG, _loss(FLIP, 0.981)),
    Claim("flips improve accuracy", "5/6a", Increasing((CNN, FLIP), LAST_TEST)),
    Claim("flips prevent overfitting", "5/6a", Increasing((FLIP, CNN), Gap())),
    Claim("with crops, 39 %", "5/6b", _percent(CROP, LAST_TEST, 39)),
    Claim("crops prevent overfitting", "5/6b", Increasing((CROP, CNN), Gap())),
    Claim("crops are better than flips", "5/6b", Increasing((FLIP, CROP), LAST_TEST)),
    Claim(
        "crops have a higher training loss than flips", "5/6b", Increasing((FLIP, CROP), LAST_LOSS)
    ),
    Claim("ResNet-18: 71 % after one epoch", RESNET, _percent(RESNET18, FIRST_TEST, 71)),
    Claim("ResNet-18: 79 % at best", RESNET, _percent(RESNET18, Highest("test_accuracy"), 79)),
    Claim("ResNet-18: 74 % at the end", RESNET, _percent(RESNET18, LAST_TEST, 74)),
    Claim("ResNet-18: the final training loss is 0.064", RESNET, _loss(RESNET18, 0.064)),
    Claim(
        "ResNet-18 is as slow as the widest CNN, within a factor of two",
        "section ResNet18",
        Alike((WIDEST, RESNET18), Doublings(Seconds()), 1),
    ),
    Claim(
        "ResNet-18 is more accurate than the widest CNN",
        "section ResNet18",
        Increasing((WIDEST, RESNET18), LAST_TEST),
    ),
    *(
        Claim(
            f"{name}: every printed test accuracy, within three points",
            place,
            Within(recipe, Departure("test_accuracy", accuracy), most=0.03),
        )
        for recipe, name, place, accuracy, _ in LOGS
    ),
    *(
        Claim(
            f"{name}: every printed training loss, within 0.25",
            place,
            Within(recipe, Departure("loss", loss), most=0.25),
        )
        for recipe, name, place, _, loss in LOGS
    ),
)

OMISSIONS = (
    Omission(
        "kernel size and stride",
        "convolutional layer",
        "not varied, as the report says itself: the listing has them, and tests hold the recipe to it",
    ),
    Omission(
        "the listings of `old_nn()` and `CNN()`",
        "listings",
        "no finding: the recipes build them, and tests hold their weights to a sum by hand",
    ),
    Omission(
        "a width of 1024",
        "convolutional layer",
        "512/1024 are read as one network, whose last convolution doubles the others, as the listing's "
        "does: the ResNet section calls it the one with 1024 as output",
    ),
    Omission("a pool of 2x2", "pooling layer", "not varied: it is that of the listing"),
    Omission(
        "5 and 8 points gained by flips and crops",
        "5/6a and 5/6b",
        "differences of numbers that have claims: 31 %, 36 % and 39 %",
    ),
    Omission(
        "curves of the MLP and of the widths",
        "figures",
        "pictures without a number in the text; where the author's public logs have one, it stands in "
        "the recipe's expectation",
    ),
    Omission(
        "18 layers, a million images and 1000 categories of ImageNet",
        "section ResNet18",
        "facts about another's network",
    ),
)

STUDY = Study(
    "mlp_vs_cnn",
    title="mlp_vs_cnn: a perceptron, convolutional networks, ResNet-18",
    recipes=(
        MLP,
        CNN,
        *WIDTH.values(),
        BATCHNORM,
        BATCHNORM_ALL,
        WIDE_DENSE,
        DROPOUT,
        FLIP,
        CROP,
        RESNET18,
        RESNET18_SCRATCH,
    ),
    families=(
        Family.ladder(
            MLP,
            CNN,
            BATCHNORM,
            BATCHNORM_ALL,
            WIDE_DENSE,
            DROPOUT,
            FLIP,
            CROP,
            RESNET18,
            RESNET18_SCRATCH,
        ),
        Family("cnn_width", WIDTH),
    ),
    claims=CLAIMS,
    omissions=OMISSIONS,
)
