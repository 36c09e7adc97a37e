"""The `mlp_vs_cnn` report: a multilayer perceptron, convolutional networks, and ResNet-18.

    kerasdl train mlp_vs_cnn/cnn

"Deep Learning, Report Homework 3". The data set is not named: its accuracies, 31 % to
42 % after 20 epochs, are those of CIFAR-100 (a). Its logs have 195 steps an epoch, which
is 50,000 images in batches of 256; ResNet-18's have 390, batches of 128.
"""

from dataclasses import replace

from kerasdl.claims import Alike, At, Claim, Gap, Highest, Increasing, Last, Near, Seconds
from kerasdl.recipes import Data, Model, Optimizer, Recipe
from kerasdl.studies import pytorch
from kerasdl.studies.study import Family, Study

# The listing of `CNN()`: 32x32 -> 14 -> 12 -> 10 -> 8, pooled to 4x4x256.
NETWORK = {
    "filters": ((128, 128, 128, 256),),
    "kernel_size": ((5, 3, 3, 3),),
    "strides": ((2, 1, 1, 1),),
    "padding": "valid",
    "units": (4096,),
    **pytorch.INITIALIZERS,  # (a)
}

CNN = Recipe(
    name="mlp_vs_cnn/cnn",
    data=Data("cifar100"),  # (a)
    model=Model("CNN", arguments=NETWORK),
    inputs="signed",  # (a)
    loss="sparse_categorical_crossentropy",
    optimizer=Optimizer("adam", learning_rate=1e-4, arguments=pytorch.ADAM),  # (a)
    epochs=20,  # its logs
    batch_size=256,  # 195 steps an epoch
    test_curves=True,  # its logs
    source="mlp_vs_cnn, listing CNN() and log 5/6a, left",
    expected="test 13 % after one epoch, 31 % after 20; final training loss 0.160",
    cost="50 min",
    assumptions={
        "data.name": "CIFAR-100, which the accuracies resemble; the report says n_classes",
        "inputs": "pixels in [-1, 1]",
        "optimizer": "Adam with PyTorch's defaults, learning rate 0.0001",
        "batch_size": "256: its logs have 195 steps an epoch",
        **pytorch.INITIALIZERS_ASSUMED,
    },
)

MLP = replace(
    CNN,
    name="mlp_vs_cnn/mlp",
    model=Model(
        "MLP",
        arguments={
            "units": (4096, 4096),
            "activation": "sigmoid",
            **pytorch.INITIALIZERS,  # (a)
        },
    ),
    source="mlp_vs_cnn, listing old_nn()",
    expected="worse than the CNN, in time and in accuracy",
    cost="35 min",
)

WIDTH = {
    width: replace(
        CNN,
        name=f"mlp_vs_cnn/cnn_width-{width}",
        # the last stays (a)
        model=Model("CNN", arguments={**NETWORK, "filters": ((width, width, width, 256),)}),
        source="mlp_vs_cnn, convolutional layer, examples 1/6 to 3/6",
        expected="test 30 % to 40 %, growing with the width; 512 and 1024 slow; more overfitting",
        cost=cost,
        assumptions={
            **CNN.assumptions,
            "model.arguments.filters": "the first three convolutions are this wide, the last 256",
        },
    )
    for width, cost in (
        (32, "20 min"),
        (128, "50 min"),
        (256, "2 h"),
        (512, "6 h"),
        (1024, "22 h"),
    )
}

BATCHNORM = replace(
    CNN,
    name="mlp_vs_cnn/cnn_batchnorm",
    model=Model("CNN", arguments={**NETWORK, "batch_norm": True}),
    source="mlp_vs_cnn, points 4a to 4c, log a",
    expected="test 23 % after one epoch, 42 % at the end; the text says batch norm does not "
    "affect much",
    cost="60 min",
    assumptions={
        **CNN.assumptions,
        "model.arguments.batch_norm": "after every convolution, before its activation",
    },
)

WIDE_DENSE = replace(
    BATCHNORM,  # (a): its log begins at 25 %, as batch norm's does
    name="mlp_vs_cnn/cnn_wide_dense",
    model=Model(
        "CNN",
        arguments={**BATCHNORM.model.arguments, "units": (8192,)},  # (a)
    ),
    source="mlp_vs_cnn, points 4a to 4c, log b",
    expected="test 43 %, final training loss 0.047: overfits",
    cost="75 min",
    assumptions={
        **BATCHNORM.assumptions,
        "model.arguments.units": "8,192 in place of 4,096; batch norm stays",
    },
)

