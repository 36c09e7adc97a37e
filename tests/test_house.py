"""The architecture: which room may import which, what importing one loads, and how big things get.

`ROOMS` is the one list of rooms, from the top down; the table in CONTRIBUTING.md shows it.
"""

import ast
import functools
import json
import random
import re
from pathlib import Path

import pytest

from kerasdl import discovery

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "kerasdl"

# A module imports from the rooms of its own line and of the lines below. Importing a room with a
# star loads neither Keras nor a backend.
ROOMS = """
__main__* commands*
benchmarks
sweep* doctor*
engines*
parity grids
export* trackers*
reports*
training
runs*
studies*
claims*
recipes*
inspection
callbacks
pretrained
models
layers
optimizers
augmentation*
random
schedules*
losses*
datasets*
text* real_numbers* files* keras_file* foreign_warnings* structure* processes* interruption* discovery* determinism* random_state* compile_cache* allocation* backend* xla* errors*
"""
LINES = [line.split() for line in ROOMS.strip().splitlines()]
RANKS = {name.rstrip("*"): rank for rank, line in enumerate(LINES) for name in line}
STARRED = [name.rstrip("*") for line in LINES for name in line if name.endswith("*")]
# In these a class is loaded when it is first used, and Keras with it; in the other rooms with a
# star no module loads Keras.
LOADED_WHEN_USED = {"augmentation", "schedules", "losses"}
HEAVY = {"keras", "tensorflow", "torch", "jax"}

MODULES = {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.rglob("*.py")}


of_the_sources = pytest.mark.no_backend  # a test that imports no room: its result is one on all


@functools.cache
def trees():
    """The syntax tree of each module, by its path in the package."""
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def room_of(name):
    """The room of a module, by its path in the package; `""` for the package's `__init__.py`."""
    return name.partition("/")[0].removesuffix(".py").replace("__init__", "")


def imports(tree):
    """Modules of kerasdl that a module imports, anywhere in it: pairs of line and name below it.

    `import_module` counts where its argument begins with the literal `"kerasdl."`.
    """
    found = []
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports should be absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            argument = node.args[0]
            first = argument.values[0] if isinstance(argument, ast.JoinedStr) else argument
            names = [str(getattr(first, "value", ""))]
        found += [
            (node.lineno, name.removeprefix("kerasdl."))
            for name in names
            if name.startswith("kerasdl.")
        ]
    return found


@of_the_sources
def test_the_imports_are_read():
    source = """
import kerasdl.runs
from kerasdl import files, sweep
def function():
    from kerasdl.models.cnn import CNN
    importlib.import_module(f"kerasdl.commands.{name}")
"""
    names = [name for _, name in imports(ast.parse(source))]
    assert names == ["runs", "files", "sweep", "models.cnn.CNN", "commands."]


@of_the_sources
def test_every_room_is_listed():
    assert {room_of(name) for name in MODULES} - {""} == set(RANKS)


@of_the_sources
def test_the_table_in_contributing_shows_the_rooms():
    """The first column of the table: a row for each line, with the same rooms and stars."""
    section = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## The house")[2]
    rows = [row for row in section.partition("\n## ")[0].splitlines() if row.startswith("| `")]
    shown = [re.findall(r"`([^`]+)`(\\\*)?", row.split("|")[1]) for row in rows]
    expected = [
        {
            (name.rstrip("*") + ("/" if (PACKAGE / name.rstrip("*")).is_dir() else ".py"), star)
            for name in line
            for star in ["\\*" if name.endswith("*") else ""]
        }
        for line in LINES
    ]
    assert [set(row) for row in shown] == expected


@of_the_sources
def test_no_import_runs_upward():
    lowest = len(LINES) - 1
    upward = [
        f"kerasdl/{name}:{line} imports {imported}"
        for name, tree in trees().items()
        for line, imported in imports(tree)
        for room, target in [(room_of(name), imported.partition(".")[0])]
        if target in RANKS and RANKS[target] < RANKS.get(room, lowest)
    ]
    assert upward == []


@of_the_sources
def test_nothing_but_the_command_line_imports_the_commands():
    importing = {
        room_of(name)
        for name, tree in trees().items()
        for _, imported in imports(tree)
        if imported.partition(".")[0] in ("commands", "__main__")
    }
    assert importing == {"__main__", "commands"}


# Imports every room of the list in its first argument as if it were the first one: what of
# kerasdl was loaded before is forgotten. Then all rooms together, in the orders of its second.
IMPORT_ALONE_AND_IN_ORDER = """
import importlib, json, sys

def forget():
    for name in [name for name in sys.modules if name.partition(".")[0] == "kerasdl"]:
        del sys.modules[name]

alone, orders = map(json.loads, sys.argv[1:])
for order in [*([room] for room in alone), *orders]:
    forget()
    for room in order:
        importlib.import_module(f"kerasdl.{room}")
print("imported", len(alone), len(orders))
"""


def test_rooms_are_imported_alone_and_in_any_order(python):
    rooms = sorted(RANKS)
    orders = [random.Random(seed).sample(rooms, len(rooms)) for seed in range(5)]
    done = python("-c", IMPORT_ALONE_AND_IN_ORDER, json.dumps(rooms), json.dumps(orders))
    assert done.stdout == f"imported {len(rooms)} 5\n"


