"""Adam on the three backends, fed with the same gradients: beside its formula in float64."""

import json

import numpy as np
import pytest

pytestmark = pytest.mark.parity

STEPS = 5
ROUNDINGS = {"float32": 2.0**-24, "float64": 2.0**-53}  # of a weight of 1

PROGRAM = """
import json
import sys
import keras
import numpy as np
from kerasdl import backend

if sys.argv[1] == "float64":
    from kerasdl.parity.trace import compute_in_float64
    compute_in_float64()
rng = np.random.default_rng(0)
size = 10.0 ** rng.uniform(-12, 0, 1000)
network = keras.Sequential([keras.Input((1000,)), keras.layers.EinsumDense("bi,i->b", ())])
network.set_weights([np.ones(1000)])
# The gradient of the sum of w * x is x, to the bit.
network.compile(keras.optimizers.Adam(1e-3), lambda truth, out: out)
found = []
for step in range(STEPS):
    x = (rng.normal(size=1000) * size).astype(sys.argv[1])
    network.train_on_batch(x[None], np.zeros(1))
    found.append(network.get_weights()[0].tolist())
print(json.dumps(found))
""".replace("STEPS", str(STEPS))


def adam(gradients):
    """Kingma and Ba (2015), algorithm 1, with the epsilon of Keras: outside of the correction."""
    m = v = np.zeros(1000)
    w, found = np.ones(1000), []
    for t, g in enumerate(gradients, start=1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        rate = 1e-3 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        w = w - rate * m / (np.sqrt(v) + 1e-7)
        found.append(w)
    return np.array(found)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("backend", ["tensorflow", "torch", "jax"])
def test_adam_is_its_formula(python, backend, precision):
    """To two roundings of a weight of 1 a step, where gradients reach from 1e-12 to 1.

    In float64 too, where plain Keras is 6.7e-9 a step off on TensorFlow: see
    `reports/upstream/float64.md`.
    """
    rng = np.random.default_rng(0)
    size = 10.0 ** rng.uniform(-12, 0, 1000)
    gradients = [(rng.normal(size=1000) * size).astype(precision) for _ in range(STEPS)]
    environment = {"KERAS_BACKEND": backend, "JAX_ENABLE_X64": str(int(precision == "float64"))}
    found = np.array(json.loads(python("-c", PROGRAM, precision, **environment).stdout))
    roundings = np.abs(found - adam(gradients)).max(axis=1) / ROUNDINGS[precision]
    assert (roundings <= 2 * np.arange(1, STEPS + 1)).all(), roundings
