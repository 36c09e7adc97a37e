"""The questions of the lab, one rung each, with the settings of its exercise sheet.

The report says what it adds, and not how much. The sheet that its authors worked from does
(RDFIA, TME 6-7 of 2019, practical work 2-c and 2-d since), and decides what the report leaves open.
Where the report says something else, its own words decide: those are in `padded_ladder`.
"""

from dataclasses import replace

from kerasdl.claims import (
    Alike,
    At,
    Claim,
    Difference,
    Gap,
    Highest,
    Increasing,
    Last,
    Lowest,
    Near,
    Oscillation,
    RelativeRise,
    Top,
    Within,
)
from kerasdl.recipes import Data, Model, Optimizer, Recipe, Schedule
from kerasdl.studies import pytorch

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
    inputs="unit",  # the sheet: ToTensor
    loss="sparse_categorical_crossentropy",
    optimizer=Optimizer("sgd", learning_rate=0.1),  # II.Q18
    epochs=50,
    batch_size=128,
    test_curves=True,  # the report draws them, and quotes the best test accuracy
    source="regularization, II.Q18 and figure 2",
    expected="test 70 % at best, training reaches 100 %, test loss rises after about 10 epochs",
    cost="22 min",
    assumptions={
        "inputs": "pixels in [0, 1]: torchvision's ToTensor, in the code that the lab gives out",
        **pytorch.INITIALIZERS_ASSUMED,
    },
)

# LeNet5 with tanh: "the next architecture" is the one of CIFAR-10 (II.Q15), so this is another, and
# the sheet has it: 6 filters with a border, 16 without, 120, 84. 61,706 parameters.
MNIST = replace(
    BASELINE,
    name="regularization/mnist",
    data=Data("mnist"),
    model=Model(
        "CNN",
        arguments={
            "filters": (6, 16),
            "kernel_size": 5,
            "padding": ("same", "valid"),
            "units": (120, 84),
            "activation": "tanh",
            **pytorch.INITIALIZERS,  # (a)
        },
    ),
    source="regularization, II.Q13 and figure 1",
    expected="a figure without a comment",
    cost="6 min",
    assumptions={
        **BASELINE.assumptions,
        "model.arguments": "LeNet5 with tanh and max-pooling, which the lab gives out; the network "
        "of CIFAR-10 comes after it, in II.Q15",
    },
)

NORMALIZE = replace(
    BASELINE,
    name="regularization/lab_normalize",
    inputs="cifar10",  # the sheet: 0.491, 0.482, 0.447 and 0.202, 0.199, 0.201
    source="regularization, II.Q19 and figure 3",
    expected="test 75 %, converges slightly faster, still overfits",
    assumptions={
        **BASELINE.assumptions,
        "inputs": "the constants of the sheet, whose deviations of 0.202, 0.199 and 0.201 are means "
        "of those within each image; over all pixels they are 0.247, 0.243 and 0.262",
    },
)

# The third pool takes what fills no window, `ceil_mode=True` in the sheet: 7x7 to 4x4, and the
# dense layer has as many weights as before.
CROPPED = {**NETWORK, "crop": 28, "pool_padding": "same"}

AUGMENT = replace(
    NORMALIZE,
    name="regularization/lab_augment",
    model=Model("CNN", arguments=CROPPED),
    augmentation="crop28_flip",  # the sheet
    source="regularization, II.Q22 and figure 4",
    expected="test almost 80 %, gap less remarkable, slower to converge",
    cost="18 min",
    assumptions={
        **NORMALIZE.assumptions,
        "augmentation": "a random crop of 28x28 and a flip, as in the sheet",
        "model.arguments.crop": "the middle 28x28 of test images, as in the sheet",
    },
)

AUGMENT_MORE = replace(
    AUGMENT,
    name="regularization/lab_augment_more",
    augmentation="crop28_flip_colour",  # which and how strong: (a)
    source="regularization, II.Q25 and figure 5",
    expected="test lower than with crop and flip alone, overfitting not fixed",
    cost="23 min",
    assumptions={
        **AUGMENT.assumptions,
        "augmentation": "beside crop and flip: rotation up to 15 degrees, translation up to 10 %, "
        "brightness and saturation up to 20 %, noise of deviation 0.05",
    },
)

MOMENTUM_SCHEDULE = replace(
    AUGMENT,
    name="regularization/lab_momentum_schedule",
    optimizer=replace(AUGMENT.optimizer, arguments={"momentum": 0.9}),  # the sheet
    schedule=Schedule("exponential", by="epoch", arguments={"factor": 0.95}),  # the sheet
    source="regularization, II.Q26, Q27 and figure 6",
    expected="smoother; overfitting as with augmentation alone; takes longer",
    assumptions={
        **AUGMENT.assumptions,
        "optimizer.arguments": "momentum 0.9, as in the sheet",
        "schedule.name": "0.95 an epoch, as in the sheet; the report says of schedules that the "
        "rate first increases, then decreases little by little: `momentum_schedule` has that",
    },
)

ADAM = replace(
    MOMENTUM_SCHEDULE,
    name="regularization/lab_adam",
    optimizer=Optimizer("adam", learning_rate=0.001, arguments=pytorch.ADAM),  # (a)
    source="regularization, II.Q28 and figure 7",
    expected="overfitting not solved",
    assumptions={
        **AUGMENT.assumptions,
        "optimizer.arguments": "PyTorch's defaults",
        "schedule.name": "that of the question before",
    },
)

