"""The `transformers` report: a vision transformer from scratch, on MNIST.

    kerasdl train transformers/vit_patch_size-7

"Basics on deep learning for vision", section 3: one quantity is varied at a time,
test and training curves are compared.
"""

from dataclasses import replace

from kerasdl.recipes.recipe import Data, Model, Optimizer, Recipe

# All of it (a), but that positions are learned and the class token is classified.
VIT = {
    "patch_size": 7,
    "embed_dim": 32,
    "depth": 2,
    "num_heads": 4,
    "mlp_ratio": 4,
    "kernel_initializer": "fan_in_uniform",
    "bias_initializer": "fan_in_uniform",
}

_DEFAULT = Recipe(
    name="transformers/vit",
    data=Data("mnist"),
    model=Model("ViT", arguments=VIT),
    inputs="unit",  # (a)
    loss="sparse_categorical_crossentropy",
    # (a); PyTorch's epsilon, Keras' is 1e-7
    optimizer=Optimizer("adam", learning_rate=1e-3, arguments={"epsilon": 1e-8}),
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


def _varied(family, argument, value, **said):
    arguments = {**VIT, argument: value}
    model = Model("ViT", arguments=arguments)
    return replace(_DEFAULT, name=f"transformers/{family}-{value}", model=model, **said)


EMBED_DIM = tuple(
    _varied(
        "vit_embed_dim",
        "embed_dim",
        value,
        source="transformers, section 3.4 and figure 12",
        expected="accuracy grows with the width; 32 and 64 about equal",
    )
    for value in (8, 16, 32, 64)
)

BLOCKS = tuple(
    _varied(
        "vit_blocks",
        "depth",
        value,
        source="transformers, section 3.4 and figure 13",
        expected="no significant difference; the more blocks, the less stable",
    )
    for value in (2, 4, 6, 8)
)

PATCH_SIZE = tuple(
    _varied(
        "vit_patch_size",
        "patch_size",
        value,  # 28 is no multiple of 11: the last 6 pixels are not seen
        source="transformers, section 3.4 and figure 14",
        expected="larger patches are better, in training and test",
    )
    for value in (4, 7, 11, 14)
)

RECIPES = (*EMBED_DIM, *BLOCKS, *PATCH_SIZE)
