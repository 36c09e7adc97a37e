"""What the package never does with what others wrote: unpickle it, or run it."""

import ast
from pathlib import Path

import pytest

pytestmark = pytest.mark.no_backend

ROOT = Path(__file__).parents[1]
FILES = sorted([*(ROOT / "kerasdl").rglob("*.py"), *(ROOT / "scripts").rglob("*.py")])
# Modules that make objects of any class, or run code, from bytes.
MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}
BUILTINS = {"eval", "exec", "compile", "__import__"}
METHODS = {"read_pickle", "enable_unsafe_deserialization", "extractall", "unpack_archive"}
FUNCTIONS = {"os.system", "os.popen"}
# Read nothing but the file that the same call of `export` has written a moment before.
OWN_FILES = {
    "kerasdl/export/torch_export.py: torch.export.load",
    "kerasdl/export/torchscript.py: torch.jit.load",
}


def dangers(tree):
    """Lines of a module that unpickle or run what they are given, with the reason."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.name for alias in node.names]
            names = names if isinstance(node, ast.Import) else [node.module or ""]
            for name in names:
                if name.partition(".")[0] in MODULES:
                    yield node.lineno, name
        if not isinstance(node, ast.Call):
            continue
        function = ast.unparse(node.func)
        last = function.rpartition(".")[2]
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        if isinstance(node.func, ast.Name) and function in BUILTINS:
            yield node.lineno, function
        if function in FUNCTIONS or ("." in function and last in METHODS):
            yield node.lineno, function
        if last == "load" and function.split(".")[0] in ("torch", "yaml"):
            weights_only = given.get("weights_only")
            if not (isinstance(weights_only, ast.Constant) and weights_only.value is True):
                yield node.lineno, function
        for name, harmless in (("allow_pickle", False), ("safe_mode", True), ("shell", False)):
            value = given.get(name)
            if isinstance(value, ast.Constant) and value.value is not harmless:
                yield node.lineno, f"{function}({name}={value.value})"


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from pickle import loads",
        "import joblib.memory",
        "eval(text)",
        "exec(text)",
        "np.load(path, allow_pickle=True)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "yaml.load(text)",
        "pd.read_pickle(path)",
        "keras.config.enable_unsafe_deserialization()",
        "keras.saving.load_model(path, safe_mode=False)",
        "archive.extractall(folder)",
        "subprocess.run(words, shell=True)",
        "os.system(words)",
    ],
)
def test_dangers_are_found(line):
    assert list(dangers(ast.parse(line)))


@pytest.mark.parametrize(
    "line",
    [
        "np.load(path)",
        "model.compile()",
        "torch.load(path, weights_only=True)",
        "platform.system()",
    ],
)
def test_what_is_harmless_is_not(line):
    assert not list(dangers(ast.parse(line)))


def test_nothing_is_unpickled_or_run():
    found = {
        f"{path.relative_to(ROOT)}: {what}"
        for path in FILES
        for line, what in dangers(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == OWN_FILES
