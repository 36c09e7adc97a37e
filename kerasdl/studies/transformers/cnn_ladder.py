"""Section 2: the lab of `regularization` again, with findings of its own.

Network and training are those of the lab's exercise sheet (RDFIA, practical work 2-c and 2-d), which
the report does not repeat. Unlike there, not every rung keeps what those before it added: the report
says of which its data were normalized.
"""

from dataclasses import replace

from kerasdl.claims import (
    Claim,
    Gap,
    Growth,
    Highest,
    Increasing,
    MeanOver,
    Near,
    Oscillation,
    RelativeRise,
    Within,
)
from kerasdl.recipes import Model, Schedule
from kerasdl.studies import regularization
from kerasdl.studies.regularization import lab_ladder

BASELINE = replace(
    regularization.BASELINE,
    name="transformers/cnn_baseline",
    source="transformers, section 2, Q.18 and figure 1",
    expected="test plateau about 65 %; training accuracy keeps growing after epoch 10; "
    "test loss rises",
    assumptions={
        **regularization.BASELINE.assumptions,
        "optimizer": "SGD, 0.1, as in `regularization`: it is the same lab, whose report says so",
        "batch_size": "128, as in `regularization`",
        "epochs": "50, as in `regularization`",
    },
)

NORMALIZE = replace(
    BASELINE,
    name="transformers/cnn_normalize",
    inputs=lab_ladder.NORMALIZE.inputs,  # the sheet
    source="transformers, section 2, Q.19 and figures 2 and 3",
    expected="the test curves no longer oscillate; train and test are closer",
    assumptions={
        **BASELINE.assumptions,
        "inputs": lab_ladder.NORMALIZE.assumptions["inputs"],
    },
)

AUGMENT = replace(
    NORMALIZE,  # the sheet
    name="transformers/cnn_augment",
    model=Model("CNN", arguments=lab_ladder.CROPPED),
    augmentation=lab_ladder.AUGMENT.augmentation,  # the sheet
    source="transformers, section 2, Q.22 and figures 4 and 5",
    expected="generalizes better, less overfitting",
    cost=lab_ladder.AUGMENT.cost,
    assumptions={
        **NORMALIZE.assumptions,
        "augmentation": "a random crop of 28x28 and a flip, as in the sheet; on normalized images, as "
        "the question before",
        "model.arguments.crop": "the middle 28x28 of test images, as in the sheet",
    },
)

SCHEDULE = replace(
    NORMALIZE,  # "we will use normalized data"
    name="transformers/cnn_schedule",
    schedule=Schedule("exponential", by="epoch", arguments={"factor": 0.95}),  # the sheet
    source="transformers, section 2, Q.26, Q.27 and figures 6 and 7",
    expected="the loss is more stable",
    assumptions={
        **NORMALIZE.assumptions,
        "schedule.arguments": "exponential decay is said; 0.95 an epoch is in the sheet",
        "optimizer": f"{BASELINE.assumptions['optimizer']}; no momentum: neither the report nor the sheet "
        "of its year has it, only the sheet of 2019, which `regularization` follows",
    },
)

DROPOUT = replace(
    BASELINE,  # "our data has not been normalized"
    name="transformers/cnn_dropout",
    model=Model(
        "CNN",
        arguments={
            **regularization.NETWORK,
            "dropout": 0.5,  # (a)
            "dropout_after": ("dense",),  # the sheet
        },
    ),
    source="transformers, section 2, Q.29 and figures 8 and 9",
    expected="test diverges less than without; still overfits",
    assumptions={
        **BASELINE.assumptions,
        "model.arguments.dropout": "0.5, PyTorch's default",
        "model.arguments.dropout_after": "between the dense layers, as in the sheet",
    },
)

