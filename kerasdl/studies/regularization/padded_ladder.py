"""The same questions, answered another way: padded crops, and a rate that first increases.

What the exercise sheet decides for `lab_ladder` can be read otherwise. Deviations of the training set
are what the sheet describes before it gives others. Padding keeps images at 32x32: it names that too.
And the report's own words for a schedule, "increasing the learning rate first and then decreasing
it little by little", are those of one cycle. What differs between both ladders is no finding.
"""

from dataclasses import replace

from kerasdl.claims import Alike, At, Claim, Gap, Increasing, Last, Near, Oscillation, Within
from kerasdl.recipes import Model, Schedule
from kerasdl.studies.regularization.lab_ladder import BASELINE, BEST_TEST, NETWORK, READ

NORMALIZE = replace(
    BASELINE,
    name="regularization/normalize",
    inputs="standardize",  # (a)
    source="regularization, II.Q19 and figure 3",
    expected="test 75 %, converges slightly faster, still overfits",
    cost="21 min",
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
    cost="22 min",
    assumptions={
        **NORMALIZE.assumptions,
        "augmentation": "each image padded by 4 black pixels and cropped to 32x32, flipped or not",
    },
)

MOMENTUM_SCHEDULE = replace(
    AUGMENT,
    name="regularization/momentum_schedule",
    optimizer=replace(AUGMENT.optimizer, arguments={"momentum": 0.9}),  # (a)
    schedule=Schedule("one_cycle"),  # "increasing first, then decreasing little by little"
    source="regularization, II.Q26, Q27 and figure 6",
    expected="smoother; overfitting as with augmentation alone; takes longer",
    cost="22 min",
    assumptions={
        **AUGMENT.assumptions,
        "optimizer.arguments": "momentum 0.9, the usual",
        "schedule.name": "one cycle over the 50 epochs with its peak at 0.1: the report's rate "
        "first increases, then decreases little by little",
    },
)

BATCHNORM = replace(
    MOMENTUM_SCHEDULE,
    name="regularization/batchnorm",
    model=Model(
        "CNN",
        arguments={
            **NETWORK,
            "dropout": 0.5,  # (a)
            "dropout_after": ("dense",),
            "batch_norm": True,
        },
    ),
    source="regularization, II.Q34 and figure 9",
    expected="test 85 %, the highest; training above 92 %; the lowest loss, faster",
    cost="25 min",
    assumptions={
        **MOMENTUM_SCHEDULE.assumptions,
        "model.arguments.dropout": "0.5, PyTorch's default; it stays from II.Q29",
        "model.arguments.dropout_after": "the layer of 1,000 units",
        "model.arguments.batch_norm": "after every convolution, before its activation",
    },
)

# Without the questions of which the other reading changes nothing that is claimed.
LADDER = (NORMALIZE, AUGMENT, MOMENTUM_SCHEDULE, BATCHNORM)

CLAIMS = (
    Claim(
        "normalized by the deviations of the training set, test accuracy is 75 %",
        "II.Q19, figure 3, read otherwise",
        Near(NORMALIZE, BEST_TEST, 0.75, read=READ),
    ),
    Claim(
        "with padded crops, test accuracy is almost 80 %",
        "II.Q22, figure 4, read otherwise",
        Near(AUGMENT, BEST_TEST, 0.80, read=READ),
    ),
    Claim(
        "a rate that first increases converges more smoothly",
        "II.Q26, figure 6, read otherwise",
        Increasing((MOMENTUM_SCHEDULE, AUGMENT), Oscillation("test_loss")),
    ),
    Claim(
        "a rate that first increases overfits about as much",
        "II.Q26, figure 6, read otherwise",
        Alike((MOMENTUM_SCHEDULE, AUGMENT), Gap(), 0.05),
    ),
    Claim(
        "a rate that first increases takes more time to converge",
        "II.Q26, figure 6, read otherwise",
        Increasing((MOMENTUM_SCHEDULE, AUGMENT), At("accuracy", 10)),
    ),
    Claim(
        "with batch norm and padded crops, test accuracy is 85 %",
        "II.Q34, figure 9, read otherwise",
        Near(BATCHNORM, BEST_TEST, 0.85, read=READ),
    ),
    Claim(
        "with batch norm and padded crops, training accuracy is above 92 %",
        "II.Q34, figure 9, read otherwise",
        Within(BATCHNORM, Last("accuracy"), least=0.92),
    ),
)
