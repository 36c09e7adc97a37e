"""What timm, torchvision and transformers compute from given weights: `pretrained.npz`.

    python tests/golden/make_pretrained.py

needs torch, torchvision, timm and transformers. Made with torch 2.13.0, torchvision
0.29.2, timm 1.0.31 and transformers 5.23.0, in float64.

Weights and images are drawn by `draw`, keyed by the name of the tensor, so that the
file holds only names, shapes and results: for each case the logits of two images,
and the gradient of the cross-entropy with the labels 1 and 3 with respect to them.
"""

import hashlib
import json
import pathlib

import numpy as np

FILE = pathlib.Path(__file__).with_name("pretrained.npz")
LABELS = (1, 3)


def draw(name, shape):
    """The float32 array of a tensor: normal, of a size that keeps activations about 1."""
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    rng = np.random.default_rng(key)
    if name.endswith("num_batches_tracked"):
        return np.zeros(shape, "int64")
    values = rng.standard_normal(shape)
    if name.endswith("running_var"):
        values = 1 + 0.3 * np.tanh(values)
    elif name.endswith("weight") and len(shape) == 1:
        values = 1 + 0.1 * values
    elif len(shape) == 1:
        values = 0.1 * values
    elif name.endswith("weight"):
        values = values * np.sqrt(1.5 / np.prod(shape[1:]))
    return values.astype("float32")


# Our builder and its arguments -> the model of the other library.
VIT = {"embed_dim": 24, "depth": 2, "num_heads": 3, "mlp_ratio": 2}
CASES = {
    "timm vit": (
        {"builder": "ViT", "input_shape": (16, 24, 3), "classes": 5, "patch_size": 8, **VIT},
        lambda: timm().VisionTransformer(img_size=(16, 24), patch_size=8, num_classes=5, **VIT),
    ),
    "timm vit_tiny_patch16_224": (
        {
            "builder": "ViT",
            "input_shape": (224, 224, 3),
            "classes": 1000,
            "embed_dim": 192,
            "depth": 12,
            "num_heads": 3,
        },
        lambda: timm().vit_tiny_patch16_224(),
    ),
    "transformers vit, not square": (
        {
            "builder": "ViT",
            "input_shape": (24, 40, 3),
            "classes": 5,
            "patch_size": 8,
            "epsilon": 1e-12,
            **VIT,
        },
        lambda: transformers_vit(image_size=(24, 40), patch_size=8),
    ),
    "transformers vit, a remainder": (
        {
            "builder": "ViT",
            "input_shape": (30, 30, 1),
            "classes": 5,
            "patch_size": 7,
            "epsilon": 1e-12,
            **VIT,
        },
        lambda: transformers_vit(image_size=30, patch_size=7, num_channels=1),
    ),
    "torchvision resnet18": (
        {"builder": "ResNet18", "input_shape": (33, 40, 3), "classes": 1000},
        lambda: torchvision_resnet18(),
    ),
    "transformers resnet": (
        {
            "builder": "ResNet18",
            "input_shape": (40, 40, 3),
            "classes": 5,
            "filters": (8, 8, 16, 24),
        },
        lambda: transformers_resnet(),
    ),
}


def timm():
    """Its module of vision transformers."""
    from timm.models import vision_transformer

    return vision_transformer


def torchvision_resnet18():
    """ResNet-18 as torchvision has it."""
    from torchvision.models import resnet18

    return resnet18()


def transformers_vit(**sizes):
    """`ViTForImageClassification` of the sizes of `VIT`."""
    from transformers import ViTConfig, ViTForImageClassification

    config = ViTConfig(
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=48,
        num_labels=5,
        **sizes,
    )
    return ViTForImageClassification(config)


def transformers_resnet():
    """`ResNetForImageClassification` of ResNet-18's shape, but narrow."""
    from transformers import ResNetConfig, ResNetForImageClassification

    config = ResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 8, 16, 24],
        depths=[2, 2, 2, 2],
        layer_type="basic",
        num_labels=5,
    )
    return ResNetForImageClassification(config)


def images(case):
    """Two images of a case, `(2, height, width, channels)`."""
    return draw(case, (2, *CASES[case][0]["input_shape"]))


def compute(model, pixels):
    """Logits and the gradient with respect to the pixels, in float64."""
    import torch

    model = model.double().eval()
    x = torch.tensor(pixels.transpose(0, 3, 1, 2), dtype=torch.float64, requires_grad=True)
    given = model(x)
    logits = getattr(given, "logits", given)
    torch.nn.functional.cross_entropy(logits, torch.tensor(LABELS)).backward()
    gradient = x.grad.numpy().transpose(0, 2, 3, 1)
    return logits.detach().numpy(), gradient


def set_weights(model):
    """Give a PyTorch model drawn weights; returns their names and shapes."""
    import torch

    state = model.state_dict()
    shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
    model.load_state_dict({name: torch.tensor(draw(name, s)) for name, s in shapes.items()})
    return shapes


def published_names(model):
    """From the names of the model to those of the file that it saves."""
    import tempfile

    from safetensors.numpy import load_file

    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        saved = load_file(pathlib.Path(folder) / "model.safetensors")
    state = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    return {
        next(ours for ours, array in state.items() if np.array_equal(array, theirs)): name
        for name, theirs in saved.items()
    }


def resampled(old, new):
    """timm's interpolation of positional embeddings from grid to grid, with a class token."""
    import torch
    from timm.layers import resample_abs_pos_embed

    positions = draw(f"positions {old} {new}", (1, 1 + old[0] * old[1], 4))
    return resample_abs_pos_embed(torch.tensor(positions), new, old_size=old).numpy()


GRIDS = {"larger": ((3, 3), (5, 7)), "smaller": ((8, 8), (3, 5)), "both": ((4, 6), (7, 3))}


def main():
    """Write the file."""
    results = {}
    for case, (_, build) in CASES.items():
        model = build()
        shapes = set_weights(model)
        if case.startswith("transformers"):
            results[f"{case}/published"] = json.dumps(published_names(model))
        logits, gradient = compute(model, images(case))
        results[f"{case}/tensors"] = json.dumps(shapes)
        results[f"{case}/logits"] = logits
        if gradient.size < 10_000:
            results[f"{case}/gradient"] = gradient.astype("float32")
        print(case, logits.std(), np.abs(gradient).max())
    for name, (old, new) in GRIDS.items():
        results[f"grid {name}"] = resampled(old, new)
    np.savez_compressed(FILE, **results)


if __name__ == "__main__":
    main()
