"""The precision of a network's arithmetic, by Keras' mixed policies.

In `"bfloat16"` and `"float16"` the layers of a network compute in that type. What has to be exact
stays float32: weights, the statistics of normalization, augmentation and the scaling of pixels, the
logits, the loss and the metrics. float16 has gradients that underflow, so its loss is scaled, by
`keras.optimizers.LossScaleOptimizer`; bfloat16 has the range of float32.

On JAX bfloat16 gains nothing on a CPU: XLA converts what goes into
each product and each convolution to float32, computes in it, and converts what comes out
(`jax.jit(f).lower(*args).compile().as_text()` shows the conversions). A loop by hand has them too;
`kerasdl bench training --precision float32,bfloat16` measures both.
"""

import contextlib

import keras

from kerasdl import backend
from kerasdl.runs import record

POLICIES = {"bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}


@contextlib.contextmanager
def computing_in(precision):
    """Within it new layers compute in a precision; then Keras has the policy it had before.

    Args:
        precision: one of `kerasdl.recipes.rules.PRECISIONS`; `"float32"` leaves Keras' policy.

    Example:
    >>> with computing_in("bfloat16"):
    ...     layer = keras.layers.Dense(3)
    >>> layer.compute_dtype, layer.variable_dtype, keras.layers.Dense(3).compute_dtype
    ('bfloat16', 'float32', 'float32')
    """
    before = keras.config.dtype_policy()
    if precision in POLICIES:
        keras.config.set_dtype_policy(POLICIES[precision])
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def with_loss_scale(optimizer, precision):
    """`optimizer`, within one that scales the loss where gradients in a precision underflow.

    The scale begins at 2**15. A step whose gradients are not finite changes no weight and halves
    it; 2,000 steps in a row that are finite double it.

    Example:
    >>> type(with_loss_scale(keras.optimizers.SGD(0.1), "float16")).__name__
    'LossScaleOptimizer'
    """
    if precision != "float16":
        return optimizer
    return keras.optimizers.LossScaleOptimizer(optimizer)


def emulation_notice(precision, cpuinfo=record.CPUINFO):
    """A sentence where a network on this machine's processor gains no speed from a precision.

    Args:
        precision: one of `kerasdl.recipes.rules.PRECISIONS`.
        cpuinfo: path of the file in which Linux describes the processor.

    Returns:
        The sentence; `""` where the processor computes in that type, where nothing is known of
        it, and where there is an accelerator.

    Example:
    >>> emulation_notice("float32")
    ''
    """
    if precision not in record.LOW_PRECISION_FLAGS or backend.accelerators():
        return ""
    flags = record.processor_flags(cpuinfo)
    if not flags or record.LOW_PRECISION_FLAGS[precision] & flags:
        return ""
    return (
        f"This processor has no {precision} arithmetic, so training in it is emulated: as exact "
        "as elsewhere, and slower than in float32."
    )
