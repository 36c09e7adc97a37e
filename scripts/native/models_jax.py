"""The networks of the workloads, in pure JAX; images are `(batch, height, width, channels)`.

A network is two functions. `init(draw)` gives a dictionary of its weights and one of its
statistics (of batch normalization), from `draw`, a `layers_jax.Draw`; the sizes that it takes besides are
those of the recipe unless said. `apply(weights, statistics, images,
key)` gives logits and the new statistics. `weights` and `images` are of the type that is computed
in, float32 or bfloat16; statistics are float32.
"""

import itertools

import jax
import jax.numpy as jnp
from cifar_net_jax import CifarNet
from jax import lax
from layers_jax import conv, dense, dropout, max_pool, norm


class Regularization:
    """Three 5x5 convolutions, each with a max-pool, and two dense layers."""

    @staticmethod
    def init(draw, side=32):
        weights = {
            "conv1": draw.conv_and_bias(5, 3, 32),
            "conv2": draw.conv_and_bias(5, 32, 64),
            "conv3": draw.conv_and_bias(5, 64, 64),
            "dense": draw.dense((side // 8) ** 2 * 64, 1000),
            "logits": draw.dense(1000, 10),
        }
        return weights, {}

    @staticmethod
    def apply(weights, statistics, x, key):
        for name in ("conv1", "conv2", "conv3"):
            x = conv(weights[name]["kernel"], x) + weights[name]["bias"]
            x = max_pool(jax.nn.relu(x))
        x = jax.nn.relu(dense(weights["dense"], x.reshape(len(x), -1)))
        return dense(weights["logits"], x), statistics


class Dropout:
    """Two stages of two 3x3 convolutions without padding, a max-pool and dropout."""

    @staticmethod
    def init(draw, side=32):
        weights = {
            "stage1": [draw.conv_and_bias(3, 3, 32), draw.conv_and_bias(3, 32, 32)],
            "stage2": [draw.conv_and_bias(3, 32, 64), draw.conv_and_bias(3, 64, 64)],
            "dense": draw.dense((((side - 4) // 2 - 4) // 2) ** 2 * 64, 512),
            "logits": draw.dense(512, 10),
        }
        return weights, {}

    @staticmethod
    def apply(weights, statistics, x, key):
        key1, key2, key3 = jax.random.split(key, 3)
        for stage, stage_key in (("stage1", key1), ("stage2", key2)):
            for layer in weights[stage]:
                x = jax.nn.relu(conv(layer["kernel"], x, padding="VALID") + layer["bias"])
            x = dropout(max_pool(x), stage_key)
        x = dropout(jax.nn.relu(dense(weights["dense"], x.reshape(len(x), -1))), key3)
        return dense(weights["logits"], x), statistics


class MLP:
    """Two hidden layers of 4096 sigmoid units."""

    @staticmethod
    def init(draw, side=32):
        layers = [draw.dense(side**2 * 3, 4096), draw.dense(4096, 4096), draw.dense(4096, 100)]
        return layers, {}

    @staticmethod
    def apply(weights, statistics, x, key):
        hidden1, hidden2, logits = weights
        x = jax.nn.sigmoid(dense(hidden1, x.reshape(len(x), -1)))
        return dense(logits, jax.nn.sigmoid(dense(hidden2, x))), statistics


class ViT:
    """Patches of 7x7 and a class token, width 32, blocks of 4 heads."""

    @staticmethod
    def init(draw, side=28, depth=2):
        block = {"norm1": norm(32), "norm2": norm(32)}
        parts = {"qkv": 3 * 32, "projection": 32, "hidden": 4 * 32}
        blocks = [
            block
            | {name: draw.dense(32, width) for name, width in parts.items()}
            | {"output": draw.dense(4 * 32, 32)}
            for _ in range(depth)
        ]
        weights = {
            "patches": draw.dense(7 * 7, 32),
            "token": draw.normal(1, 1, 32),
            "positions": draw.normal(1, (side // 7) ** 2 + 1, 32),
            "blocks": blocks,
            "norm": norm(32),
            "logits": draw.dense(32, 10),
        }
        return weights, {}

    @staticmethod
    def apply(weights, statistics, x, key):
        batch, side = len(x), x.shape[1] // 7
        # (batch, rows, 7, columns, 7) -> (batch, rows * columns, 7 * 7)
        x = (
            x[:, : side * 7, : side * 7]
            .reshape(batch, side, 7, side, 7)
            .swapaxes(2, 3)
            .reshape(batch, side * side, 49)
        )
        x = dense(weights["patches"], x)
        token = jnp.broadcast_to(weights["token"], (batch, 1, 32))
        x = jnp.concatenate([token, x], 1) + weights["positions"]
        for block in weights["blocks"]:
            x = x + _attention(block, _layer_norm(block["norm1"], x))
            hidden = dense(block["hidden"], _layer_norm(block["norm2"], x))
            x = x + dense(block["output"], jax.nn.gelu(hidden, approximate=False))
        return dense(weights["logits"], _layer_norm(weights["norm"], x[:, 0])), statistics


def _attention(block, x, heads=4):
    batch, tokens, width = x.shape
    qkv = dense(block["qkv"], x).reshape(batch, tokens, 3, heads, width // heads)
    query, key, value = (qkv[:, :, i] for i in range(3))
    scores = jnp.einsum("bqhd,bkhd->bhqk", query, key) * (width // heads) ** -0.5
    shares = jax.nn.softmax(scores.astype(jnp.float32)).astype(x.dtype)
    attended = jnp.einsum("bhqk,bkhd->bqhd", shares, value).reshape(batch, tokens, width)
    return dense(block["projection"], attended)


def _layer_norm(weights, x):
    wide = x.astype(jnp.float32)
    mean = wide.mean(-1, keepdims=True)
    variance = jnp.square(wide - mean).mean(-1, keepdims=True)
    normal = (wide - mean) * lax.rsqrt(variance + 1e-6)
    return (normal * weights["scale"] + weights["shift"]).astype(x.dtype)


class ResNet18:
    """ResNet-18 with a 3x3 stem and no pool after it."""

    @staticmethod
    def init(draw):
        weights = {"stem": {"kernel": draw.conv(3, 3, 64), "norm": norm(64)}, "blocks": []}
        widths = (64, 64, 128, 256, 512)
        for inputs, width in itertools.pairwise(widths):
            for first in (True, False):
                entering = inputs if first else width
                block = {
                    "conv1": {"kernel": draw.conv(3, entering, width), "norm": norm(width)},
                    "conv2": {"kernel": draw.conv(3, width, width), "norm": norm(width)},
                }
                if entering != width:
                    block["shortcut"] = {
                        "kernel": draw.conv(1, entering, width),
                        "norm": norm(width),
                    }
                weights["blocks"].append(block)
        weights["logits"] = draw.dense(512, 100)
        normalizations = [layer["norm"]["shift"] for layer in ResNet18._convolutions(weights)]
        statistics = [{"mean": 0 * each, "variance": 0 * each + 1} for each in normalizations]
        return weights, statistics

    @staticmethod
    def _convolutions(weights):
        """The normalized convolutions, in the order in which they are computed."""
        yield weights["stem"]
        for block in weights["blocks"]:
            yield block["conv1"]
            yield block["conv2"]
            if "shortcut" in block:
                yield block["shortcut"]

    @staticmethod
    def apply(weights, statistics, x, key):
        new, running = [], iter(statistics)

        def conv_norm(layer, x, stride=1):
            padding = layer["kernel"].shape[0] // 2
            x = conv(layer["kernel"], x, stride, [(padding, padding)] * 2)
            x, moved = _batch_norm(layer["norm"], next(running), x)
            new.append(moved)
            return x

        x = jax.nn.relu(conv_norm(weights["stem"], x))
        for block in weights["blocks"]:
            stride = 2 if "shortcut" in block else 1
            y = jax.nn.relu(conv_norm(block["conv1"], x, stride))
            y = conv_norm(block["conv2"], y)
            if "shortcut" in block:
                x = conv_norm(block["shortcut"], x, stride)
            x = jax.nn.relu(x + y)
        return dense(weights["logits"], x.mean((1, 2))), new


def _batch_norm(weights, running, x, momentum=0.9):
    """Normalize by the batch; its mean and variance move the running ones."""
    wide = x.astype(jnp.float32)
    mean = wide.mean((0, 1, 2))
    variance = jnp.square(wide).mean((0, 1, 2)) - jnp.square(mean)
    scale = weights["scale"] * lax.rsqrt(variance + 1e-5)
    normal = wide * scale + (weights["shift"] - mean * scale)
    batch = lax.stop_gradient({"mean": mean, "variance": variance})
    moved = jax.tree.map(lambda old, new: momentum * old + (1 - momentum) * new, running, batch)
    return normal.astype(x.dtype), moved


class Digits:
    """Three 3x3 convolutions of 20 channels with ReLU, a max-pool between them, a linear layer."""

    @staticmethod
    def init(draw, side=28):
        weights = {
            "conv1": draw.conv_and_bias(3, 1, 20),
            "conv2": draw.conv_and_bias(3, 20, 20),
            "conv3": draw.conv_and_bias(3, 20, 20),
            "logits": draw.dense((side // 4) ** 2 * 20, 10),
        }
        return weights, {}

    @staticmethod
    def apply(weights, statistics, x, key):
        for name in ("conv1", "conv2", "conv3"):
            x = jax.nn.relu(conv(weights[name]["kernel"], x) + weights[name]["bias"])
            x = x if name == "conv3" else max_pool(x)
        return dense(weights["logits"], x.reshape(len(x), -1)), statistics


MODELS = {
    "regularization": Regularization,
    "dropout": Dropout,
    "mlp": MLP,
    "vit": ViT,
    "resnet18": ResNet18,
    "digits": Digits,
    "fast": CifarNet,
}
