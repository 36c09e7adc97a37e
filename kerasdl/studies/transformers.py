"""The `transformers` report: the ladder of `regularization` again, and vision transformers.

    kerasdl train transformers/vit_patch_size-7

"Basics on deep learning for vision". Section 2 is the same lab as `regularization`,
by other students, with findings of their own. Section 3 trains a vision transformer
from scratch on MNIST: one quantity is varied at a time, test and training curves are
compared.
"""

from dataclasses import replace

from kerasdl.claims import (
    Alike,
    Claim,
    Gap,
    Growth,
    Highest,
    Increasing,
    Last,
    Near,
    RelativeRise,
    Roughness,
    Seconds,
    Within,
)
from kerasdl.recipes import Data, Model, Optimizer, Recipe, Schedule
from kerasdl.studies import pytorch, regularization
from kerasdl.studies.study import Family, Study

# Section 2: network and training of `regularization` (a); the report does not repeat them.
CNN_BASELINE = replace(
    regularization.BASELINE,
    name="transformers/cnn_baseline",
    source="transformers, section 2, Q.18 and figure 1",
    expected="test plateau about 65 %; training accuracy keeps growing after epoch 10; "
    "test loss rises",
    assumptions={
        **regularization.BASELINE.assumptions,
        "epochs": "50, and all else, as in `regularization`: it is the same lab",
    },
)

CNN_NORMALIZE = replace(
    CNN_BASELINE,
    name="transformers/cnn_normalize",
    inputs="standardize",  # (a)
    source="transformers, section 2, Q.19 and figures 2 and 3",
    expected="the test curves no longer oscillate; train and test are closer",
    assumptions={
        **CNN_BASELINE.assumptions,
        "inputs": "mean and standard deviation of the training set, per channel",
    },
)

CNN_AUGMENT = replace(
    CNN_NORMALIZE,  # (a)
    name="transformers/cnn_augment",
    augmentation="crop_flip",
    source="transformers, section 2, Q.22 and figures 4 and 5",
    expected="generalizes better, less overfitting",
    assumptions={
        **CNN_NORMALIZE.assumptions,
        "augmentation": "each image padded by 4 black pixels and cropped to 32x32, flipped or "
        "not; on normalized images, as the question before",
    },
)

CNN_SCHEDULE = replace(
    CNN_NORMALIZE,  # "we will use normalized data"
    name="transformers/cnn_schedule",
    schedule=Schedule("exponential", by="epoch", arguments={"factor": 0.95}),  # (a)
    source="transformers, section 2, Q.26, Q.27 and figures 6 and 7",
    expected="the loss is more stable",
    assumptions={
        **CNN_NORMALIZE.assumptions,
        "schedule.arguments": "exponential decay is said; its factor, 0.95 an epoch, is not",
    },
)

CNN_DROPOUT = replace(
    CNN_BASELINE,  # "our data has not been normalized"
    name="transformers/cnn_dropout",
    model=Model(
        "CNN",
        arguments={
            **regularization.NETWORK,
            "dropout": 0.5,  # (a)
            "dropout_after": ("dense",),  # (a)
        },
    ),
    source="transformers, section 2, Q.29 and figures 8 and 9",
    expected="test diverges less than without; still overfits",
    assumptions={
        **CNN_BASELINE.assumptions,
        "model.arguments.dropout": "0.5, PyTorch's default",
        "model.arguments.dropout_after": "the layer of 1,000 units",
    },
)

CNN_BATCHNORM = replace(
    CNN_NORMALIZE,  # (a)
    name="transformers/cnn_batchnorm",
    model=Model("CNN", arguments={**regularization.NETWORK, "batch_norm": True}),
    source="transformers, section 2, Q.34 and figures 10 and 11",
    expected="test 80 %; train and test are closer",
    cost="22 min",
    assumptions={
        **CNN_NORMALIZE.assumptions,
        "model.arguments.batch_norm": "after every convolution, before its activation",
    },
)

# Section 3: all of it (a), but that positions are learned and the class token is classified.
VIT_NETWORK = {
    "patch_size": 7,
    "embed_dim": 32,
    "depth": 2,
    "num_heads": 4,
    "mlp_ratio": 4,
    **pytorch.INITIALIZERS,
}

