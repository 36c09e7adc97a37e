"""The network of airbench94 and its optimizer, SGD and Muon, in pure JAX.

Of Keller Jordan's airbench94_muon.py, https://github.com/KellerJordan/cifar10-airbench; see
`cifar_net_torch` for the same in PyTorch, and `models_jax` for what a network here consists of.
"""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from layers_jax import conv, max_pool

WIDTHS = (64, 256, 256)
WHITENED = 2 * 3 * 2**2  # each eigenvector of the 2x2 patches, with both signs
BIAS_RATE, HEAD_RATE = 0.053, 0.67  # of losses summed over the batch
WEIGHT_DECAY = 2e-6 * 2000  # a step, of what SGD trains, whatever its learning rate
SGD_MOMENTUM, MUON_MOMENTUM = 0.85, 0.6
NEWTON_SCHULZ_STEPS, NEWTON_SCHULZ = 3, (3.4445, -4.7750, 2.0315)


class CifarNet:
    """Whitening of 2x2 patches, three blocks, and a head without a bias; 1.97 million weights."""

    @staticmethod
    def init(draw):
        blocks, statistics = [], []
        for inputs, width in itertools.pairwise((WHITENED, *WIDTHS)):
            shift = np.zeros(width, "float32")
            blocks.append(
                {
                    "conv1": draw.conv(3, inputs, width),
                    "shift1": shift,
                    "conv2": draw.conv(3, width, width),
                    "shift2": shift,
                }
            )
            statistics += [{"mean": shift, "variance": shift + 1}] * 2
        bias = draw.dense(2 * 2 * 3, WHITENED)["bias"]
        weights = {"whitening_bias": bias, "blocks": blocks}
        weights["head"] = draw.dense(WIDTHS[-1], 10)["kernel"]
        # The filters of the whitening are not trained.
        return weights, {"whitening": draw.conv(2, 3, WHITENED), "norms": statistics}

    @staticmethod
    def apply(weights, statistics, x, key):
        running, moved = iter(statistics["norms"]), []

        def norm_gelu(x, shift):
            x, new = _batch_norm(shift, next(running), x)
            moved.append(new)
            return _gelu(x)

        x = conv(statistics["whitening"].astype(x.dtype), x, padding="VALID")
        x = _gelu(x + weights["whitening_bias"])
        for block in weights["blocks"]:
            x = norm_gelu(max_pool(conv(block["conv1"], x)), block["shift1"])
            x = norm_gelu(conv(block["conv2"], x), block["shift2"])
        logits = x.max((1, 2)) @ weights["head"] / WIDTHS[-1]
        return logits, {**statistics, "norms": moved}


def _gelu(x):
    return jax.nn.gelu(x, approximate=False)


def _batch_norm(shift, running, x):
    """Normalize by the batch; the moving statistics forget 0.4 in each step."""
    wide = x.astype(jnp.float32)
    mean = wide.mean((0, 1, 2))
    variance = jnp.square(wide).mean((0, 1, 2)) - jnp.square(mean)
    scale = lax.rsqrt(variance + 1e-12)
    batch = lax.stop_gradient({"mean": mean, "variance": variance})
    moved = jax.tree.map(lambda old, new: 0.6 * old + 0.4 * new, running, batch)
    return (wide * scale + (shift - mean * scale)).astype(x.dtype), moved


def update(workload, weights, state, gradients):
    """One step: Muon for the convolutions, SGD with Nesterov momentum for the rest.

    Args:
        workload: a `workloads.Workload`.
        weights: of `CifarNet`.
        state: `{"velocity": velocities}`, of the structure of `weights`.
        gradients: of the sum of the losses of the batch.

    Returns:
        The new weights and state.
    """

    def move(path, weight, velocity, gradient):
        if weight.ndim == 4:
            velocity = MUON_MOMENTUM * velocity + gradient
            direction = _orthogonalized(gradient + MUON_MOMENTUM * velocity)
            norm = jnp.sqrt(jnp.square(weight).sum())
            weight = weight * (weight.shape[-1] ** 0.5 / norm)
            return weight - workload.learning_rate * direction, velocity
        rate = HEAD_RATE if path[0].key == "head" else BIAS_RATE
        gradient = gradient + WEIGHT_DECAY / rate * weight
        velocity = SGD_MOMENTUM * velocity + gradient
        return weight - rate * (gradient + SGD_MOMENTUM * velocity), velocity

    pairs = jax.tree_util.tree_map_with_path(move, weights, state["velocity"], gradients)
    moved, velocities = jax.tree.transpose(jax.tree.structure(weights), None, pairs)
    return moved, {"velocity": velocities}


def _orthogonalized(kernel):
    """Nearly the orthogonal factor of a kernel `(height, width, in, out)` as a matrix."""
    a, b, c = NEWTON_SCHULZ
    matrix = kernel.reshape(-1, kernel.shape[-1])
    x = matrix / (jnp.sqrt(jnp.square(matrix).sum()) + 1e-7)
    if wide := len(x) <= x.shape[1]:
        x = x.T  # so that the products x.T @ x are small
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x.T @ x
        x = a * x + x @ (b * gram + c * gram @ gram)
    return (x.T if wide else x).reshape(kernel.shape)
