"""What `optimizer.arguments` of a recipe may hold: Keras takes most values, and stumbles in training."""

from kerasdl.errors import UsageError
from kerasdl.recipes.rules import BOOLEAN, NOT_NEGATIVE, RULES, SHARE
from kerasdl.recipes.value_rules import Rule, is_number, number, optional, text, whole

_CLIP = RULES["optimizer.clip_norm"]
_FROM_0_TO_1 = Rule(
    lambda value: is_number(value) and 0 <= value <= 1,
    "a number from 0 to 1",
    {"type": "number", "minimum": 0, "maximum": 1},
)
_OF_ALL = {
    "weight_decay": optional(NOT_NEGATIVE),
    "clipnorm": _CLIP,
    "clipvalue": _CLIP,
    "global_clipnorm": _CLIP,
    "use_ema": BOOLEAN,
    "ema_momentum": _FROM_0_TO_1,
    "ema_overwrite_frequency": optional(whole(1)),
    "loss_scale_factor": optional(number("a positive number", above=0)),
    "gradient_accumulation_steps": optional(whole(2)),
    "name": optional(text("a name")),
}
_ADAM = {"beta_1": SHARE, "beta_2": SHARE, "epsilon": NOT_NEGATIVE, "amsgrad": BOOLEAN, **_OF_ALL}
OPTIMIZER_ARGUMENTS = {
    "sgd": {"momentum": _FROM_0_TO_1, "nesterov": BOOLEAN, **_OF_ALL},
    "adam": _ADAM,
    "adamw": {**_ADAM, "weight_decay": NOT_NEGATIVE},
    "rmsprop": {
        "rho": SHARE,
        "momentum": _FROM_0_TO_1,
        "epsilon": NOT_NEGATIVE,
        "centered": BOOLEAN,
        **_OF_ALL,
    },
    # The optimizer itself checks its groups, of which only a part are values of a recipe.
    "muon": {"groups": None, **_OF_ALL},
}
"""Name of an optimizer -> its arguments, by Keras' names, beside the learning rate -> their rules."""


def checked_arguments(setting):
    """The arguments of a recipe's optimizer, numbers as Keras takes them.

    Args:
        setting: a `kerasdl.recipes.Optimizer`.

    Raises:
        UsageError: an argument is unknown (the known ones are listed), or what it should not be.

    Example:
    >>> from kerasdl.recipes import Optimizer
    >>> checked_arguments(Optimizer("sgd", learning_rate=0.1, arguments={"momentum": 0}))
    {'momentum': 0.0}
    """
    rules = OPTIMIZER_ARGUMENTS[setting.name]
    for name, value in setting.arguments.items():
        if name == "learning_rate":
            raise UsageError(
                "optimizer.arguments should not hold learning_rate: set optimizer.learning_rate."
            )
        if name not in rules:
            raise UsageError(
                f"optimizer.arguments of {setting.name} should be of {', '.join(rules)}; "
                f"received {name:.80}."
            )
        rule = rules[name]
        if rule is not None and not rule.holds(value):
            raise UsageError(
                f"optimizer.arguments.{name} should be {rule.expected}; received {value!r:.200}."
            )
    found = dict(setting.arguments)
    if "momentum" in found:
        found["momentum"] = float(found["momentum"])  # Keras' SGD refuses a whole number
    return found
