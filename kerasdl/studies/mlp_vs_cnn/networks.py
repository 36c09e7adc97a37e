"""The networks of the report, and how they are trained.

The report prints its classes, and neither its data nor its optimizer. Those are in the code that the
homework gave out, of which several students published their versions with the same classes: CIFAR-100,
pixels in [-1, 1], Adam with 0.0001, batches of 256. The author published classes and logs.
"""

from dataclasses import replace

from kerasdl.recipes import Data, Model, Optimizer, Recipe
from kerasdl.studies import pytorch

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
    data=Data("cifar100"),  # the homework
    model=Model("CNN", arguments=NETWORK),
    inputs="signed",  # the homework
    loss="sparse_categorical_crossentropy",
    optimizer=Optimizer("adam", learning_rate=1e-4, arguments=pytorch.ADAM),  # the homework
    epochs=20,  # its logs
    batch_size=256,  # 195 steps an epoch
    test_curves=True,  # its logs
    source="mlp_vs_cnn, listing CNN() and log 5/6a, left",
    expected="test 13 % after one epoch, 31 % after 20; final training loss 0.160",
    cost="28 min",
    assumptions={
        "data.name": "CIFAR-100, as the homework's code loads it; the report says n_classes",
        "inputs": "pixels in [-1, 1], as in the homework's code",
        "optimizer": "Adam with PyTorch's defaults, learning rate 0.0001, as in the homework's code",
        "batch_size": "256: its logs have 195 steps an epoch; the homework's code leaves out the 80 "
        "images of a last smaller batch, which are trained on here",
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
    expected="worse than the CNN, in time and in accuracy; the author's public log ends at 26 %",
    cost="30 min",
)

# Of the first three convolutions; the last has twice as many filters, as in the listing. "512/1024"
# is one network, and the ResNet section's "1024 as output" its last convolution. Public log: its test
# accuracy at the end.
WIDTH = {
    width: replace(
        CNN,
        name=f"mlp_vs_cnn/cnn_width-{width}",
        model=Model("CNN", arguments={**NETWORK, "filters": ((width, width, width, 2 * width),)}),
        source="mlp_vs_cnn, convolutional layer, examples 1/6 to 3/6",
        expected="test 30 % to 40 %, growing with the width; 512 slow; more overfitting; "
        f"{public_log} % in the author's public log of this one",
        cost=cost,
        assumptions={
            **CNN.assumptions,
            "model.arguments.filters": f"{width}-{width}-{width}-{2 * width}: the listing doubles the "
            "last convolution, and so do all public versions of the homework",
        },
    )
    for width, public_log, cost in (
        (32, 29, "7 min"),
        (128, 31, "28 min"),
        (256, 34, "95 min"),
        (512, 36, "6 h"),
    )
}

BATCHNORM = replace(
    CNN,
    name="mlp_vs_cnn/cnn_batchnorm_three",
    model=Model("CNN", arguments={**NETWORK, "batch_norm": ((True, True, True, False),)}),
    source="mlp_vs_cnn, points 4a to 4c, log a",
    expected="test 23 % after one epoch, 42 % at the end; the text says batch norm does not "
    "affect much",
    cost="31 min",
    assumptions={
        **CNN.assumptions,
        "model.arguments.batch_norm": "after the first three convolutions, before their activations, "
        "as in the code that the author published; `cnn_batchnorm` has it after all four",
    },
)

BATCHNORM_ALL = replace(
    BATCHNORM,
    name="mlp_vs_cnn/cnn_batchnorm",
    model=Model("CNN", arguments={**NETWORK, "batch_norm": True}),
    cost="32 min",
    assumptions={
        **CNN.assumptions,
        "model.arguments.batch_norm": "after every convolution, before its activation, as in other "
        "versions of the homework",
    },
)

WIDE_DENSE = replace(
    BATCHNORM,  # (a): its log begins at 25 %, as batch norm's does
    name="mlp_vs_cnn/cnn_wide_dense",
    model=Model(
        "CNN",
        arguments={**BATCHNORM.model.arguments, "units": (8192,)},
    ),
    source="mlp_vs_cnn, points 4a to 4c, log b",
    expected="test 43 %, final training loss 0.047: overfits",
    cost="40 min",
    assumptions={
        **BATCHNORM.assumptions,
        "model.arguments.units": "8,192 in place of 4,096, as in the author's public code; batch norm "
        "stays: its log begins where that of batch norm does",
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
        "model.arguments.dropout": "0.5, PyTorch's default; batch norm stays. The author's public code "
        "has 0.7 after the pool: it is of a later network, with 256-256-256-512 and 55 %",
        "model.arguments.dropout_after": "before the last layer, where the listing has its hint",
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
    augmentation="enlarge_crop",  # the homework
    source="mlp_vs_cnn, 5/6b",
    expected="test 39 %; the author's public log has 18 % after one epoch and a loss of 1.507 at the "
    "end",
    assumptions={
        **CNN.assumptions,
        "augmentation": "enlarged to 40x40 and cropped to 32x32, as in public versions of the homework",
    },
)

RESNET18 = replace(
    CNN,
    name="mlp_vs_cnn/resnet18",
    model=Model("ResNet18", arguments={"resize": 224}),  # (a)
    inputs="imagenet",  # (a)
    augmentation="enlarge_crop_flip",  # "the additional Crops and Flips showed before"
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
        "augmentation": "enlarged to 40x40 and cropped to 32x32, flipped or not, before the resizing",
        "optimizer": CNN.assumptions["optimizer"],
        "batch_size": "128: its log has 390 steps an epoch",
    },
)

RESNET18_SCRATCH = replace(
    RESNET18,
    name="mlp_vs_cnn/resnet18_scratch",
    model=Model("ResNet18", arguments={"stem": "cifar"}),
    inputs="standardize",
    augmentation="crop_flip",
    pretrained=None,
    source="ours, beside mlp_vs_cnn/resnet18: no pretrained weights, 32x32 images",
    expected="",
    cost="8 h",
    assumptions={
        "data.name": RESNET18.assumptions["data.name"],
        "model.arguments.stem": "3x3 without a pool: what is usual for 32x32 images",
        "inputs": "mean and standard deviation of the training set",
        "augmentation": "each image padded by 4 black pixels and cropped to 32x32, flipped or not",
        "optimizer": RESNET18.assumptions["optimizer"],
        "batch_size": RESNET18.assumptions["batch_size"],
    },
)
