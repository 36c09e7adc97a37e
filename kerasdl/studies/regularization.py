"""The `regularization` report: a practical lab on convolutional networks, CIFAR-10.

    kerasdl train regularization/baseline

"Deep Learning Practical", part II: a network of three convolutions, trained plainly
at first; each question adds one idea and looks at what it buys. Each recipe keeps
what those before it added (a); `augment_more` and `adam` are side branches, which
nothing follows. About 20 s an epoch on two CPU cores with TensorFlow.
"""

from dataclasses import replace

from kerasdl.recipes.recipe import Data, Model, Optimizer, Recipe, Schedule

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

AUGMENT_MORE = replace(
    AUGMENT,
    name="regularization/augment_more",
    augmentation="crop_flip_colour",  # which and how strong: (a)
    source="regularization, II.Q25 and figure 5",
    expected="test lower than with crop and flip alone, overfitting not fixed",
    cost="25 min",
    assumptions={
        **AUGMENT.assumptions,
        "augmentation": "beside crop and flip: rotation up to 15 degrees, translation up to 10 %, "
        "brightness and saturation up to 20 %, noise of deviation 0.05",
    },
)

MOMENTUM_SCHEDULE = replace(
    AUGMENT,
    name="regularization/momentum_schedule",
    optimizer=replace(AUGMENT.optimizer, arguments={"momentum": 0.9}),  # (a)
    schedule=Schedule("one_cycle"),  # "increasing first, then decreasing little by little"
    source="regularization, II.Q26, Q27 and figure 6",
    expected="smoother; overfitting as with augmentation alone; takes longer",
    assumptions={
        **AUGMENT.assumptions,
        "optimizer.arguments": "momentum 0.9, the usual",
        "schedule.name": "one cycle over the 50 epochs with its peak at 0.1: the report's rate "
        "first increases, then decreases little by little",
    },
)

ADAM = replace(
    MOMENTUM_SCHEDULE,
    name="regularization/adam",
    # PyTorch's epsilon, Keras' is 1e-7
    optimizer=Optimizer("adam", learning_rate=0.001, arguments={"epsilon": 1e-8}),
    source="regularization, II.Q28 and figure 7",
    expected="overfitting not solved",
    assumptions={
        **AUGMENT.assumptions,
        "optimizer.arguments": "PyTorch's defaults",
        "schedule.name": "that of the question before, with its peak at 0.001",
    },
)

DROPOUT = replace(
    MOMENTUM_SCHEDULE,
    name="regularization/dropout",
    model=Model("CNN", arguments={**NETWORK, "dropout": 0.5, "dropout_after": ("dense",)}),  # (a)
    source="regularization, II.Q29 and figure 8",
    expected="train and test almost identical, training accuracy lower than before",
    assumptions={
        **MOMENTUM_SCHEDULE.assumptions,
        "model.arguments.dropout": "0.5, PyTorch's default",
        "model.arguments.dropout_after": "the layer of 1,000 units",
    },
)

BATCHNORM = replace(
    DROPOUT,
    name="regularization/batchnorm",
    model=Model("CNN", arguments={**DROPOUT.model.arguments, "batch_norm": True}),
    source="regularization, II.Q34 and figure 9",
    expected="test 85 %, the highest; training above 92 %; the lowest loss, faster",
    cost="22 min",
    assumptions={
        **DROPOUT.assumptions,
        "model.arguments.batch_norm": "after every convolution, before its activation",
    },
)

MNIST = replace(
    BASELINE,
    name="regularization/mnist",
    data=Data("mnist"),
    source="regularization, II.Q13 and figure 1",
    expected="a figure without a comment",
    cost="15 min",
    assumptions={
        **BASELINE.assumptions,
        "model.arguments": "the network of CIFAR-10, on images of 28x28x1",
    },
)

RECIPES = (
    MNIST,
    BASELINE,
    NORMALIZE,
    AUGMENT,
    AUGMENT_MORE,
    MOMENTUM_SCHEDULE,
    ADAM,
    DROPOUT,
    BATCHNORM,
)
