"""A training loop in pure JAX, as fast as XLA trains these networks on a CPU.

    python scripts/native/train_jax.py regularization

Variants:
    jit: one jitted step from uint8 images to new weights; all that it replaces is donated.
    several: several of them, one after the other, in one jitted call, where a step is short. As a loop,
        by `jax.lax.scan`, they take a CPU several times as long.

What was tried on `regularization` with jaxlib 0.10.1 on a CPU, and is not faster: a ReLU after the
max-pool; the first convolution from rows of 5 pixels, or as a product with all windows; and the flags
of XLA xla_cpu_enable_fast_math, xla_cpu_prefer_vector_width=512, xla_cpu_use_onednn with
xla_cpu_experimental_onednn_custom_call, xla_cpu_experimental_ynn_fusion_type= and
xla_cpu_use_xnnpack.
"""

import cifar_net_jax
import jax
import jax.numpy as jnp
import workloads
from layers_jax import Draw
from models_jax import MODELS

VARIANTS = ("jit", "several")


class Trainer:
    """All that a step replaces (`state`), and the jitted step."""

    def __init__(self, setting):
        model, workload = MODELS[setting.name], setting.workload
        weights, statistics = model.init(Draw(seed=0), **setting.sizes)
        self.parameters = sum(each.size for each in jax.tree.leaves(weights))
        self.state = jax.tree.map(
            lambda value: jnp.array(value, copy=True),
            {
                "weights": weights,
                "statistics": statistics,
                "optimizer": _optimizer_state(workload, weights),
                "sums": {"loss": jnp.zeros(()), "correct": jnp.zeros((), jnp.int32)},
                "key": jax.random.key(0, impl="rbg"),  # the fastest generator on a CPU
            },
        )
        step = _step(model, setting)
        self.update = jax.jit(step, donate_argnums=0)
        self.updates = jax.jit(_repeated(step), donate_argnums=0)

    def step(self, images, labels):
        """One update from uint8 images and their labels."""
        self.state = self.update(self.state, images, labels)

    def several(self, images, labels):
        """As many updates in one call."""
        self.state = self.updates(self.state, images, labels)

    def totals(self):
        """Sum of the losses and number of correct images since the last call."""
        sums = jax.device_get(self.state["sums"])
        self.state["sums"] = jax.tree.map(jnp.zeros_like, self.state["sums"])
        return float(sums["loss"]), int(sums["correct"])


def _repeated(step):
    """The function that makes a step with each of several batches."""

    def steps(state, images, labels):
        for batch in zip(images, labels, strict=True):
            state = step(state, *batch)
        return state

    return steps


def _step(model, setting):
    """The function of state, images and labels that gives the next state."""
    dtype = jnp.bfloat16 if setting.bfloat16 else jnp.float32
    workload = setting.workload
    update = {"adam": _adam, "sgd": _sgd, "muon": cifar_net_jax.update}[workload.optimizer]
    smoothing = workload.label_smoothing

    def loss_of(weights, statistics, images, labels, key):
        weights = jax.tree.map(lambda each: each.astype(dtype), weights)
        images = (images * setting.scale + setting.shift).astype(dtype)
        logits, statistics = model.apply(weights, statistics, images, key)
        logs = jax.nn.log_softmax(logits.astype(jnp.float32))
        loss = -jnp.take_along_axis(logs, labels[:, None], 1).mean()
        if smoothing:
            loss = (1 - smoothing) * loss - smoothing * logs.mean()
        correct = (logs.argmax(1) == labels).sum()
        return loss, (statistics, correct)

    def step(state, images, labels):
        key, used = jax.random.split(state["key"])
        weights = state["weights"]
        (loss, (statistics, correct)), gradients = jax.value_and_grad(loss_of, has_aux=True)(
            weights, state["statistics"], images, labels, used
        )
        if workload.optimizer == "muon":  # its rates are for the sum over the batch
            gradients = jax.tree.map(lambda each: each * len(labels), gradients)
        weights, optimizer = update(workload, weights, state["optimizer"], gradients)
        return {
            "weights": weights,
            "statistics": statistics,
            "optimizer": optimizer,
            "sums": {
                "loss": state["sums"]["loss"] + loss * len(labels),
                "correct": state["sums"]["correct"] + correct,
            },
            "key": key,
        }

    return step


def _optimizer_state(workload, weights):
    def zeros():
        return jax.tree.map(jnp.zeros_like, weights)

    if workload.optimizer == "adam":
        return {"mean": zeros(), "square": zeros(), "steps": jnp.zeros(())}
    return {"velocity": zeros()} if workload.momentum or workload.optimizer == "muon" else {}


def _sgd(workload, weights, state, gradients):
    if workload.momentum:
        gradients = jax.tree.map(
            lambda velocity, g: workload.momentum * velocity + g, state["velocity"], gradients
        )
        state = {"velocity": gradients}
    weights = jax.tree.map(lambda w, g: w - workload.learning_rate * g, weights, gradients)
    return weights, state


def _adam(workload, weights, state, gradients):
    """Kingma and Ba (2015), algorithm 1."""
    steps = state["steps"] + 1
    mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, state["mean"], gradients)
    square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, state["square"], gradients)
    rate, spread = workload.learning_rate / (1 - 0.9**steps), 1 / (1 - 0.999**steps)
    weights = jax.tree.map(
        lambda w, m, v: w - rate * m / (jnp.sqrt(v * spread) + 1e-8), weights, mean, square
    )
    return weights, {"mean": mean, "square": square, "steps": steps}


if __name__ == "__main__":
    workloads.main(__doc__, VARIANTS, Trainer)
