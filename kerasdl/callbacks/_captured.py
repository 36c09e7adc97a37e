"""The state of a model and of callbacks, as a dictionary for JSON and a dictionary of arrays."""

from dataclasses import dataclass

import keras
import numpy as np

from kerasdl.callbacks._attributes import Attributes


@dataclass(frozen=True)
class Captured:
    """What was captured: of groups of variables by position, of groups of callbacks by name.

    Attributes:
        entries: dictionary for JSON; for each group of callbacks, name to what JSON can hold.
        arrays: `<group>/<position>` and `<group>/<name>/<key>` to array.
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
                state = self.entries[group][name] | self.below(f"{group}/{name}/")
                getattr(each, method)(state)

    def below(self, prefix):
        """The arrays whose names begin with `prefix`, without it."""
        return {
            name.removeprefix(prefix): array
            for name, array in self.arrays.items()
            if name.startswith(prefix)
        }


def by_name(callbacks):
    """Callbacks by position and class; one that cannot give its state is in an `Attributes`."""
    return {
        f"{i} {type(each).__name__}": each if _gives_state(each) else Attributes(each)
        for i, each in enumerate(callbacks)
    }


def capture_callbacks(callbacks, group):
    """The state of callbacks by name, a `Captured` with one group."""
    entries, arrays = {}, {}
    for name, each in callbacks.items():
        state = each.get_state()
        kept = {key: value for key, value in state.items() if isinstance(value, np.ndarray)}
        arrays |= {f"{group}/{name}/{key}": value for key, value in kept.items()}
        entries[name] = {key: value for key, value in state.items() if key not in kept}
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


def _gives_state(callback):
    return hasattr(callback, "get_state") and hasattr(callback, "set_state")


def _storable(array):
    """The array, as NumPy's files can hold it: bfloat16, which they cannot, is exact in float32."""
    return array.astype("float32") if array.dtype.kind == "V" else array
