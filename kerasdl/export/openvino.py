"""OpenVINO's IR, for Intel's processors: a .xml file, and a .bin file beside it with the weights."""

import contextlib
import os

SUFFIX, SIGN = ".xml", ""
WRITERS = {
    "tensorflow": ("openvino",),
    "torch": ("openvino",),
    "jax": ("openvino", "jax2onnx", "onnx"),
}
CANNOT = {}
RUNTIMES = ("openvino",)
LOADING = """\
import openvino

settings = {"INFERENCE_PRECISION_HINT": "f32"}  # or what the processor is fastest in
model = openvino.Core().compile_model("PATH", "CPU", settings)
predictions = list(model(images).values())
"""


def write(model, path):
    """Through Keras; with JAX through ONNX, as OpenVINO reads no SavedModel of JAX's operations."""
    import keras

    with _no_statistics():
        if keras.backend.backend() == "jax":
            _write_through_onnx(model, path)
        else:
            _with_tuple(model).export(str(path), format="openvino", verbose=False)
            _drop_numbers(path)


def _with_tuple(model):
    """The model, with a tuple in the place of a dictionary of outputs, which PyTorch cannot trace."""
    import keras

    if keras.backend.backend() != "torch" or not isinstance(model.output, dict):
        return model
    return keras.Model(model.input, tuple(keras.tree.flatten(model.output)))


def _write_through_onnx(model, path):
    import openvino

    from kerasdl.export import onnx

    between = path.with_suffix(".onnx")
    onnx.write(model, between)
    openvino.save_model(openvino.convert_model(between), path, compress_to_fp16=False)
    between.unlink()


def _drop_numbers(path):
    """Leave the outputs of the model alone: TensorFlow's graph of a transformer gives numbers besides."""
    import openvino

    core = openvino.Core()
    core.set_property({"ENABLE_MMAP": False})  # what is mapped could not be replaced
    model = core.read_model(path)
    numbers = [each for each in model.results if _is_number(each)]
    if numbers:
        for each in numbers:
            model.remove_result(each)
        openvino.save_model(model, path, compress_to_fp16=False)


def _is_number(result):
    rank = result.get_output_partial_shape(0).rank
    return rank.is_static and rank.get_length() == 0


@contextlib.contextmanager
def _no_statistics():
    """Within it OpenVINO's converter sends nobody statistics of its use: it takes this for a CI job."""
    before = os.environ.get("CI")
    os.environ["CI"] = "true"
    try:
        yield
    finally:
        del os.environ["CI"]
        if before is not None:
            os.environ["CI"] = before


def predict(path, images):
    """What OpenVINO computes in float32 on the processor."""
    import openvino

    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    model = openvino.Core().compile_model(str(path), "CPU", settings)
    found = model(images)
    return [found[output] for output in model.outputs]
