"""The state of a model and of callbacks, as a dictionary for JSON and a dictionary of arrays."""

import collections
from dataclasses import dataclass

import keras

from kerasdl.callbacks._attributes import Attributes, decoded, encoded
from kerasdl.errors import UsageError


@dataclass(frozen=True)
class Captured:
    """What was captured: of groups of variables by position, of groups of callbacks by name.

    Attributes:
        entries: dictionary for JSON; for each group of callbacks, name to state.
        arrays: `<group>/<position>` and `<group>/<name>/<number>` to array.
    """

    entries: dict
    arrays: dict

    def assign(self, variables, group):
        """Give each variable of a group its value."""
        for i, variable in enumerate(variables):
            variable.assign(self.arrays[f"{group}/{i}"])

    def give(self, callbacks, group, method):
        """Call `method` of callbacks with the state that was captured of them, where both exist."""
        for name, each in callbacks.items():
            if name in self.entries[group] and hasattr(each, method):
                arrays = self.below(f"{group}/{name}/")
                arrays = [arrays[str(i)] for i in range(len(arrays))]
                getattr(each, method)(decoded(self.entries[group][name], arrays))

    def below(self, prefix):
        """The arrays whose names begin with `prefix`, without it."""
        return {
            name.removeprefix(prefix): array
            for name, array in self.arrays.items()
            if name.startswith(prefix)
        }

    def is_whole(self):
        """Whether nothing is missing that a `Checkpoint` saves."""
        kinds = {"owner": dict, "epoch": int, "step": int, "stopped": bool, "shapes": list}
        kinds |= {"parts": dict, "others": dict, "unknown": dict}
        entries, arrays = self.entries, self.arrays
        return (
            isinstance(entries, dict)
            and all(isinstance(entries.get(name), kind) for name, kind in kinds.items())
            and all(
                f"state/{i}" in arrays and list(arrays[f"state/{i}"].shape) == shape
                for i, shape in enumerate(entries["shapes"])
            )
        )

    def lost(self, callbacks):
        """Sentences on the user's callbacks that begin anew, or on what of their state does."""
        saved, unknown = self.entries["others"], self.entries["unknown"]
        for name in sorted(callbacks.keys() | saved.keys()):
            kind = name.split()[0]
            if name not in saved:
                yield f"the callback {kind} is new: its state begins here"
            elif name not in callbacks:
                yield f"the callback {kind} is missing: its state is lost"
            elif name in unknown:
                names = ", ".join(f"{key} (a {of})" for key, of in unknown[name].items())
                yield f"the callback {kind} begins anew in what cannot be saved: {names}"


def by_name(callbacks):
    """Callbacks by class and, where several are of one, their number among these.

    One that cannot give its state is in an `Attributes`.
    """
    counts, named = collections.Counter(), {}
    for each in callbacks:
        kind = type(each).__name__
        counts[kind] += 1
        gives_state = hasattr(each, "get_state") and hasattr(each, "set_state")
        named[f"{kind} {counts[kind]}"] = each if gives_state else Attributes(each)
    return named


def capture_callbacks(callbacks, group):
    """The state of callbacks by name, a `Captured` with one group.

    Raises:
        UsageError: `get_state()` of one gave what cannot be saved.
    """
    entries, arrays = {}, {}
    for name, each in callbacks.items():
        kept = []
        try:
            entries[name] = encoded(dict(each.get_state()), kept)
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"get_state() of the callback {name.split()[0]} should give a dictionary of "
                f"numbers, texts, arrays, and lists and dictionaries of them; received {error}."
            ) from error
        arrays |= {f"{group}/{name}/{i}": array for i, array in enumerate(kept)}
    return Captured({group: entries}, arrays)


def capture_variables(variables, group):
    """The values of variables: dictionary of `<group>/<position>` to array."""
    return {
        f"{group}/{i}": _storable(keras.ops.convert_to_numpy(variable.value))
        for i, variable in enumerate(variables)
    }


def variables_of(model):
    """Weights, generators and the optimizer's state; metrics are captured by themselves."""
    metrics = {id(variable) for variable in model.metrics_variables}
    own = [variable for variable in model.variables if id(variable) not in metrics]
    return own + model.optimizer.variables


def shapes_of(model):
    """The shapes of these variables, as JSON has them."""
    return [list(variable.shape) for variable in variables_of(model)]


def _storable(array):
    """The array, as NumPy's files can hold it: bfloat16, which they cannot, is exact in float32."""
    return array.astype("float32") if array.dtype.kind == "V" else array
