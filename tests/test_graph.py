"""A model's calls as a list, against models whose calls are known; and what importing it loads."""

import keras
import numpy as np
import pytest
from keras import layers

from kerasdl.errors import UsageError
from kerasdl.inspection import describe
from kerasdl.inspection.graph import functional, trace
from kerasdl.models import MLP


def nested():
    """A model in a model in a model, called twice, with a layer that all of them share."""
    shared = layers.Dense(4, name="shared")
    inmost = keras.Sequential([keras.Input((4,)), shared], name="inmost")
    x = keras.Input((4,), name="x")
    middle = keras.Model(x, {"same": inmost(x), "half": layers.Dense(2, name="half")(x)})
    middle.name = "middle"
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    first = middle(shared(left))
    second = middle(layers.Add(name="sum")([first["same"], right]))
    outputs = {"a": second["half"], "b": first["half"]}
    return keras.Model({"left": left, "right": right}, outputs)


def run(graph, inputs):
    """What the recorded calls compute, one after the other."""
    values = dict(zip(keras.tree.flatten(graph.inputs), inputs, strict=True))

    def computed(structure):
        return keras.tree.map_structure(
            lambda x: values[x] if isinstance(x, keras.KerasTensor) else x, structure
        )

    for call in graph.calls:
        results = call.layer(*computed(call.args), **computed(call.kwargs))
        values |= zip(call.outputs, keras.tree.flatten(results), strict=True)
    return keras.tree.map_structure(keras.ops.convert_to_numpy, computed(graph.outputs))


def test_the_calls_of_nested_models_compute_what_the_model_does():
    model, rng = nested(), np.random.default_rng(0)
    left, right = rng.normal(size=(2, 3, 4)).astype("float32")
    graph = trace(model)
    assert ["/".join(call.path) for call in graph.calls] == [
        *("shared", "middle/inmost/shared", "middle/half", "sum"),
        *("middle/inmost/shared", "middle/half"),
    ]
    found = run(graph, [left, right])
    expected = model({"left": left, "right": right})
    for name in ("a", "b"):
        np.testing.assert_allclose(
            found[name], keras.ops.convert_to_numpy(expected[name]), rtol=1e-5, atol=1e-6
        )


def test_the_model_is_as_before(tmp_path):
    """Its layers were called once more, which changes nothing that it says, saves or computes."""
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4, name="d")], name="inner")
    twice, x = layers.Dense(4, name="twice"), keras.Input((4,), name="x")
    model = keras.Model(x, inner(twice(inner(twice(x)))))
    example = np.ones((2, 4), "float32")
    before = (
        model.to_json(),
        [layer.output for layer in model.layers],
        model.predict(example, verbose=0),
    )
    trace(model)
    describe(model)
    assert model.to_json() == before[0]
    assert all(x is layer.output for x, layer in zip(before[1], model.layers, strict=True))
    np.testing.assert_array_equal(model.predict(example, verbose=0), before[2])
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.predict(example, verbose=0), before[2])


def test_a_compiled_model_is_traced_whatever_it_is_compiled_with():
    """A loss that no file could name: the copy that is traced is not compiled."""
    model = MLP((3,), 2, units=())
    model.compile("sgd", loss=lambda y, given: keras.ops.mean(given))
    assert [call.layer.name for call in trace(model).calls] == ["logits", "predictions"]


def test_operations_between_tensors_are_calls_too():
    x = keras.Input((6, 2), name="x")
    model = keras.Model(x, keras.ops.transpose(2.0 * x, axes=(0, 2, 1)))
    graph = trace(model, [(5, 2)])
    assert [type(call.layer).__name__ for call in graph.calls] == ["Multiply", "Transpose"]
    assert graph.calls[-1].outputs[0].shape == (None, 2, 5)
    assert graph.inputs.name == "x"


def test_what_has_no_graph():
    class Subclass(keras.Model):
        def call(self, x):
            return x

    for model in (Subclass(name="own"), keras.Sequential([layers.Dense(2)], name="raw")):
        assert functional(model) is None
        with pytest.raises(UsageError, match=f"{model.name} should be a functional or sequential"):
            trace(model)


def test_importing_inspection_needs_no_matplotlib(python):
    """Keras imports it where it can; here nothing can."""
    code = "import sys; sys.modules['matplotlib'] = None; import kerasdl.inspection as room"
    assert python("-c", f"{code}; print(room.describe.__name__)").stdout == "describe\n"
