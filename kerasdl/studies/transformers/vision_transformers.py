"""Section 3: vision transformers from scratch on MNIST, one quantity varied at a time.

What the report leaves open is what the notebook of its lab gives out (RDFIA, practical work 2-e), but
for the positions, of which that offers two kinds.
"""

from dataclasses import replace

from kerasdl.claims import Alike, Claim, Increasing, Last, Oscillation, Seconds
from kerasdl.recipes import Data, Model, Optimizer, Recipe
from kerasdl.studies import pytorch
from kerasdl.studies.study import Family

# The lab's notebook (RDFIA, practical work 2-e) gives out these sizes, ratio and heads.
NETWORK = {
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
    model=Model("ViT", arguments=NETWORK),
    inputs="unit",  # the notebook
    loss="sparse_categorical_crossentropy",
    optimizer=Optimizer("adam", learning_rate=1e-3, arguments=pytorch.ADAM),  # the notebook
    epochs=10,  # the notebook
    batch_size=128,  # the notebook
    test_curves=True,  # figures 12 to 14 draw them
    cost="2 min",
    assumptions={
        "model.arguments": "patches of 7, width 32, 2 blocks of 4 heads, an MLP of ratio 4, no dropout, "
        "where the family varies another of them: what the lab's notebook gives out. The class token "
        "is classified by one layer; layer normalization has an epsilon of 1e-6, PyTorch's is 1e-5. "
        "Positions are learned, which the lab offers beside sinusoidal ones: `vit_sinusoidal` has those",
        "model.arguments.kernel_initializer": "PyTorch's default, uniform in +-1/sqrt(fan_in), "
        "also for the projections of attention; class token and positions a truncated normal "
        "of deviation 0.02",
        "model.arguments.bias_initializer": "PyTorch's default, uniform in +-1/sqrt(fan_in)",
        "inputs": "pixels in [0, 1]: torchvision's ToTensor, in the lab's notebook",
        "optimizer": "Adam with PyTorch's defaults, learning rate 0.001, in the lab's notebook",
        "epochs": "10, in the lab's notebook",
        "batch_size": "128, in the lab's notebook",
    },
)

EMBED_DIM = {
    width: replace(
        VIT,
        name=f"transformers/vit_embed_dim-{width}",
        model=Model("ViT", arguments={**NETWORK, "embed_dim": width}),
        source="transformers, section 3.5 and figure 12",
        expected="accuracy grows with the width; 32 and 64 about equal",
        cost=cost,
    )
    for width, cost in ((8, "90 s"), (16, "95 s"), (32, "2 min"), (64, "4 min"))
}

BLOCKS = {
    blocks: replace(
        VIT,
        name=f"transformers/vit_blocks-{blocks}",
        model=Model("ViT", arguments={**NETWORK, "depth": blocks}),
        source="transformers, section 3.5 and figure 13",
        expected="no significant difference; the more blocks, the less stable",
        cost=cost,
    )
    for blocks, cost in ((2, "2 min"), (4, "3 min"), (6, "4 min"), (8, "5 min"))
}

PATCH_SIZE = {
    size: replace(
        VIT,
        name=f"transformers/vit_patch_size-{size}",
        model=Model("ViT", arguments={**NETWORK, "patch_size": size}),
        source="transformers, section 3.5 and figure 14",
        expected="larger patches are better, in training and test",
        cost=cost,
    )
    # 28 is no multiple of 11: the last 6 pixels are not seen
    for size, cost in ((4, "4 min"), (7, "2 min"), (11, "45 s"), (14, "45 s"))
}

SINUSOIDAL = {
    size: replace(
        recipe,
        name=f"transformers/vit_sinusoidal-{size}",
        model=Model("ViT", arguments={**recipe.model.arguments, "positions": "sinusoidal"}),
        assumptions={
            **recipe.assumptions,
            "model.arguments.positions": "sinusoidal, which the lab offers beside learned ones",
        },
    )
    for size, recipe in PATCH_SIZE.items()
}

BASE_MNIST = Recipe(
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

FAMILIES = (
    Family("vit_embed_dim", EMBED_DIM),
    Family("vit_blocks", BLOCKS),
    Family("vit_patch_size", PATCH_SIZE),
    Family("vit_sinusoidal", SINUSOIDAL),
)
RECIPES = (
    BASE_MNIST,
    *EMBED_DIM.values(),
    *BLOCKS.values(),
    *PATCH_SIZE.values(),
    *SINUSOIDAL.values(),
)

TEST = Last("test_accuracy")

CLAIMS = (
    Claim(
        "accuracy grows with the width from 8 to 32",
        "section 3.5, figure 12",
        Increasing((EMBED_DIM[8], EMBED_DIM[16], EMBED_DIM[32]), TEST),
    ),
    Claim(
        "widths 32 and 64 are about equal",
        "section 3.5, figure 12",
        Alike((EMBED_DIM[32], EMBED_DIM[64]), TEST, 0.01),
    ),
    Claim(
        "the loss falls with the width",
        "section 3.5, figure 12",
        Increasing(tuple(reversed(EMBED_DIM.values())), Last("test_loss")),
    ),
    Claim(
        "time grows with the width",
        "section 3.5",
        Increasing(tuple(EMBED_DIM.values()), Seconds()),
    ),
    Claim(
        "the number of blocks makes no significant difference",
        "section 3.5, figure 13",
        Alike(tuple(BLOCKS.values()), TEST, 0.01),
    ),
    Claim(
        "the more blocks, the less stable the test accuracy",
        "section 3.5, figure 13",
        Increasing(tuple(BLOCKS.values()), Oscillation("test_accuracy")),
    ),
    Claim(
        "the more blocks, the less stable the test loss",
        "section 3.5, figure 13",
        Increasing(tuple(BLOCKS.values()), Oscillation("test_loss")),
    ),
    Claim(
        "larger patches are better on test",
        "section 3.5, figure 14",
        Increasing(tuple(PATCH_SIZE.values()), TEST),
    ),
    Claim(
        "larger patches are better in training",
        "section 3.5, figure 14",
        Increasing(tuple(PATCH_SIZE.values()), Last("accuracy")),
    ),
    Claim(
        "with sinusoidal positions, larger patches are better on test",
        "section 3.5, figure 14, read otherwise",
        Increasing(tuple(SINUSOIDAL.values()), TEST),
    ),
    Claim(
        "with sinusoidal positions, larger patches are better in training",
        "section 3.5, figure 14, read otherwise",
        Increasing(tuple(SINUSOIDAL.values()), Last("accuracy")),
    ),
)
