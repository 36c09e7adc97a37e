"""One run of a recipe, step by step: what is computed in each is written to files.

    python -m kerasdl.parity.trace JOB.json

A step leaves `<step>.npz` in the folder of the run, with arrays named `<quantity>/<name>`. The
quantities are in the order in which a step computes them:

    outputs      of each layer, for a few training examples, before the step, in inference
    loss         of the step's batch
    gradients    of each trainable weight
    statistics   what layers keep without learning it, after the step
    optimizer    what the optimizer keeps, after the step
    weights      after the step
"""

import importlib
import json
import sys
from pathlib import Path

import keras
import numpy as np

from kerasdl import processes, recipes
from kerasdl.inspection import graph
from kerasdl.layers.fast import relus_apart
from kerasdl.parity import distances
from kerasdl.training import resolve
from kerasdl.training.batches import EpochOrder
from kerasdl.training.network import build

PROBE = 8  # examples for which the outputs of the layers are compared
PRECISION_BITS = {"bfloat16": 8, "float16": 11}  # of the significand, the hidden one too


def run(job):
    """Trace the run that `job` describes, and measure its distances to the runs before it.

    Args:
        job: dictionary: `recipe` and `data_dir`; `steps`; `precision`, which is `"float64"` or the
            recipe's; `folder`, where the steps go; `perturbation`, the seed of a change of weights
            by one rounding, or `None`; `references`, folders of traces, by name; `lockstep`, the
            name of the run from whose state each step starts, or `None`; `keep`, whether later
            runs need the steps.

    Returns:
        A dictionary: `distances`, name of a reference -> list of distances, one a step
        (`distances.between`); and `not_finite`, the first step in which something that was computed
        is not, or `None`.
    """
    if job["precision"] == "float64":
        compute_in_float64()
    experiment = resolve(recipes.from_dict(job["recipe"]), data_dir=job["data_dir"])
    network = build(experiment).trained
    folder, found = Path(job["folder"]), {name: [] for name in job["references"]}
    folder.mkdir(parents=True, exist_ok=True)

    not_finite = None
    leader = job["references"].get(job["lockstep"])

    def start_step(step):
        if leader is not None and step > 1:
            with np.load(Path(leader) / f"{step - 1}.npz") as state:
                restore(network, dict(state))
        if job["perturbation"] is not None and (job["lockstep"] or step == 1):
            perturb(network, [job["perturbation"], step], job["precision"])

    for step, arrays in enumerate(trace(experiment, network, job["steps"], start_step), start=1):
        if not_finite is None and not distances.is_finite(arrays):
            not_finite = step
        for name, reference in job["references"].items():
            with np.load(Path(reference) / f"{step}.npz") as other:
                found[name].append(distances.between(dict(other), arrays))
        if job["keep"]:
            np.savez(folder / f"{step}.npz", **arrays)
    return {"distances": found, "not_finite": not_finite}


def trace(experiment, network, steps, start_step=None):
    """Train `network` for some steps; yields what each of them computed.

    Args:
        experiment: a `kerasdl.training.Experiment`.
        network: its network, compiled, with initial weights.
        steps: number of updates.
        start_step: called with the number of each step, from 1, before it; may change the network.

    Yields:
        `<quantity>/<name>` -> NumPy array, quantities and layers in the order of computation;
        gradients from the output back to the input.

    Example:
    >>> from kerasdl import recipes, studies
    >>> from kerasdl.training import resolve
    >>> from kerasdl.training.network import build
    >>> experiment = resolve("exercises/circles_linear")
    >>> step, = trace(experiment, build(experiment).trained, steps=1)
    >>> [name for name in step if name.startswith("gradients/")]
    ['gradients/logits/bias', 'gradients/logits/kernel']
    """
    optimizer = getattr(network.optimizer, "inner_optimizer", network.optimizer)
    if not hasattr(optimizer, "gradients"):
        record_gradients(network)
    batches, probe = experiment.training_batches, experiment.dataset.train.x[:PROBE]
    # What `layer.output` gives may belong to another model that shares the layer.
    traced = graph.trace(network)
    called = {call.layer.name: call.outputs[0] for call in traced.calls}
    layers = keras.Model(traced.inputs, called)
    weights = {weight.path: weight for weight in network.trainable_weights}
    statistics, kept = _statistics(network), _optimizer_state(network)
    gradients = optimizer.gradients
    epochs = EpochOrder(batches)
    epochs.set_model(network)
    for step in range(steps):
        epoch, position = divmod(step, len(batches))
        if position == 0:
            epochs.on_epoch_begin(epoch)
        if start_step is not None:
            start_step(step + 1)
        with relus_apart(network):
            outputs = layers.predict_on_batch(probe)
        network.reset_metrics()
        loss = network.train_on_batch(*batches[position], return_dict=True)["loss"]
        recorded = dict(zip(weights, gradients, strict=True))
        yield {
            **{f"outputs/{name}": _storable(np.array(outputs[name])) for name in called},
            "loss/loss": np.array(loss),
            **{f"gradients/{name}": _array(recorded[name]) for name in reversed(weights)},
            **{f"statistics/{name}": _array(value) for name, value in statistics.items()},
            **{f"optimizer/{name}": _array(value) for name, value in kept.items()},
            **{f"weights/{name}": _array(value) for name, value in weights.items()},
        }


