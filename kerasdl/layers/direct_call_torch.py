"""Calls of layers on PyTorch without what Keras does around them."""

import functools

import torch


class DirectCall:
    """Mixed into a layer: its call on tensors of its own type is `call`, and nothing around it.

    In `Layer.__call__` Keras binds the signature, converts, looks for masks and opens scopes: more
    time than the layers of a small network need to compute. A call with anything that this is
    for goes through it all the same: symbolic tensors, other types, masks, a first call, an argument
    `training` that is left to the caller's, losses of the outputs.
    """

    takes_training = False
    """Whether `call` has an argument `training` that matters."""

    can_rectify = False
    """Whether it can compute the ReLU behind it, in place: no gradient needs what is before it."""

    rectifies = False
    """Whether it does; `with_fast_layers` says so."""

    @staticmethod
    def applies_to(layer):
        """Whether it computes what `layer` does."""
        return True

    def __call__(self, *args, **kwargs):
        if self._may_skip(args, kwargs):
            return self.call(*args, **kwargs) if self.takes_training else self.call(*args)
        return super().__call__(*args, **kwargs)

    def _may_skip(self, args, kwargs):
        if not self.built or self.activity_regularizer is not None or len(args) != 1:
            return False
        known = kwargs.keys() <= {"training"}
        if not known or (self.takes_training and kwargs.get("training") is None):
            return False
        if self._exact_weight is not None and self._exact_weight.value.dtype != self._torch_dtype:
            return False  # in a model of mixed precision, whose weights come rounded
        inputs = args[0] if isinstance(args[0], list) else args
        return all(
            isinstance(x, torch.Tensor)
            and x.dtype is self._torch_dtype
            and getattr(x, "_keras_mask", None) is None
            for x in inputs
        )

    @functools.cached_property
    def _exact_weight(self):
        """A weight of a layer that computes in the type of its weights."""
        is_exact = self.compute_dtype == self.variable_dtype
        return next(iter(self.weights), None) if is_exact else None

    @functools.cached_property
    def _torch_dtype(self):
        return getattr(torch, self.compute_dtype)

    def tensors(self, *variables):
        """The tensors of variables, in the precision that the layer computes in."""
        dtype = self._torch_dtype
        # With LoRA a kernel is a tensor, computed of its variables.
        return [None if x is None else getattr(x, "value", x).to(dtype) for x in variables]
