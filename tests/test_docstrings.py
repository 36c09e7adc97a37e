"""Every example in a docstring runs, and says what it gives."""

import doctest
import importlib
import os
import pkgutil
from pathlib import Path

import numpy as np
import pytest

import kerasdl

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(kerasdl.__path__, "kerasdl.")
    if module.name != "kerasdl.__main__"
)


@pytest.mark.parametrize("name", ["kerasdl", *MODULES])
def test_examples(name, tmp_path, monkeypatch):
    """`tmp` is an empty folder, the current one; `np` is NumPy."""
    module = importlib.import_module(name)
    if ">>> " not in Path(module.__file__).read_text(encoding="utf-8"):
        return
    monkeypatch.chdir(tmp_path)
    failed, _ = doctest.testmod(
        module,
        extraglobs={"tmp": tmp_path, "np": np, "os": os},
        optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS,
    )
    assert failed == 0