DROPOUT = replace(
    BATCHNORM,  # (a)
    name="mlp_vs_cnn/cnn_dropout",
    model=Model(
        "CNN",
        arguments={
            **BATCHNORM.model.arguments,
            "dropout": 0.5,  # (a)
            "dropout_after": ("dense",),  # (a): "dropout goes here"
        },
    ),
    source="mlp_vs_cnn, points 4a to 4c, log c",
    expected="test 42 %, final training loss 0.111",
    assumptions={
        **BATCHNORM.assumptions,
        "model.arguments.dropout": "0.5, PyTorch's default; batch norm stays",
        "model.arguments.dropout_after": "before the last layer",
    },
)

FLIP = replace(
    CNN,
    name="mlp_vs_cnn/cnn_flip",
    augmentation="flip",
    source="mlp_vs_cnn, 5/6a, right",
    expected="test 36 % (31 % without), final training loss 0.981",
)

CROP = replace(
    CNN,
    name="mlp_vs_cnn/cnn_crop",
    augmentation="crop",  # (a)
    source="mlp_vs_cnn, 5/6b",
    expected="test 39 %",
    assumptions={
        **CNN.assumptions,
        "augmentation": "each image padded by 4 black pixels and cropped to 32x32",
    },
)

RESNET18 = replace(
    CNN,
    name="mlp_vs_cnn/resnet18",
    model=Model("ResNet18", arguments={"resize": 224}),  # (a)
    inputs="imagenet",  # (a)
    augmentation="crop_flip",
    pretrained="hf://timm/resnet18.tv_in1k",  # torchvision's weights
    epochs=10,
    batch_size=128,  # 390 steps an epoch
    source="mlp_vs_cnn, section ResNet18",
    expected="test 71 % after one epoch, 79 % at best, 74 % at the end",
    cost="2 days",
    assumptions={
        "data.name": CNN.assumptions["data.name"],
        "model.arguments.resize": "to 224x224, what the weights were trained on",
        "inputs": "mean and standard deviation of ImageNet, as the weights want",
        "augmentation": "each image padded by 4 black pixels and cropped to 32x32, flipped or not",
        "optimizer": CNN.assumptions["optimizer"],
        "batch_size": "128: its log has 390 steps an epoch",
    },
)

RESNET18_SCRATCH = replace(
    RESNET18,
    name="mlp_vs_cnn/resnet18_scratch",
    model=Model("ResNet18", arguments={"stem": "cifar"}),
    inputs="standardize",
    pretrained=None,
    source="ours, beside mlp_vs_cnn/resnet18: no pretrained weights, 32x32 images",
    expected="",
    cost="8 h",
    assumptions={
        "data.name": RESNET18.assumptions["data.name"],
        "model.arguments.stem": "3x3 without a pool: what is usual for 32x32 images",
        "inputs": "mean and standard deviation of the training set",
        "augmentation": RESNET18.assumptions["augmentation"],
        "optimizer": RESNET18.assumptions["optimizer"],
        "batch_size": RESNET18.assumptions["batch_size"],
    },
)

FIRST_TEST = At("test_accuracy", 1)
LAST_TEST = Last("test_accuracy")
LAST_LOSS = Last("loss")
LOGS = "logs of points 4a to 4c"

