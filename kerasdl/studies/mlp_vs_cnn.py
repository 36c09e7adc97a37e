"""The `mlp_vs_cnn` report: a multilayer perceptron, convolutional networks, and ResNet-18.

    kerasdl train mlp_vs_cnn/cnn

"Deep Learning, Report Homework 3". The data set is not named: its accuracies, 31 % to
42 % after 20 epochs, are those of CIFAR-100 (a). Its logs have 195 steps an epoch, which
is 50,000 images in batches of 256; ResNet-18's have 390, batches of 128.
"""

from dataclasses import replace

from kerasdl.recipes.recipe import Data, Model, Optimizer, Recipe

PYTORCH = {
    "kernel_initializer": "fan_in_uniform",  # (a)
    "bias_initializer": "fan_in_uniform",  # (a)
}

# The listing of `CNN()`: 32x32 -> 14 -> 12 -> 10 -> 8, pooled to 4x4x256.
NETWORK = {
    "filters": ((128, 128, 128, 256),),
    "kernel_size": ((5, 3, 3, 3),),
    "strides": ((2, 1, 1, 1),),
    "padding": "valid",
    "units": (4096,),
    **PYTORCH,
}

CNN = Recipe(
    name="mlp_vs_cnn/cnn",
    data=Data("cifar100"),  # (a)
    model=Model("CNN", arguments=NETWORK),
    inputs="signed",  # (a)
    loss="sparse_categorical_crossentropy",
    # (a); PyTorch's epsilon, Keras' is 1e-7
    optimizer=Optimizer("adam", learning_rate=1e-4, arguments={"epsilon": 1e-8}),
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
        "model.arguments.kernel_initializer": "PyTorch's default, uniform in +-1/sqrt(fan_in)",
        "model.arguments.bias_initializer": "PyTorch's default, uniform in +-1/sqrt(fan_in)",
    },
)


def _changed(name, said, source, expected, cost="50 min", assumptions=None, **changes):
    return replace(
        CNN,
        name=f"mlp_vs_cnn/{name}",
        model=Model("CNN", arguments={**NETWORK, **said}),
        source=f"mlp_vs_cnn, {source}",
        expected=expected,
        cost=cost,
        assumptions={**CNN.assumptions, **(assumptions or {})},
        **changes,
    )


MLP = replace(
    CNN,
    name="mlp_vs_cnn/mlp",
    model=Model("MLP", arguments={"units": (4096, 4096), "activation": "sigmoid", **PYTORCH}),
    source="mlp_vs_cnn, listing old_nn()",
    expected="worse than the CNN, in time and in accuracy",
    cost="35 min",
)

WIDTH = tuple(
    _changed(
        f"cnn_width-{width}",
        {"filters": ((width, width, width, 256),)},  # the last stays (a)
        "convolutional layer, examples 1/6 to 3/6",
        "test 30 % to 40 %, growing with the width; 512 and 1024 slow; more overfitting",
        cost,
        {"model.arguments.filters": "the first three convolutions are this wide, the last 256"},
    )
    for width, cost in ((32, "20 min"), (128, "50 min"), (256, "2 h"), (512, "6 h"), (1024, "22 h"))
)

_BATCH_NORM = {"model.arguments.batch_norm": "after every convolution, before its activation"}

BATCHNORM = _changed(
    "cnn_batchnorm",
    {"batch_norm": True},
    "points 4a to 4c, log a",
    "test 23 % after one epoch, 42 % at the end; the text says batch norm does not affect much",
    "60 min",
    _BATCH_NORM,
)

WIDE_DENSE = _changed(
    "cnn_wide_dense",
    {"batch_norm": True, "units": (8192,)},  # (a); its log begins at 25 %, as batch norm's does
    "points 4a to 4c, log b",
    "test 43 %, final training loss 0.047: overfits",
    "75 min",
    {**_BATCH_NORM, "model.arguments.units": "8,192 in place of 4,096; batch norm stays"},
)

DROPOUT = _changed(
    "cnn_dropout",
    {"batch_norm": True, "dropout": 0.5, "dropout_after": ("dense",)},  # "dropout goes here"
    "points 4a to 4c, log c",
    "test 42 %, final training loss 0.111",
    "60 min",
    {
        **_BATCH_NORM,
        "model.arguments.dropout": "0.5, PyTorch's default; batch norm stays",
        "model.arguments.dropout_after": "before the last layer",
    },
)

FLIP = _changed(
    "cnn_flip",
    {},
    "5/6a, right",
    "test 36 % (31 % without), final training loss 0.981",
    augmentation="flip",
)

CROP = _changed(
    "cnn_crop",
    {},
    "5/6b",
    "test 39 %",
    assumptions={"augmentation": "each image padded by 4 black pixels and cropped to 32x32"},
    augmentation="crop",
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
        key: RESNET18.assumptions[key]
        for key in ("data.name", "augmentation", "optimizer", "batch_size")
    }
    | {
        "model.arguments.stem": "3x3 without a pool: what is usual for 32x32 images",
        "inputs": "mean and standard deviation of the training set",
    },
)

RECIPES = (
    MLP,
    CNN,
    *WIDTH,
    BATCHNORM,
    WIDE_DENSE,
    DROPOUT,
    FLIP,
    CROP,
    RESNET18,
    RESNET18_SCRATCH,
)
