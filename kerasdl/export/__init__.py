"""A trained model as a file of another format, for programs that have no Keras.

A format is a module here, by the name that the command line knows it by: `onnx.py` is
`--format onnx`. It holds

    SUFFIX        of the file; "" for a folder, as of `saved_model`
    SIGN          name of a file by which such a folder is known; "" where a file is written
    WRITERS       backend -> modules that have to be importable beside it
    CANNOT        backend -> why it cannot write the format, in a few words: each other backend
    RUNTIMES      modules of the program that computes from the file, for which it was written
    LOADING       Python code that loads the file `PATH` and predicts from `images`
    write(model, path)
    predict(path, images) -> list of arrays, in the order of the model's outputs

and imports what it needs when it is called. Beside them, `writing.py` checks what they write and puts it
in its place, `predictions.py` compares, and `cards.py` describes. A new format is a new module, and a case of
`tests/test_export.py`.
"""

from kerasdl import discovery
from kerasdl.export.writing import Exported, expect_possible, export, format_module

FORMATS = discovery.modules(__name__, besides=("cards", "predictions", "writing"))
"""Names of the formats, in alphabetical order."""

__all__ = ["FORMATS", "Exported", "expect_possible", "export", "format_module"]
