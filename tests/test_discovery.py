"""Members found by the names of their modules: what a newcomer adds is one file."""

import importlib
import shutil
from pathlib import Path

import pytest

import kerasdl
from kerasdl import discovery

ROOMS = ("augmentation", "datasets", "losses", "schedules")


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


def test_names_are_known_without_importing_a_member(zoo):
    assert zoo.NAMES == ("ant", "sea_horse")
    assert {"Animal", "Ant", "SeaHorse", "NAMES"} <= set(dir(zoo))
    assert "Keeper" not in dir(zoo)


def test_a_member_is_imported_when_it_is_asked_for(zoo):
    assert zoo.SeaHorse.__mro__[1] is zoo.Animal
    with pytest.raises(RuntimeError, match="imported"):
        _ = zoo.Ant
    with pytest.raises(AttributeError, match="module 'zoo' has no attribute 'Zebra'"):
        _ = zoo.Zebra


@pytest.mark.parametrize(
    ("module", "name"), [("cutout", "Cutout"), ("random_pad_crop", "RandomPadCrop")]
)
def test_names_of_modules_and_classes(module, name):
    assert discovery.class_name(module) == name
    assert discovery.module_name(name) == module


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_of_a_room_is_there(room):
    package = importlib.import_module(f"kerasdl.{room}")
    assert set(package.__all__) <= set(dir(package))
    for name in package.__all__:
        assert getattr(package, name) is not None


def test_names_need_no_backend_and_no_numpy(python):
    code = (
        f"import sys, importlib; names = [importlib.import_module('kerasdl.' + r) for r in {ROOMS}];"
        "print([len(dir(n)) > 5 for n in names], {'keras', 'numpy', 'tensorflow', 'torch', 'jax'}"
        " & set(sys.modules))"
    )
    assert python("-c", code).stdout == "[True, True, True, True] set()\n"