BATCHNORM = replace(
    NORMALIZE,  # (a)
    name="transformers/cnn_batchnorm",
    model=Model("CNN", arguments={**regularization.NETWORK, "batch_norm": True}),
    source="transformers, section 2, Q.34 and figures 10 and 11",
    expected="test 80 %; train and test are closer",
    cost="25 min",
    assumptions={
        **NORMALIZE.assumptions,
        "inputs": NORMALIZE.assumptions["inputs"] + "; the report does not say whether they are "
        "normalized here",
        "model.arguments.batch_norm": "immediately after every convolution, as in the sheet",
    },
)

LADDER = (BASELINE, NORMALIZE, AUGMENT, SCHEDULE, DROPOUT, BATCHNORM)

READ = 0.025  # its two accuracies are read off figures, in steps of five points

CLAIMS = (
    Claim(
        "test accuracy has a plateau around 65 % when overfitting becomes apparent, at the tenth epoch",
        "section 2, Q.18, figure 1",
        Near(BASELINE, MeanOver("test_accuracy", 10, 14), 0.65, read=READ),
    ),
    Claim(
        "training accuracy keeps growing after the tenth epoch",
        "section 2, Q.18, figure 1",
        Within(BASELINE, Growth("accuracy", 10), least=0.02),
    ),
    Claim(
        "the test loss increases from about the tenth epoch on",
        "section 2, Q.18, figure 1",
        Within(BASELINE, RelativeRise("test_loss", before=15), least=0.2),
    ),
    Claim(
        "normalizing takes the oscillations off the test loss",
        "section 2, Q.19, figure 2, figure 3",
        Increasing((NORMALIZE, BASELINE), Oscillation("test_loss")),
    ),
    Claim(
        "normalizing takes the oscillations off the test accuracy",
        "section 2, Q.19, figure 2, figure 3",
        Increasing((NORMALIZE, BASELINE), Oscillation("test_accuracy")),
    ),
    Claim(
        "normalizing improves the performance",
        "section 2, Q.19, figure 2, figure 3",
        Increasing((BASELINE, NORMALIZE), Highest("test_accuracy")),
    ),
    Claim(
        "normalizing brings train and test closer",
        "section 2, Q.19, figure 2, figure 3",
        Increasing((NORMALIZE, BASELINE), Gap()),
    ),
    Claim(
        "augmentation generalizes better",
        "section 2, Q.22, figure 4, figure 5",
        Increasing((NORMALIZE, AUGMENT), Highest("test_accuracy")),
    ),
    Claim(
        "augmentation overfits less",
        "section 2, Q.22, figure 4, figure 5",
        Increasing((AUGMENT, NORMALIZE), Gap()),
    ),
    Claim(
        "the schedule makes the loss more stable",
        "section 2, Q.26, figure 6, figure 7",
        Increasing((SCHEDULE, NORMALIZE), Oscillation("test_loss")),
    ),
    Claim(
        "with dropout the test loss diverges less",
        "section 2, Q.29, figure 8, figure 9",
        Increasing((DROPOUT, BASELINE), RelativeRise("test_loss", before=51)),
    ),
    Claim(
        "dropout alone does not prevent overfitting",
        "section 2, Q.29, figure 8, figure 9",
        Within(DROPOUT, Gap(), least=0.1),
    ),
    Claim(
        "with batch norm, test accuracy reaches 80 %",
        "section 2, Q.34, figure 10, figure 11",
        Near(BATCHNORM, Highest("test_accuracy"), 0.80, read=READ),
    ),
    Claim(
        "batch norm clearly increases test accuracy",
        "section 2, Q.34, figure 10, figure 11",
        # by more than the error with which its accuracies are read
        Increasing((NORMALIZE, BATCHNORM), Highest("test_accuracy"), by=READ),
    ),
    Claim(
        "batch norm brings train and test accuracy closer",
        "section 2, Q.34, figure 10, figure 11",
        Increasing((BATCHNORM, NORMALIZE), Gap()),
    ),
    Claim(
        "batch norm brings train and test loss closer",
        "section 2, Q.34, figure 10, figure 11",
        Increasing((BATCHNORM, NORMALIZE), lab_ladder.LOSS_GAP),
    ),
)
