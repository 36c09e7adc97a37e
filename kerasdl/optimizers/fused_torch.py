"""Adam and AdamW on PyTorch's CPU in one pass over weights, gradients and moments.

Keras writes them as seven passes with temporaries as large as the weights. For a network of 30
million weights in batches of 256 that is more time than its forward pass: `kerasdl bench training
--workload mlp`.
"""

import keras
import torch
from torch.optim import adam


class _Fused:
    """Mixed into `keras.optimizers.Adam`: what it keeps and how it is named, saved and configured."""

    # The only method through which Keras moves all weights at once; see `pretrained.with_rates`.
    @torch.no_grad()
    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        weights = [variable.value for variable in trainable_variables]
        if self.amsgrad or not all(weight.is_contiguous() for weight in weights):
            super()._backend_update_step(grads, trainable_variables, learning_rate)
            return
        places = [self._get_variable_index(variable) for variable in trainable_variables]
        step = int(self.iterations)
        corrections = [1 - beta ** (step + 1) for beta in (self.beta_1, self.beta_2)]
        exact = corrections[1] ** 0.5 / corrections[0]  # as PyTorch has it
        rounded = _unbiased(self.beta_1, self.beta_2, step + 1, weights[0].dtype)
        adam.adam(
            weights,
            [gradient.contiguous() for gradient in grads],  # it goes by the order in memory
            [self._momentums[place].value for place in places],
            [self._velocities[place].value for place in places],
            [],
            list(torch.full((len(places),), float(step)).unbind()),
            fused=True,
            amsgrad=False,
            beta1=self.beta_1,
            beta2=self.beta_2,
            lr=float(learning_rate) * float(rounded) / exact,
            weight_decay=0.0,  # which Keras applies before
            # Keras adds its epsilon before the correction of the second moment, PyTorch after it.
            eps=self.epsilon / corrections[1] ** 0.5,
            maximize=False,
        )


def _unbiased(beta_1, beta_2, step, dtype):
    """The factor of the learning rate, rounded as Keras rounds it on all backends.

    In float32 `1 - 0.999` has five digits: the first steps are wrong by as much, everywhere alike.
    """
    beta_1, beta_2, step = (torch.tensor(value, dtype=dtype) for value in (beta_1, beta_2, step))
    return torch.sqrt(1 - beta_2**step) / (1 - beta_1**step)


@keras.saving.register_keras_serializable("kerasdl")
class FusedAdam(_Fused, keras.optimizers.Adam):
    """`keras.optimizers.Adam`; with `amsgrad` it is not faster.

    Example:
    >>> weight = keras.Variable([1.0])
    >>> FusedAdam(0.1).apply([keras.ops.ones(1)], [weight])
    >>> round(float(keras.ops.convert_to_numpy(weight)[0]), 4)
    0.9
    """


@keras.saving.register_keras_serializable("kerasdl")
class FusedAdamW(_Fused, keras.optimizers.AdamW):
    """`keras.optimizers.AdamW`; with `amsgrad` it is not faster.

    Example:
    >>> weight = keras.Variable([1.0])
    >>> FusedAdamW(0.1, weight_decay=0.5).apply([keras.ops.ones(1)], [weight])
    >>> round(float(keras.ops.convert_to_numpy(weight)[0]), 4)
    0.85
    """