CLAIMS = (
    Claim(
        "the MLP is less accurate than the CNN",
        "section Neural Network",
        Increasing((MLP, CNN), LAST_TEST),
    ),
    Claim(
        "the MLP takes more time than the CNN",
        "section Neural Network",
        Increasing((CNN, MLP), Seconds()),
    ),
    Claim("test accuracy is 13 % after one epoch", "log 5/6a", Near(CNN, FIRST_TEST, 0.13, 0.03)),
    Claim("test accuracy is 31 % after 20 epochs", "log 5/6a", Near(CNN, LAST_TEST, 0.31, 0.03)),
    Claim("the final training loss is 0.160", "log 5/6a", Near(CNN, LAST_LOSS, 0.160, 0.1)),
    Claim(
        "the narrowest reaches 30 %",
        "convolutional layer, 1/6 to 3/6",
        Near(WIDTH[32], LAST_TEST, 0.30, 0.03),
    ),
    Claim(
        "the widest reaches 40 %",
        "convolutional layer, 1/6 to 3/6",
        Near(WIDTH[1024], LAST_TEST, 0.40, 0.03),
    ),
    Claim(
        "accuracy grows with the width",
        "convolutional layer, 1/6 to 3/6",
        Increasing(tuple(WIDTH.values()), LAST_TEST),
    ),
    Claim(
        "time grows with the width",
        "convolutional layer, 1/6 to 3/6",
        Increasing(tuple(WIDTH.values()), Seconds()),
    ),
    Claim(
        "overfitting grows with the width",
        "convolutional layer, 1/6 to 3/6",
        Increasing(tuple(WIDTH.values()), Gap()),
    ),
    Claim("with batch norm, 23 % after one epoch", LOGS, Near(BATCHNORM, FIRST_TEST, 0.23, 0.03)),
    Claim("with batch norm, 42 % at the end", LOGS, Near(BATCHNORM, LAST_TEST, 0.42, 0.03)),
    Claim(
        "batch norm does not affect the result very much (its own log says 11 points)",
        "point 4a",
        Alike((CNN, BATCHNORM), LAST_TEST, 0.02),
    ),
    Claim("its final training loss is 0.094", LOGS, Near(BATCHNORM, LAST_LOSS, 0.094, 0.03)),
    Claim("a wider dense layer reaches 43 %", LOGS, Near(WIDE_DENSE, LAST_TEST, 0.43, 0.03)),
    Claim(
        "a wider dense layer improves it slightly",
        "point 4b",
        Increasing((BATCHNORM, WIDE_DENSE), LAST_TEST),
    ),
    Claim("its final training loss is 0.047", LOGS, Near(WIDE_DENSE, LAST_LOSS, 0.047, 0.03)),
    Claim(
        "a wider dense layer takes more time",
        "point 4b",
        Increasing((BATCHNORM, WIDE_DENSE), Seconds()),
    ),
    Claim(
        "a wider dense layer overfits more", "point 4b", Increasing((BATCHNORM, WIDE_DENSE), Gap())
    ),
    Claim("with dropout, 42 % at the end", LOGS, Near(DROPOUT, LAST_TEST, 0.42, 0.03)),
    Claim("its final training loss is 0.111", LOGS, Near(DROPOUT, LAST_LOSS, 0.111, 0.03)),
    Claim("dropout lowers overfitting", "point 4c", Increasing((DROPOUT, WIDE_DENSE), Gap())),
    Claim("with flips, 36 %", "log 5/6a", Near(FLIP, LAST_TEST, 0.36, 0.03)),
    Claim("flips improve accuracy", "5/6a", Increasing((CNN, FLIP), LAST_TEST)),
    Claim("flips prevent overfitting", "5/6a", Increasing((FLIP, CNN), Gap())),
    Claim(
        "with flips, the final training loss is 0.981",
        "log 5/6a",
        Near(FLIP, LAST_LOSS, 0.981, 0.2),
    ),
    Claim("with crops, 39 %", "5/6b", Near(CROP, LAST_TEST, 0.39, 0.03)),
    Claim("crops prevent overfitting", "5/6b", Increasing((CROP, CNN), Gap())),
    Claim("crops are better than flips", "5/6b", Increasing((FLIP, CROP), LAST_TEST)),
    Claim(
        "crops have a higher training loss than flips", "5/6b", Increasing((FLIP, CROP), LAST_LOSS)
    ),
    Claim(
        "ResNet-18: 71 % after one epoch",
        "section ResNet18",
        Near(RESNET18, FIRST_TEST, 0.71, 0.03),
    ),
    Claim(
        "ResNet-18: 79 % at best",
        "section ResNet18",
        Near(RESNET18, Highest("test_accuracy"), 0.79, 0.02),
    ),
    Claim("ResNet-18: 74 % at the end", "section ResNet18", Near(RESNET18, LAST_TEST, 0.74, 0.03)),
)

STUDY = Study(
    "mlp_vs_cnn",
    title="mlp_vs_cnn: a perceptron, convolutional networks, ResNet-18",
    recipes=(
        MLP,
        CNN,
        *WIDTH.values(),
        BATCHNORM,
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
)