# Imports the modules of each room of its argument, a dictionary, as if that room were the first;
# prints which of the modules named beside them each room was the first to load.
IMPORT_EACH = """
import importlib, json, sys

rooms, heavy = map(json.loads, sys.argv[1:])
found = {}
for room, modules in rooms.items():
    for name in [name for name in sys.modules if name.partition(".")[0] == "kerasdl"]:
        del sys.modules[name]
    before = set(sys.modules)
    for name in modules:
        importlib.import_module(name)
    found[room] = sorted(set(heavy) & (set(sys.modules) - before))
print(json.dumps(found))
"""


def test_a_room_with_a_star_loads_no_backend(python):
    rooms = {room: [f"kerasdl.{room}"] for room in STARRED}
    for room in set(STARRED) - LOADED_WHEN_USED:
        if (PACKAGE / room).is_dir():
            rooms[room] += [
                "kerasdl." + name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
                for name in sorted(MODULES)
                if room_of(name) == room
            ]
    done = python("-c", IMPORT_EACH, json.dumps(rooms), json.dumps(sorted(HEAVY)))
    assert json.loads(done.stdout) == {room: [] for room in STARRED}


# Where a backend, or what Keras keeps to itself, is imported: CONTRIBUTING.md names each, and why.
OF_BACKENDS = {
    *("backend.py", "determinism.py", "random_state.py", "compile_cache.py"),
    *("layers/direct_call_torch.py", "layers/fast_torch.py", "layers/kernels_torch.py"),
    "layers/kernels_tensorflow.py",
    *("optimizers/fused_tensorflow.py", "optimizers/fused_torch.py", "training/compiled_torch.py"),
    *("training/forward_torch.py", "training/train_step_torch.py"),
    "random/kernels.py",
    *("augmentation/_native.py", "augmentation/_native_torch.py", "parity/trace.py"),
}
# Rooms whose modules call backends because that is what they are for.
FOR_BACKENDS = {"benchmarks", "export"}


def imported_modules(tree):
    """Names of all modules that are imported anywhere in a module, where they are literals."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield str(getattr(node.args[0], "value", ""))


@of_the_sources
def test_backends_are_imported_in_named_places_alone():
    """Anything else is `keras.ops`; benches compile for each backend, exports write its formats."""
    importing = {
        name
        for name, tree in trees().items()
        for imported in imported_modules(tree)
        if imported.partition(".")[0] in HEAVY - {"keras"} or imported.startswith("keras.src")
    }
    assert {name for name in importing if room_of(name) not in FOR_BACKENDS} == OF_BACKENDS
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rule = text.partition("**`keras.ops` only.**")[2].partition("\n- ")[0]
    assert [name for name in sorted(OF_BACKENDS) if f"`{name}`" not in rule] == []


@of_the_sources
def test_rooms_whose_classes_are_loaded_when_used_have_classes():
    """Or the exception for them is no longer needed."""
    for room in LOADED_WHEN_USED & set(STARRED):
        assert discovery.modules(f"kerasdl.{room}")


@of_the_sources
def test_every_generator_is_given_a_seed():
    """In tests too. The global generators are seeded by `conftest.py`, for each test anew."""
    unseeded = []
    for path in [*MODULES.values(), *(ROOT / "tests").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and not (node.args or node.keywords):
                name = ast.unparse(node.func).rpartition(".")[2]
                if name in ("default_rng", "RandomState", "Random", "SeedSequence"):
                    unseeded.append(f"{path}:{node.lineno}")
    assert unseeded == []


def functions():
    """Every function of the package: its module, and its node."""
    for name, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                yield name, node


# Builders, whose keyword-only arguments are the network's architecture.
BUILDERS = ("models", "layers")


@of_the_sources
def test_no_function_takes_more_than_seven_arguments():
    long = []
    for name, node in functions():
        arguments = node.args.posonlyargs + node.args.args
        if arguments and arguments[0].arg in ("self", "cls"):
            arguments = arguments[1:]
        if room_of(name) not in BUILDERS:
            arguments = arguments + node.args.kwonlyargs
        if len(arguments) > 7:
            long.append(f"kerasdl/{name}:{node.lineno} {node.name}: {len(arguments)}")
    assert long == []


@of_the_sources
def test_only_literals_are_longer_than_300_lines():
    """Experiments and claims are literals; a file with functions or classes is split."""
    defining = {name for name, _ in functions()}
    large = {
        name
        for name in defining
        if len(MODULES[name].read_text(encoding="utf-8").splitlines()) > 300
    }
    assert large == set()


# Their modules are named after what a user types: a command, a report, a data set.
NAMED_BY_USERS = {"commands", "studies", "datasets"}


@of_the_sources
def test_no_two_rooms_have_modules_of_one_name():
    rooms = {}
    for name, path in MODULES.items():
        if path.stem != "__init__" and room_of(name) not in NAMED_BY_USERS:
            rooms.setdefault(path.stem, set()).add(room_of(name))
    shared = {stem: sorted(found) for stem, found in rooms.items() if len(found) > 1}
    assert shared == {}