# What the families vary; it is no experiment of its own.
VIT = Recipe(
    name="transformers/vit",
    data=Data("mnist"),
    model=Model("ViT", arguments=VIT_NETWORK),
    inputs="unit",  # (a)
    loss="sparse_categorical_crossentropy",
    optimizer=Optimizer("adam", learning_rate=1e-3, arguments=pytorch.ADAM),  # (a)
    epochs=10,  # (a)
    batch_size=128,  # (a)
    test_curves=True,  # figures 12 to 14 draw them
    cost="2 to 10 min",
    assumptions={
        "model.arguments": "patches of 7, width 32, 2 blocks of 4 heads, an MLP of ratio 4, no "
        "dropout, where the family varies another of them",
        "model.arguments.kernel_initializer": "PyTorch's default, uniform in +-1/sqrt(fan_in), "
        "also for the projections of attention; class token and positions a truncated normal "
        "of deviation 0.02",
        "model.arguments.bias_initializer": "PyTorch's default, uniform in +-1/sqrt(fan_in)",
        "inputs": "pixels in [0, 1]: what torchvision's ToTensor gives",
        "optimizer": "Adam with PyTorch's defaults, learning rate 0.001",
        "epochs": "10",
        "batch_size": "128",
    },
)

VIT_EMBED_DIM = {
    width: replace(
        VIT,
        name=f"transformers/vit_embed_dim-{width}",
        model=Model("ViT", arguments={**VIT_NETWORK, "embed_dim": width}),
        source="transformers, section 3.4 and figure 12",
        expected="accuracy grows with the width; 32 and 64 about equal",
    )
    for width in (8, 16, 32, 64)
}

VIT_BLOCKS = {
    blocks: replace(
        VIT,
        name=f"transformers/vit_blocks-{blocks}",
        model=Model("ViT", arguments={**VIT_NETWORK, "depth": blocks}),
        source="transformers, section 3.4 and figure 13",
        expected="no significant difference; the more blocks, the less stable",
    )
    for blocks in (2, 4, 6, 8)
}

VIT_PATCH_SIZE = {
    size: replace(
        VIT,
        name=f"transformers/vit_patch_size-{size}",
        model=Model("ViT", arguments={**VIT_NETWORK, "patch_size": size}),
        source="transformers, section 3.4 and figure 14",
        expected="larger patches are better, in training and test",
    )
    for size in (4, 7, 11, 14)  # 28 is no multiple of 11: the last 6 pixels are not seen
}

VIT_BASE_MNIST = Recipe(
    name="transformers/vit_base_mnist",
    data=Data("mnist"),
    model=Model(
        "ViT",
        arguments={
            "patch_size": 16,
            "embed_dim": 768,
            "depth": 12,
            "num_heads": 12,
            "resize": 224,  # "this means resizing the input images to 224x224 RGB pixels"
            "rgb": True,
        },
    ),
    inputs="signed",  # what these weights were trained on
    loss="sparse_categorical_crossentropy",
    optimizer=Optimizer("adam", learning_rate=1e-3, arguments=pytorch.ADAM),  # (a)
    pretrained="hf://timm/vit_base_patch16_224.augreg_in21k_ft_in1k",  # (a)
    freeze=True,  # (a)
    epochs=1,  # (a)
    batch_size=128,  # (a)
    test_curves=True,
    source="transformers, section 3.6",
    expected="no number: only that images have to be resized to 224x224x3",
    cost="10 h",
    assumptions={
        "pretrained": "timm's ViT-B/16, trained on ImageNet-21k and ImageNet",
        "freeze": "only the head is trained",
        "optimizer": "Adam with PyTorch's defaults, learning rate 0.001",
        "epochs": "1",
        "batch_size": "128",
    },
)

CNN_LADDER = (
    CNN_BASELINE,
    CNN_NORMALIZE,
    CNN_AUGMENT,
    CNN_SCHEDULE,
    CNN_DROPOUT,
    CNN_BATCHNORM,
)

TEST = Last("test_accuracy")