def compute_in_float64():
    """Set Keras to float64, in this process.

    `keras.config.set_floatx` does not suffice, for reasons that `reports/upstream/float64.md`
    shows: on PyTorch and JAX, Keras 3.15 gives the product of two float64 matrices in float32
    (`keras.src.backend.common.dtypes`); on TensorFlow, `keras.ops.cast(0.1, "float64")` and `gelu`
    round a constant to float32; JAX computes the softmax of attention in float32. What no public
    name changes is changed here, for this measurement alone.
    """
    from keras.src.backend.common import dtypes

    keras.config.set_floatx("float64")
    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    for function in vars(dtypes).values():
        if hasattr(function, "cache_clear"):
            function.cache_clear()
    match keras.backend.backend():
        case "tensorflow":
            _cast_python_floats_exactly()
            importlib.import_module("tensorflow").nn.gelu = _gelu
        case "jax":
            importlib.import_module("jax").nn.dot_product_attention = _attention


def _gelu(x, approximate=False):
    """`tensorflow.nn.gelu`, whose square root of 2 is in float32."""
    if approximate:
        raise NotImplementedError("the approximation of gelu by tanh, in float64")
    tf = importlib.import_module("tensorflow")
    return x * (1 + tf.math.erf(x / tf.sqrt(tf.constant(2, x.dtype)))) / 2


def _attention(query, key, value, bias=None, mask=None, *, scale, is_causal=False, **options):
    """`jax.nn.dot_product_attention`, whose softmax is in float32."""
    if bias is not None or mask is not None or is_causal:
        raise NotImplementedError("attention with a bias or a mask, in float64")
    scores = scale * keras.ops.einsum("btnh,bsnh->bnts", query, key)
    return keras.ops.einsum("bnts,bsnh->btnh", keras.ops.softmax(scores), value)


def _cast_python_floats_exactly():
    """Let TensorFlow's and Keras' `cast` of a Python float to float64 be that float."""
    from keras.src.backend.tensorflow import core

    tf = importlib.import_module("tensorflow")
    cast_by_tensorflow = tf.cast

    def exact_cast(x, dtype, name=None):
        x = tf.constant(x, "float64") if isinstance(x, float) else x
        return cast_by_tensorflow(x, dtype, name)

    tf.cast = exact_cast

    original = core.cast

    def cast(x, dtype):
        return original(core.convert_to_tensor(x, dtype) if isinstance(x, float) else x, dtype)

    for name, module in list(sys.modules.items()):
        if name.startswith("keras.src") and vars(module).get("cast") is original:
            module.cast = cast


def record_gradients(network):
    """Let the optimizer of a compiled network keep the gradients of its last step.

    Where a loss is scaled, they are those of the loss itself. They become variables of the optimizer, `optimizer.gradients`, in the order of the trainable
    weights: so they come out of a compiled step on every backend.
    """
    outer = network.optimizer
    optimizer = getattr(outer, "inner_optimizer", outer)
    kind = type(optimizer)

    class RecordsGradients(kind):
        def apply(self, grads, trainable_variables=None):
            for kept, gradient in zip(self.gradients, grads, strict=True):
                kept.assign(gradient)
            return super().apply(grads, trainable_variables)

    variables = network.trainable_variables
    if not outer.built:
        outer.build(variables)
    optimizer.gradients = [
        optimizer.add_variable_from_reference(variable, name="gradient") for variable in variables
    ]
    optimizer.__class__ = RecordsGradients


def restore(network, arrays):
    """Put a network and its optimizer into the state that a step of a trace has left.

    Args:
        network: a `keras.Model` that is being traced.
        arrays: what `trace` gave of a network of the same recipe, on any backend.
    """
    weights = {weight.path: weight for weight in network.trainable_weights}
    for quantity, variables in (
        ("weights", weights),
        ("statistics", _statistics(network)),
        ("optimizer", _optimizer_state(network)),
    ):
        for name, variable in variables.items():
            variable.assign(arrays[f"{quantity}/{name}"])


def _statistics(network):
    """Path -> variable: what the layers keep without learning it."""
    return {
        variable.path: variable
        for variable in network.non_trainable_variables
        if not variable.dtype.startswith(("int", "uint"))  # the states of generators
    }


def _optimizer_state(network):
    """Name -> variable of the optimizer, without the gradients that it records.

    Names are without the optimizer's own, which Keras counts up.
    """
    optimizer = network.optimizer
    recorded = getattr(optimizer, "inner_optimizer", optimizer).gradients
    return {
        variable.path.partition("/")[2]: variable
        for variable in optimizer.variables
        if all(variable is not each for each in recorded)
    }


def perturb(network, seed, precision="float32"):
    """Change every weight by one rounding, up or down at random.

    That is `numpy.nextafter`: a relative change of at most 1.2e-7 in float32, of 2.2e-16 in
    float64. In bfloat16 and float16 a weight is rounded when it is computed with, and the change is
    the distance of two numbers there: relative, at most 7.8e-3 and 9.8e-4. A weight that is 0
    stays 0.

    Args:
        network: a `keras.Model`.
        seed: of the directions: a whole number, or a list of them.
        precision: in which the network computes.
    """
    rng = np.random.default_rng([*np.atleast_1d(seed), 1])
    for weight in network.trainable_weights:
        value = _array(weight)
        up = rng.integers(0, 2, value.shape, dtype=bool)
        if precision in PRECISION_BITS:
            distance = np.exp2(np.frexp(value)[1] - PRECISION_BITS[precision])
            changed = value + np.where(up, distance, -distance).astype(value.dtype)
        else:
            changed = np.nextafter(value, np.where(up, np.inf, -np.inf).astype(value.dtype))
        weight.assign(np.where(value == 0, value, changed))


def _array(variable):
    return _storable(np.array(keras.ops.convert_to_numpy(variable)))


def _storable(array):
    """The array, as NumPy's files can hold it: bfloat16, which they cannot, is exact in float32."""
    return array.astype("float32") if array.dtype.kind == "V" else array


if __name__ == "__main__":
    processes.stop_with_parent()
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    Path(sys.argv[2]).write_text(json.dumps(run(job)), encoding="utf-8")
