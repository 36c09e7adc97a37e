"""The `regularization` report: a practical lab on convolutional networks, CIFAR-10.

    kerasdl train regularization/baseline

"Deep Learning Practical", part II: a network of three convolutions, trained plainly
at first; each question adds one idea and looks at what it buys. About 20 s an epoch
on two CPU cores with TensorFlow.
"""

from dataclasses import replace

from kerasdl.recipes.recipe import Data, Model, Optimizer, Recipe

# The table of II.Q10; 1,191,170 parameters with biases.
NETWORK = {
    "filters": (32, 64, 64),
    "kernel_size": 5,
    "units": (1000,),
    "kernel_initializer": "fan_in_uniform",  # (a)
    "bias_initializer": "fan_in_uniform",  # (a)
}

BASELINE = Recipe(
    name="regularization/baseline",
    data=Data("cifar10"),
    model=Model("CNN", arguments=NETWORK),
    inputs="unit",  # (a)
    loss="sparse_categorical_crossentropy",
    optimizer=Optimizer("sgd", learning_rate=0.1),  # II.Q18
    epochs=50,
    batch_size=128,
    test_curves=True,  # the report draws them, and quotes the best test accuracy
    source="regularization, II.Q18 and figure 2",
    expected="test 70 % at best, training reaches 100 %, test loss rises after about 10 epochs",
    cost="17 min",
    assumptions={
        "inputs": "pixels in [0, 1]: what torchvision's ToTensor gives",
        "model.arguments.kernel_initializer": "PyTorch's default, uniform in +-1/sqrt(fan_in)",
        "model.arguments.bias_initializer": "PyTorch's default, uniform in +-1/sqrt(fan_in)",
    },
)

NORMALIZE = replace(
    BASELINE,
    name="regularization/normalize",
    inputs="standardize",  # (a)
    source="regularization, II.Q19 and figure 3",
    expected="test 75 %, converges slightly faster, still overfits",
    assumptions={
        **BASELINE.assumptions,
        "inputs": "mean and standard deviation of the training set, per channel",
    },
)

AUGMENT = replace(
    NORMALIZE,
    name="regularization/augment",
    augmentation="crop_flip",  # pad 4 and crop 32 (a), horizontal flip
    source="regularization, II.Q22 and figure 4",
    expected="test almost 80 %, gap less remarkable, slower to converge",
    assumptions={
        **NORMALIZE.assumptions,
        "augmentation": "each image padded by 4 black pixels and cropped to 32x32, flipped or not",
    },
)

RECIPES = (BASELINE, NORMALIZE, AUGMENT)