CLAIMS = (
    Claim(
        "test accuracy has a plateau about 65 %",
        "section 2, Q.18",
        Near(CNN_BASELINE, TEST, 0.65, 0.03),
    ),
    Claim(
        "training accuracy keeps growing after the tenth epoch",
        "section 2, Q.18",
        Within(CNN_BASELINE, Growth("accuracy", 10), least=0.02),
    ),
    Claim(
        "the test loss increases from about the tenth epoch on",
        "section 2, Q.18",
        Within(CNN_BASELINE, RelativeRise("test_loss", before=15), least=0.2),
    ),
    Claim(
        "normalizing takes the oscillations off the test curves",
        "section 2, Q.19",
        Increasing((CNN_NORMALIZE, CNN_BASELINE), Roughness("test_loss")),
    ),
    Claim(
        "normalizing improves the performance",
        "section 2, Q.19",
        Increasing((CNN_BASELINE, CNN_NORMALIZE), Highest("test_accuracy")),
    ),
    Claim(
        "normalizing brings train and test closer",
        "section 2, Q.19",
        Increasing((CNN_NORMALIZE, CNN_BASELINE), Gap()),
    ),
    Claim(
        "augmentation generalizes better",
        "section 2, Q.22",
        Increasing((CNN_NORMALIZE, CNN_AUGMENT), Highest("test_accuracy")),
    ),
    Claim(
        "augmentation overfits less",
        "section 2, Q.22",
        Increasing((CNN_AUGMENT, CNN_NORMALIZE), Gap()),
    ),
    Claim(
        "the schedule makes the loss more stable",
        "section 2, Q.26",
        Increasing((CNN_SCHEDULE, CNN_NORMALIZE), Roughness("test_loss")),
    ),
    Claim(
        "with dropout the test loss diverges less",
        "section 2, Q.29",
        Increasing((CNN_DROPOUT, CNN_BASELINE), RelativeRise("test_loss", before=51)),
    ),
    Claim(
        "dropout alone does not prevent overfitting",
        "section 2, Q.29",
        Within(CNN_DROPOUT, Gap(), least=0.1),
    ),
    Claim(
        "with batch norm, test accuracy reaches 80 %",
        "section 2, Q.34",
        Near(CNN_BATCHNORM, Highest("test_accuracy"), 0.80, 0.02),
    ),
    Claim(
        "batch norm brings train and test closer",
        "section 2, Q.34",
        Increasing((CNN_BATCHNORM, CNN_NORMALIZE), Gap()),
    ),
    Claim(
        "accuracy grows with the width from 8 to 32",
        "section 3.4, figure 12",
        Increasing((VIT_EMBED_DIM[8], VIT_EMBED_DIM[16], VIT_EMBED_DIM[32]), TEST),
    ),
    Claim(
        "widths 32 and 64 are about equal",
        "section 3.4, figure 12",
        Alike((VIT_EMBED_DIM[32], VIT_EMBED_DIM[64]), TEST, 0.01),
    ),
    Claim(
        "the loss falls with the width",
        "section 3.4, figure 12",
        Increasing(tuple(reversed(VIT_EMBED_DIM.values())), Last("test_loss")),
    ),
    Claim(
        "time grows with the width",
        "section 3.4",
        Increasing(tuple(VIT_EMBED_DIM.values()), Seconds()),
    ),
    Claim(
        "the number of blocks makes no significant difference",
        "section 3.4, figure 13",
        Alike(tuple(VIT_BLOCKS.values()), TEST, 0.01),
    ),
    Claim(
        "more blocks are less stable",
        "section 3.4, figure 13",
        Increasing((VIT_BLOCKS[2], VIT_BLOCKS[8]), Roughness("test_accuracy")),
    ),
    Claim(
        "more blocks are less stable in the loss, too",
        "section 3.4, figure 13",
        Increasing((VIT_BLOCKS[2], VIT_BLOCKS[8]), Roughness("test_loss")),
    ),
    Claim(
        "larger patches are better on test",
        "section 3.4, figure 14",
        Increasing(tuple(VIT_PATCH_SIZE.values()), TEST),
    ),
    Claim(
        "larger patches are better in training",
        "section 3.4, figure 14",
        Increasing(tuple(VIT_PATCH_SIZE.values()), Last("accuracy")),
    ),
)

STUDY = Study(
    "transformers",
    title="transformers: the same lab again, and vision transformers",
    recipes=(
        *CNN_LADDER,
        VIT_BASE_MNIST,
        *VIT_EMBED_DIM.values(),
        *VIT_BLOCKS.values(),
        *VIT_PATCH_SIZE.values(),
    ),
    families=(
        Family.ladder(*CNN_LADDER),
        Family("vit_embed_dim", VIT_EMBED_DIM),
        Family("vit_blocks", VIT_BLOCKS),
        Family("vit_patch_size", VIT_PATCH_SIZE),
    ),
    claims=CLAIMS,
)
