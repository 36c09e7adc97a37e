"""Adam and AdamW on TensorFlow's CPU in one pass over each weight, its gradient and its moments.

Keras writes them as a dozen operations with temporaries as large as the weight. TensorFlow's own
`ResourceApplyAdam` is one, of the same formula. For a network of 30 million weights in batches of
256 a loop by hand that has it was a third faster: `kerasdl bench training --workload mlp`.
"""

import keras
import numpy as np
import tensorflow as tf


class _Fused:
    """Mixed into `keras.optimizers.Adam`: what it keeps and how it is named, saved and configured."""

    def update_step(self, gradient, variable, learning_rate):
        """Move one weight and its two moments; see `keras.optimizers.Optimizer.update_step`."""
        rows_alone = isinstance(gradient, tf.IndexedSlices)  # as embeddings have
        if self.amsgrad or rows_alone or not self._is_below_1(variable.dtype):
            super().update_step(gradient, variable, learning_rate)
            return
        place, dtype = self._get_variable_index(variable), variable.dtype
        beta_1, beta_2 = (tf.constant(beta, dtype) for beta in (self.beta_1, self.beta_2))
        step = keras.ops.cast(self.iterations, "float64") + 1
        # Keras multiplies squares by `1 - beta_2`, TensorFlow by 1 - beta_2 as the weight's type has
        # it, which in float32 is smaller by 1.3e-5 of it. By the root of that rate and epsilon are too.
        factor = tf.sqrt((1 - tf.cast(beta_2, tf.float64) ** step) / (1 - self.beta_2**step))
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[place].value.handle,
            v=self._velocities[place].value.handle,
            beta1_power=beta_1 ** tf.cast(step, dtype),
            beta2_power=beta_2 ** tf.cast(step, dtype),
            lr=tf.cast(tf.cast(learning_rate, tf.float64) * factor, dtype),
            beta1=beta_1,
            beta2=beta_2,
            epsilon=tf.cast(self.epsilon * factor, dtype),
            grad=tf.cast(gradient, dtype),
        )

    def _is_below_1(self, dtype):
        """Whether the decay of the squares' mean is below 1 in a type; in bfloat16 it rounds to 1."""
        return float(np.asarray(self.beta_2, tf.as_dtype(dtype).as_numpy_dtype)) < 1


@keras.saving.register_keras_serializable("kerasdl")
class FusedAdam(_Fused, keras.optimizers.Adam):
    """`keras.optimizers.Adam`, with all of its arguments; `amsgrad` is computed as Keras does.

    Example:
    >>> weight = keras.Variable([1.0])
    >>> FusedAdam(0.1).apply([keras.ops.ones(1)], [weight])
    >>> round(float(keras.ops.convert_to_numpy(weight)[0]), 4)
    0.9
    """


@keras.saving.register_keras_serializable("kerasdl")
class FusedAdamW(_Fused, keras.optimizers.AdamW):
    """`keras.optimizers.AdamW`, with all of its arguments; `amsgrad` is computed as Keras does.

    Example:
    >>> weight = keras.Variable([1.0])
    >>> FusedAdamW(0.1, weight_decay=0.5).apply([keras.ops.ones(1)], [weight])
    >>> round(float(keras.ops.convert_to_numpy(weight)[0]), 4)
    0.85
    """
