"""Members found by the names of their modules: what a newcomer adds is one file."""

import importlib
import shutil
from pathlib import Path

import keras
import pytest

import kerasdl
from kerasdl import augmentation, discovery, schedules

ROOMS = ("augmentation", "callbacks", "datasets", "losses", "schedules")


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    """A package with two members, which notes what is imported."""
    package = tmp_path / "zoo"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from kerasdl import discovery\n"
        "NAMES = discovery.modules(__name__, besides=('keeper',))\n"
        "classes = {discovery.class_name(name): name for name in NAMES}\n"
        "__getattr__, __dir__ = discovery.exports(__name__, **classes, Animal='_animal')\n"
    )
    for module, text in {
        "_animal": "class Animal: pass",
        "sea_horse": "from zoo._animal import Animal\nclass SeaHorse(Animal): pass",
        "ant": "raise RuntimeError('imported')",
        "keeper": "raise RuntimeError('imported')",
    }.items():
        (package / f"{module}.py").write_text(text + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("zoo")
    yield module
    for name in [name for name in importlib.sys.modules if name.split(".")[0] == "zoo"]:
        del importlib.sys.modules[name]


@pytest.mark.any_backend
def test_names_are_known_without_importing_a_member(zoo):
    assert zoo.NAMES == ("ant", "sea_horse")
    assert {"Animal", "Ant", "SeaHorse", "NAMES"} <= set(dir(zoo))
    assert "Keeper" not in dir(zoo)


@pytest.mark.any_backend
def test_a_member_is_imported_when_it_is_asked_for(zoo):
    assert zoo.SeaHorse.__mro__[1] is zoo.Animal
    with pytest.raises(RuntimeError, match="imported"):
        _ = zoo.Ant
    with pytest.raises(AttributeError, match="module 'zoo' has no attribute 'Zebra'"):
        _ = zoo.Zebra


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("module", "name"), [("cutout", "Cutout"), ("random_pad_crop", "RandomPadCrop")]
)
def test_names_of_modules_and_classes(module, name):
    assert discovery.class_name(module) == name
    assert discovery.module_name(name) == module


@pytest.mark.any_backend
@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_of_a_room_is_there(room):
    package = importlib.import_module(f"kerasdl.{room}")
    assert set(package.__all__) <= set(dir(package))
    for name in package.__all__:
        assert getattr(package, name) is not None


def test_names_need_no_backend_and_no_numpy(python):
    code = (
        f"import sys, importlib; names = [importlib.import_module('kerasdl.' + r) for r in {ROOMS}];"
        "print(all(len(dir(n)) > 5 for n in names), {'keras', 'numpy', 'tensorflow', 'torch', 'jax'}"
        " & set(sys.modules))"
    )
    assert python("-c", code).stdout == "True set()\n"


# What a newcomer writes: one module each.
NEW_MODULES = {
    "schedules/inverse_time.py": """
from dataclasses import dataclass
import keras
from kerasdl.schedules import Schedule

@keras.saving.register_keras_serializable("kerasdl")
@dataclass(frozen=True)
class InverseTime(Schedule):
    learning_rate: float
    halving: float = 1.0

    def rate(self, t, xp):
        return self.learning_rate / (1 + t / self.halving)
""",
    "augmentation/random_darken.py": """
import keras
from kerasdl.augmentation import RandomImageLayer

@keras.saving.register_keras_serializable("kerasdl")
class RandomDarken(RandomImageLayer):
    def draw_batch(self, shape, stream):
        return {"factor": stream.uniform((shape[0], 1, 1, 1))}

    def apply_batch(self, images, draw):
        return keras.ops.cast(images, "float32") * draw["factor"]
""",
    "datasets/ramp.py": """
import numpy as np
from kerasdl.datasets import Dataset, Info, Split

def info():
    return Info((4,), classes=None)

def load(*, seed=0):
    x = np.random.default_rng(seed).random((80, 4), "float32")
    part = Split(x, x.sum(axis=1, keepdims=True))
    return Dataset(name="ramp", train=part, test=part, classes=None, source="drawn")
""",
    "losses/huber.py": """
import keras
from kerasdl.losses import Output

class HuberOutput(Output):
    def keras_loss(self):
        return keras.losses.Huber()

    @property
    def available_metrics(self):
        return {"mean_absolute_error": keras.metrics.MeanAbsoluteError}

def output(classes, values):
    return HuberOutput(classes, values)
""",
}
USE_ALL = """
import kerasdl
import numpy as np
from kerasdl import augmentation, datasets, recipes, schedules
from kerasdl.training import train

assert "RandomDarken" in dir(augmentation)
assert "InverseTime" in dir(schedules)
assert datasets.info("ramp").shape == (4,)
layer = augmentation.RandomDarken(seed=0)
assert tuple(layer(np.ones((2, 8, 8, 3), "uint8"), training=True).shape) == (2, 8, 8, 3)

recipe = recipes.Recipe(
    name="mine/ramp",
    data=recipes.Data("ramp", options={"seed": 1}),
    model=recipes.Model("MLP", activation=None, arguments={"units": (4,)}),
    loss="huber",
    metrics=("mean_absolute_error",),
    optimizer=recipes.Optimizer("sgd", 0.25),
    schedule=recipes.Schedule("inverse_time", by="epoch", arguments={"halving": 1.0}),
    epochs=2,
    batch_size=16,
)
run = train(recipe, callbacks=())
print(kerasdl.__file__)
print(sorted(run.result["metrics"]["test"]), run.log["learning_rate"].tolist())
"""


@pytest.mark.any_backend
def test_a_new_member_is_one_new_module(python):
    """Nothing else has to be told: a recipe names it, and it is trained with."""
    folder = python.folder / "kerasdl"
    shutil.copytree(
        Path(kerasdl.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__")
    )
    for name, text in NEW_MODULES.items():
        (folder / name).write_text(text)
    lines = python("-c", USE_ALL).stdout.splitlines()
    assert lines[-2] == str(folder / "__init__.py")
    assert lines[-1] == "['loss', 'mean_absolute_error'] [0.25, 0.125]"


def test_a_saved_model_with_any_member_loads_by_load_model(python, tmp_path):
    """In a process that has not named it."""
    model = keras.Sequential([keras.Input((8, 8, 3)), augmentation.RandomPadCrop(2)])
    model.save(tmp_path / "m.keras")
    load = "from kerasdl.models.saving import load_model; print(load_model('m.keras')[0].layers)"
    assert "RandomPadCrop" in python("-c", load).stdout


def test_a_saved_model_loads_after_importing_all_members(python, tmp_path):
    """In a process that has not named one of them."""
    layers = [keras.Input((8, 8, 3)), augmentation.Cutout(4), keras.layers.Flatten()]
    model = keras.Sequential(layers)
    rate = schedules.Warmup(schedules.Step(0.1, every=2), duration=1)
    model.compile(keras.optimizers.SGD(rate), loss="mse")
    model.save(tmp_path / "m.keras")
    load = """
import kerasdl, keras
from kerasdl.augmentation import *
from kerasdl.schedules import *
model = keras.saving.load_model("m.keras")
print(type(model.layers[0]).__name__, model.optimizer._learning_rate)
"""
    found = python("-c", load).stdout
    assert found.startswith("Cutout Warmup(schedule=Step(learning_rate=0.1, every=2, factor=0.1)")