DROPOUT = replace(
    MOMENTUM_SCHEDULE,
    name="regularization/lab_dropout",
    model=Model("CNN", arguments={**CROPPED, "dropout": 0.5, "dropout_after": ("dense",)}),
    source="regularization, II.Q29 and figure 8",
    expected="train and test almost identical, training accuracy lower than before",
    assumptions={
        **MOMENTUM_SCHEDULE.assumptions,
        "model.arguments.dropout": "0.5, PyTorch's default",
        "model.arguments.dropout_after": "between the dense layers, as in the sheet",
    },
)

BATCHNORM = replace(
    DROPOUT,
    name="regularization/lab_batchnorm",
    model=Model("CNN", arguments={**DROPOUT.model.arguments, "batch_norm": True}),
    source="regularization, II.Q34 and figure 9",
    expected="test 85 %, the highest; training above 92 %; the lowest loss, faster",
    cost="21 min",
    assumptions={
        **DROPOUT.assumptions,
        "model.arguments.batch_norm": "immediately after every convolution, as in the sheet",
    },
)

# Each rung keeps what the rungs before it added, as the sheet has it; `AUGMENT_MORE` and `ADAM`
# answer questions that it calls a bonus, and nothing follows them. `MNIST` stands beside the ladder.
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
# All test accuracies of the report are multiples of five points, read off its figures.
READ = 0.025
LOSS_GAP = Difference(Last("test_loss"), Last("loss"))

CLAIMS = (
    Claim(
        "after the first epoch the test score is better than that of training",
        "II.Q17",
        Within(BASELINE, Difference(At("test_accuracy", 1), At("accuracy", 1)), least=0),
    ),
    Claim(
        "test accuracy reaches 70 % at best",
        "II.Q18, figure 2",
        Near(BASELINE, BEST_TEST, 0.70, read=READ),
    ),
    Claim(
        "the training score is perfect",
        "II.Q18, figure 2",
        Within(BASELINE, Last("accuracy"), least=0.99),
    ),
    Claim(
        "the test loss increases after about 10 epochs",
        "II.Q18, figure 2",
        Within(BASELINE, RelativeRise("test_loss", before=15), least=0.2),
    ),
    Claim(
        "normalized, test accuracy is 75 %",
        "II.Q19, figure 3",
        Near(NORMALIZE, BEST_TEST, 0.75, read=READ),
    ),
    Claim(
        "normalizing improves the test score",
        "II.Q19, figure 3",
        Increasing((BASELINE, NORMALIZE), BEST_TEST),
    ),
    Claim(
        "normalizing converges slightly faster",
        "II.Q19, figure 3",
        Increasing((BASELINE, NORMALIZE), At("accuracy", 5)),
    ),
    Claim("it still overfits", "II.Q19, figure 3", Within(NORMALIZE, Gap(), least=0.1)),
    Claim(
        "augmented, test accuracy is almost 80 %",
        "II.Q22, figure 4",
        Near(AUGMENT, BEST_TEST, 0.80, read=READ),
    ),
    Claim(
        "overfitting is less remarkable",
        "II.Q22, figure 4",
        Increasing((AUGMENT, NORMALIZE), Gap()),
    ),
    Claim(
        "it takes slightly longer to converge",
        "II.Q22, figure 4",
        Increasing((AUGMENT, NORMALIZE), At("accuracy", 10)),
    ),
    Claim(
        "other transformations lower the test accuracy",
        "II.Q25, figure 5",
        Increasing((AUGMENT_MORE, AUGMENT), BEST_TEST),
    ),
    Claim(
        "they do not fix overfitting", "II.Q25, figure 5", Within(AUGMENT_MORE, Gap(), least=0.05)
    ),
    Claim(
        "momentum and schedule converge more smoothly",
        "II.Q26, figure 6",
        Increasing((MOMENTUM_SCHEDULE, AUGMENT), Oscillation("test_loss")),
    ),
    Claim(
        "overfitting is about the same",
        "II.Q26, figure 6",
        Alike((MOMENTUM_SCHEDULE, AUGMENT), Gap(), 0.05),
    ),
    Claim(
        "it takes more time to converge",
        "II.Q26, figure 6",
        Increasing((MOMENTUM_SCHEDULE, AUGMENT), At("accuracy", 10)),
    ),
    Claim("Adam does not solve overfitting", "II.Q28, figure 7", Within(ADAM, Gap(), least=0.05)),
    Claim(
        "with dropout, train and test accuracy are almost identical",
        "II.Q29, figure 8",
        Within(DROPOUT, Gap(), least=-0.03, most=0.03),
    ),
    Claim(
        "with dropout, train and test loss are almost identical",
        "II.Q29, figure 8",
        Within(DROPOUT, LOSS_GAP, least=-0.1, most=0.1),
    ),
    Claim(
        "training accuracy is lower than before",
        "II.Q29, figure 8",
        Increasing((DROPOUT, MOMENTUM_SCHEDULE), Last("accuracy")),
    ),
    Claim(
        "with batch norm, test accuracy is 85 %",
        "II.Q34, figure 9",
        Near(BATCHNORM, BEST_TEST, 0.85, read=READ),
    ),
    Claim("that is the highest of all", "II.Q34, figure 9", Top(BATCHNORM, LADDER, BEST_TEST)),
    Claim(
        "training accuracy is above 92 %",
        "II.Q34, figure 9",
        Within(BATCHNORM, Last("accuracy"), least=0.92),
    ),
    Claim(
        "the loss is the lowest of all",
        "II.Q34, figure 9",
        Top(BATCHNORM, LADDER, Lowest("test_loss"), lowest=True),
    ),
    Claim(
        "it converges faster",
        "II.Q34, figure 9",
        Increasing((DROPOUT, BATCHNORM), At("test_accuracy", 5)),
    ),
)
