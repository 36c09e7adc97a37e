"""Adam and AdamW on PyTorch's CPU in one pass over weights, gradients and moments.

Keras writes them as seven passes with temporaries as large as the weights. For a network of 30
million weights in batches of 256 that is more time than its forward pass: `kerasdl bench training
--workload mlp`.
"""

import keras
import torch
from torch.optim import adam


class _Fused:
    """Mixed into `keras.optimizers.Adam`: what it keeps and how it is named, saved and configured.

    Keras calls `update_step` for one weight after the other; all are moved with the last of them.
    """

    def apply(self, grads, trainable_variables=None):
        """As in every optimizer."""
        self._waiting = []
        self._expected = sum(gradient is not None for gradient in grads)
        return super().apply(grads, trainable_variables)

    def update_step(self, gradient, variable, learning_rate):
        """Move a weight, with those before it, if it is the last one."""
        self._waiting.append((gradient, variable))
        if len(self._waiting) == self._expected:
            waiting, self._waiting = self._waiting, []
            self._move(waiting, float(learning_rate))

    @torch.no_grad()
    def _move(self, waiting, learning_rate):
        gradients, variables = zip(*waiting, strict=True)
        places = [self._get_variable_index(variable) for variable in variables]
        step = int(self.iterations)
        # Keras adds its epsilon before the correction of the second moment, PyTorch after it.
        epsilon = self.epsilon / (1 - self.beta_2 ** (step + 1)) ** 0.5
        adam.adam(
            [variable.value for variable in variables],
            list(gradients),
            [self._momentums[place].value for place in places],
            [self._velocities[place].value for place in places],
            [],
            list(torch.full((len(places),), float(step)).unbind()),
            fused=True,
            amsgrad=False,
            beta1=self.beta_1,
            beta2=self.beta_2,
            lr=learning_rate,
            weight_decay=0.0,  # which Keras applies before
            eps=epsilon,
            maximize=False,
        )


@keras.saving.register_keras_serializable("kerasdl")
class FusedAdam(_Fused, keras.optimizers.Adam):
    """`keras.optimizers.Adam`, of whose arguments it takes all but `amsgrad`.

    Example:
    >>> weight = keras.Variable([1.0])
    >>> FusedAdam(0.1).apply([keras.ops.ones(1)], [weight])
    >>> round(float(weight[0]), 4)
    0.9
    """


@keras.saving.register_keras_serializable("kerasdl")
class FusedAdamW(_Fused, keras.optimizers.AdamW):
    """`keras.optimizers.AdamW`, of whose arguments it takes all but `amsgrad`.

    Example:
    >>> weight = keras.Variable([1.0])
    >>> FusedAdamW(0.1, weight_decay=0.5).apply([keras.ops.ones(1)], [weight])
    >>> round(float(weight[0]), 4)
    0.85
    """
