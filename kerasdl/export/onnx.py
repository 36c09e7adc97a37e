"""ONNX, for onnxruntime and everything that reads it."""

SUFFIX, SIGN = ".onnx", ""
WRITERS = {
    "tensorflow": ("tf2onnx", "onnx"),
    "torch": ("onnxscript", "onnx"),
    "jax": ("jax2onnx", "onnx"),
}
CANNOT = {}
RUNTIMES = ("onnxruntime",)
LOADING = """\
import onnxruntime

session = onnxruntime.InferenceSession("PATH")
predictions = session.run(None, {session.get_inputs()[0].name: images})
"""


def write(model, path):
    """Through Keras or, with PyTorch, its own exporter; the outputs get the names that the model has.

    Keras 3.15 takes PyTorch's old exporter for any number of images at a time, and that one has no
    attention of Keras'.
    """
    import keras
    import onnx

    from kerasdl.export.predictions import examples, output_names

    if keras.backend.backend() == "torch":
        _write_with_torch(model, path)
    else:
        model(examples(model, count=1))  # Keras exports a model only that was called
        model.export(str(path), format="onnx", verbose=False)
    graph = onnx.load(path)
    _pool_two_axes(graph.graph)
    _replace_erfc(graph.graph)
    _rename(graph.graph, output_names(model))
    onnx.checker.check_model(graph)
    onnx.save(graph, path)


def _write_with_torch(model, path):
    import torch

    from kerasdl.export.predictions import examples

    # A batch of one would be taken for a constant.
    images = torch.from_numpy(examples(model, count=2))
    shapes = [({0: torch.export.Dim("batch")},)]
    names = [model.inputs[0].name]
    program = torch.onnx.export(
        model.eval(),
        (images,),
        input_names=names,
        dynamic_shapes=shapes,
        dynamo=True,
        verbose=False,
    )
    program.save(str(path))


def predict(path, images):
    """What onnxruntime computes."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: images})


def _rename(graph, names):
    """Give the outputs of a graph these names, by a node each that changes nothing."""
    from onnx import helper

    for output, name in zip(graph.output, names, strict=True):
        if output.name != name:
            taken = any(name in (*node.input, *node.output) for node in graph.node)
            inner = output.name
            output.name = f"{name}_output" if taken else name
            graph.node.append(helper.make_node("Identity", [inner], [output.name]))


def _pool_two_axes(graph):
    """Let max-pooling of images, channels last, run along height and width alone.

    jax2onnx pools along all four axes, with windows of one image and one channel, on a tensor with two
    axes more; that is ONNX, and onnxruntime has no kernel for it.
    """
    from onnx import helper

    producer = {name: node for node in graph.node for name in node.output}
    consumer = {name: node for node in graph.node for name in node.input}
    for pool in [node for node in graph.node if node.op_type == "MaxPool"]:
        settings = {each.name: helper.get_attribute_value(each) for each in pool.attribute}
        window = settings["kernel_shape"]
        if len(window) != 4 or (window[0], window[3]) != (1, 1):
            continue
        images, pooled, removed = pool.input[0], pool.output[0], [pool]
        while (before := producer.get(images)) is not None and before.op_type == "Unsqueeze":
            images = before.input[0]
        while (after := consumer.get(pooled)) is not None and after.op_type == "Squeeze":
            pooled = after.output[0]
            removed.append(after)
        settings = {
            name: [value[i] for i in ((1, 2, 5, 6) if name == "pads" else (1, 2))]
            for name, value in settings.items()
            if name in ("kernel_shape", "strides", "pads", "dilations")
        }
        first, last = f"{pool.name}_channels_first", f"{pool.name}_pooled"
        place = list(graph.node).index(pool)
        for node in removed:
            graph.node.remove(node)
        for node in reversed(
            (
                helper.make_node("Transpose", [images], [first], perm=[0, 3, 1, 2]),
                helper.make_node("MaxPool", [first], [last], **settings),
                helper.make_node("Transpose", [last], [pooled], perm=[0, 2, 3, 1]),
            )
        ):
            graph.node.insert(place, node)


def _replace_erfc(graph):
    """Put 1 - erf in the place of TensorFlow's erfc, which ONNX has not: in GELU, the same to 1e-7."""
    import numpy as np
    from onnx import helper, numpy_helper

    found = [node for node in graph.node if node.op_type == "Erfc"]
    if found:
        graph.initializer.append(numpy_helper.from_array(np.float32(1), "one_of_erfc"))
    for node in found:
        place = list(graph.node).index(node)
        graph.node.remove(node)
        (output,), inner = node.output, f"{node.output[0]}_erf"
        difference = helper.make_node("Sub", ["one_of_erfc", inner], [output])
        graph.node.insert(place, difference)
        graph.node.insert(place, helper.make_node("Erf", list(node.input), [inner]))
