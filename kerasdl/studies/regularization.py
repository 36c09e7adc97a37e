"""The `regularization` report: a practical lab on convolutional networks, CIFAR-10.

    kerasdl train regularization/baseline

"Deep Learning Practical", part II: a network of three convolutions, trained plainly
at first; each question adds one idea and looks at what it buys. Each recipe keeps
what those before it added (a); `augment_more` and `adam` are side branches, which
nothing follows. About 20 s an epoch on two CPU cores with TensorFlow.
"""

from dataclasses import replace

from kerasdl.claims import (
    Alike,
    At,
    Claim,
    Gap,
    Highest,
    Increasing,
    Last,
    Lowest,
    Near,
    RelativeRise,
    Roughness,
    Top,
    Within,
)
from kerasdl.recipes import Data, Model, Optimizer, Recipe, Schedule
from kerasdl.studies import pytorch
from kerasdl.studies.study import Family, Study

# The table of II.Q10; 1,191,170 parameters with biases.
NETWORK = {
    "filters": (32, 64, 64),
    "kernel_size": 5,
    "units": (1000,),
    **pytorch.INITIALIZERS,  # (a)
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
        **pytorch.INITIALIZERS_ASSUMED,
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
    optimizer=Optimizer("adam", learning_rate=0.001, arguments=pytorch.ADAM),  # (a)
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

# Drawn side by side, and compared by the claims of the highest and the lowest of all: an experiment
# beside the ladder, as `MNIST`, stands only among the recipes of the study.
LADDER = (
    BASELINE,
    NORMALIZE,
    AUGMENT,
    AUGMENT_MORE,
    MOMENTUM_SCHEDULE,
    ADAM,
    DROPOUT,
    BATCHNORM,
)

BEST_TEST = Highest("test_accuracy")  # the report quotes its best epoch on the test set

CLAIMS = (
    Claim("test accuracy reaches 70 % at best", "II.Q18", Near(BASELINE, BEST_TEST, 0.70, 0.02)),
    Claim(
        "the training score is perfect",
        "II.Q18",
        Within(BASELINE, Last("accuracy"), least=0.99),
    ),
    Claim(
        "the test loss increases after about 10 epochs",
        "II.Q18",
        Within(BASELINE, RelativeRise("test_loss", before=15), least=0.2),
    ),
    Claim("normalized, test accuracy is 75 %", "II.Q19", Near(NORMALIZE, BEST_TEST, 0.75, 0.02)),
    Claim(
        "normalizing improves the test score",
        "II.Q19",
        Increasing((BASELINE, NORMALIZE), BEST_TEST),
    ),
    Claim(
        "normalizing converges slightly faster",
        "II.Q19",
        Increasing((BASELINE, NORMALIZE), At("accuracy", 5)),
    ),
    Claim("it still overfits", "II.Q19", Within(NORMALIZE, Gap(), least=0.1)),
    Claim(
        "augmented, test accuracy is almost 80 %", "II.Q22", Near(AUGMENT, BEST_TEST, 0.80, 0.02)
    ),
    Claim("overfitting is less remarkable", "II.Q22", Increasing((AUGMENT, NORMALIZE), Gap())),
    Claim(
        "it takes slightly longer to converge",
        "II.Q22",
        Increasing((AUGMENT, NORMALIZE), At("accuracy", 10)),
    ),
    Claim(
        "other transformations lower the test accuracy",
        "II.Q25",
        Increasing((AUGMENT_MORE, AUGMENT), BEST_TEST),
    ),
    Claim("they do not fix overfitting", "II.Q25", Within(AUGMENT_MORE, Gap(), least=0.05)),
    Claim(
        "momentum and schedule converge more smoothly",
        "II.Q26",
        Increasing((MOMENTUM_SCHEDULE, AUGMENT), Roughness("test_loss")),
    ),
    Claim(
        "overfitting is about the same", "II.Q26", Alike((MOMENTUM_SCHEDULE, AUGMENT), Gap(), 0.05)
    ),
    Claim(
        "it takes more time to converge",
        "II.Q26",
        Increasing((MOMENTUM_SCHEDULE, AUGMENT), At("accuracy", 10)),
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
        Increasing((DROPOUT, MOMENTUM_SCHEDULE), Last("accuracy")),
    ),
    Claim(
        "with batch norm, test accuracy is 85 %", "II.Q34", Near(BATCHNORM, BEST_TEST, 0.85, 0.02)
    ),
    Claim("that is the highest of all", "II.Q34", Top(BATCHNORM, LADDER, BEST_TEST)),
    Claim(
        "training accuracy is above 92 %", "II.Q34", Within(BATCHNORM, Last("accuracy"), least=0.92)
    ),
    Claim(
        "the loss is the lowest of all",
        "II.Q34",
        Top(BATCHNORM, LADDER, Lowest("test_loss"), lowest=True),
    ),
    Claim(
        "it converges faster",
        "II.Q34",
        Increasing((DROPOUT, BATCHNORM), At("test_accuracy", 5)),
    ),
)

STUDY = Study(
    "regularization",
    title="regularization: a practical lab on convolutional networks",
    recipes=(MNIST, *LADDER),
    families=(Family.ladder(*LADDER),),
    claims=CLAIMS,
)
