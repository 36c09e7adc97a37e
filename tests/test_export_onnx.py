"""What is mended in the ONNX graphs that converters write, against the formula in NumPy."""

import math

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="its graphs are mended")
onnxruntime = pytest.importorskip("onnxruntime", reason="computes the mended graphs")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from kerasdl.export.onnx import _pool_two_axes, _rename, _replace_erfc  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


def graph_of(nodes, constants=(), shape=None):
    """A graph from the tensor `x` to the tensor `y`."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in "xy")
    constants = [numpy_helper.from_array(np.array(v), name) for name, v in dict(constants).items()]
    return helper.make_graph(nodes, "g", [x], [y], constants)


def compute(graph, x):
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {"x": x})[0]


def test_erfc_is_one_less_erf():
    graph = graph_of([helper.make_node("Erfc", ["x"], ["y"])], shape=["n"])
    x = np.linspace(-5, 5, 41).astype("float32")
    _replace_erfc(graph)
    expected = [math.erfc(each) for each in x]
    np.testing.assert_allclose(compute(graph, x), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("pads", [None, [0, 1, 1, 0, 0, 1, 1, 0]])
def test_max_pooling_of_images_runs_along_two_axes(pads):
    """As jax2onnx writes it: two axes more, windows along all four, and the two axes less."""
    settings = {"kernel_shape": [1, 3, 2, 1], "strides": [1, 2, 2, 1]}
    nodes = [
        helper.make_node("Unsqueeze", ["x", "zero"], ["a"]),
        helper.make_node("Unsqueeze", ["a", "one"], ["b"]),
        helper.make_node("MaxPool", ["b"], ["c"], **settings, **({"pads": pads} if pads else {})),
        helper.make_node("Squeeze", ["c", "both"], ["y"]),
    ]
    graph = graph_of(nodes, {"zero": [0], "one": [1], "both": [0, 1]}, ["n", "h", "w", "c"])
    _pool_two_axes(graph)
    x = np.random.default_rng(0).normal(size=(2, 7, 6, 3)).astype("float32")
    found = compute(graph, x)
    edge = 1 if pads else 0
    padded = np.pad(x, ((0, 0), (edge,) * 2, (edge,) * 2, (0, 0)), constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 2), (1, 2))[:, ::2, ::2]
    np.testing.assert_array_equal(found, windows.max(axis=(-2, -1)))


def test_outputs_are_renamed():
    graph = graph_of([helper.make_node("Neg", ["x"], ["y"])], shape=["n"])
    _rename(graph, ["predictions"])
    assert [each.name for each in graph.output] == ["predictions"]
    np.testing.assert_array_equal(compute(graph, np.ones(2, "float32")), -np.ones(2))
