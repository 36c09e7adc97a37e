"""Muon for kernels of any rank, with learning rates and update rules by group of weights."""

import re
from collections.abc import Mapping

import keras
from keras import ops

from kerasdl.optimizers.arguments import expect
from kerasdl.optimizers.update_rules import UPDATES

DEFAULT_GROUPS = (
    {"weights": r"(query|key|value)/kernel$", "update": "muon", "output_axes": (-2, -1)},
    {"weights": r"embedding|(logits|predictions)/kernel$", "update": "adamw"},
    {"weights": r"kernel$", "update": "muon"},
    {"weights": "", "update": "adamw"},
)
"""Kernels by Muon, of attention by all heads together; embeddings, the last layer and all else AdamW."""

_OF_EVERY_GROUP = ("weights", "update", "learning_rate", "weight_decay")


@keras.saving.register_keras_serializable("kerasdl")
class Muon(keras.optimizers.Optimizer):
    """Muon (momentum, orthogonalized by Newton and Schulz) for kernels, another rule for the rest.

    `keras.optimizers.Muon` orthogonalizes weights of two axes only. Here a group says by axis how
    a kernel is a matrix: so convolutions `(height, width, in, out)` are orthogonalized as matrices
    `(height * width * in, out)`, and attention over all of its heads or over each by itself. In
    every step, with the group's learning rate and weight decay,

        w = w - learning_rate (weight_decay w + direction)

    where `kerasdl.optimizers.update_rules` has the formulas of the directions.

    Args:
        learning_rate: of the groups that have none of their own: a number or a schedule. What sets
            the learning rate of an optimizer, such as a callback, sets this one.
        groups: dictionaries, of which the first whose `"weights"`, a regular expression, is found
            in the path of a weight decides. `"update"` is `"muon"`, `"sgd"` or `"adamw"`;
            `"learning_rate"` (a number or a schedule of the step) and `"weight_decay"` are those
            of the group where it has its own; what else it has are arguments of
            `MuonRule`, `SGDRule` or `AdamWRule` in `kerasdl.optimizers.update_rules`.
        weight_decay: decoupled weight decay, times the learning rate, of the groups that have none
            of their own; `None` for none.
        name: of the optimizer.
        **kwargs: as for every Keras optimizer: `global_clipnorm`, `use_ema`, ...

    Raises:
        ValueError: a group has an unknown update or argument, one that is no such value as it
            should be, or axes that its weights do not have; no group has a weight.

    Example: a convolution, whose kernel is moved by a matrix of the norm that Muon gives it.
    >>> kernel = keras.Variable(np.zeros((3, 3, 2, 4)), name="kernel")
    >>> muon = Muon(1.0, groups=({"weights": "kernel", "update": "muon", "scale": None},))
    >>> muon.apply([keras.ops.ones((3, 3, 2, 4))], [kernel])
    >>> round(float(np.linalg.norm(kernel.numpy())), 1)
    0.7
    """

    def __init__(
        self,
        learning_rate=0.001,
        groups=DEFAULT_GROUPS,
        weight_decay=None,
        name="muon",
        **kwargs,
    ):
        super().__init__(learning_rate, name=name, **kwargs)
        expect("a number, 0 or more, or None", weight_decay=weight_decay)
        if not isinstance(groups, (list, tuple)):
            raise ValueError(
                f"Expected `groups` to be a list of dictionaries. Received: groups={groups!r:.200}"
            )
        self.groups = tuple(_checked(group) for group in groups)
        self.decay = weight_decay  # not Keras' attribute, which has one learning rate for all
        self._rules = [_rule(group) for group in self.groups]

    def build(self, variables):
        """Find the group of each variable, and make what its rule keeps."""
        if self.built:
            return
        super().build(variables)
        self._group_of, self._slots = self.find_groups(variables), []
        for variable, number in zip(variables, self._group_of, strict=True):
            self._slots.append(
                [
                    self.add_variable_from_reference(reference_variable=variable, name=slot)
                    for slot in self._rules[number].slots
                ]
            )

    def update_step(self, gradient, variable, learning_rate):
        """Move one variable by the rule of its group."""
        index = self._get_variable_index(variable)
        number = self._group_of[index]
        group, rule, slots = self.groups[number], self._rules[number], self._slots[index]
        rate = ops.cast(self._rate(group, learning_rate), variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        values = [ops.convert_to_tensor(slot) for slot in slots]
        direction, values = rule(gradient, values, self.iterations + 1)
        weight = rule.prepared(ops.convert_to_tensor(variable))
        decay = group.get("weight_decay", self.decay)
        if decay and self._use_weight_decay(variable):
            direction = direction + decay * weight
        for slot, value in zip(slots, values, strict=True):
            self.assign(slot, value)
        self.assign(variable, weight - rate * direction)

    def find_groups(self, variables):
        """The place in `groups` of the group of each variable.

        Raises:
            ValueError: one has none, or its group has axes that it does not have.
        """
        return [self._find_group(variable) for variable in variables]

    def group_of(self, variable):
        """The group, of `groups`, that a variable of the built optimizer is in."""
        return self.groups[self._group_of[self._get_variable_index(variable)]]

    def get_config(self):
        """The arguments of `__init__`; schedules among them in Keras' serialized form."""
        groups = [_with_rate(keras.saving.serialize_keras_object, group) for group in self.groups]
        return {**super().get_config(), "groups": groups, "weight_decay": self.decay}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The optimizer that `get_config` describes."""

        def rate(value):
            is_schedule = isinstance(value, Mapping)
            return keras.saving.deserialize_keras_object(value) if is_schedule else value

        groups = [_with_rate(rate, group) for group in config.get("groups", DEFAULT_GROUPS)]
        return super().from_config({**config, "groups": groups}, custom_objects)

    def _rate(self, group, learning_rate):
        own = group.get("learning_rate", learning_rate)
        # As Keras does, schedules are given the steps that gradient accumulation has not divided.
        return own(self._iterations) if callable(own) else own

    def _find_group(self, variable):
        for number, group in enumerate(self.groups):
            if re.search(group["weights"], variable.path):
                try:
                    self._rules[number].check(variable)
                except ValueError as error:
                    raise ValueError(f"{variable.path}: {error}") from error
                return number
        raise ValueError(
            f"Expected a group of the optimizer for every weight. Received: {variable.path}, which "
            f"none of {[group['weights'] for group in self.groups]} finds"
        )


def _checked(group):
    """A copy of a group that has what every group needs, its lists as tuples."""
    is_group = isinstance(group, Mapping) and isinstance(group.get("weights"), str)
    if not is_group or group.get("update") not in tuple(UPDATES):
        raise ValueError(
            "Expected each group to be a dictionary with `weights`, a regular expression, and "
            f"`update`, one of {', '.join(UPDATES)}. Received: {group!r:.200}"
        )
    try:
        re.compile(group["weights"])
    # A number of repetitions that is too large, or too deep a nesting.
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(
            f"Expected `weights` of a group to be a regular expression ({error}). "
            f"Received: weights={group['weights']!r:.200}"
        ) from error
    expect("a number, 0 or more, or None", weight_decay=group.get("weight_decay"))
    if "learning_rate" in group:
        expect("a number, 0 or more, or a schedule", learning_rate=group["learning_rate"])
    return {key: tuple(value) if isinstance(value, list) else value for key, value in group.items()}


def _with_rate(function, group):
    """A group with `function` of its learning rate, if it has one."""
    own = {"learning_rate": function(group["learning_rate"])} if "learning_rate" in group else {}
    return {**group, **own}


def _rule(group):
    arguments = {key: value for key, value in group.items() if key not in _OF_EVERY_GROUP}
    kind = UPDATES[group["update"]]
    known = kind.__dataclass_fields__.keys() - {"slots"}
    if unknown := sorted(arguments.keys() - known):
        raise ValueError(
            f"Expected the arguments of the update {group['update']} to be of {sorted(known)}. "
            f"Received: {', '.join(unknown)}"
        )
    return kind(**arguments)
