"""The API reference: a page for each public package, with the names that it exports.

A hook of MkDocs: it adds the pages `reference/api/*.md`, in which mkdocstrings puts the docstrings.
Sources are parsed, and imported only where a list of exports is computed; no backend is needed.
"""

import ast
import functools
import importlib
import re
from pathlib import Path

from mkdocs.structure.files import File

SOURCE = Path(__file__).parents[2] / "kerasdl"
PACKAGES = (
    "models",
    "layers",
    "augmentation",
    "schedules",
    "callbacks",
    "losses",
    "optimizers",
    "datasets",
    "recipes",
    "studies",
    "training",
    "inspection",
    "pretrained",
    "runs",
    "export",
)
MODULES_BESIDE = {"inspection": ("backpropagation",), "recipes": ("config",)}
"""Modules that are documented in whole, with names that their package does not export."""


def on_files(files, config):
    """Add the pages."""
    for package in PACKAGES:
        page = File.generated(config, f"reference/api/{package}.md", content=reference(package))
        files.append(page)
    return files


def reference(package):
    """The page of one package, in Markdown."""
    parts = [f"# kerasdl.{package}", introduction(package)]
    places = definitions(package)
    exports = exported(package)
    parts += [entry(package, places[name], name) for name in exports if name in places]
    for module in MODULES_BESIDE.get(package, () if exports else public_modules(package)):
        members = [n for n, place in places.items() if place == module and n not in exports]
        names = [name for name in members if not name.startswith("_")]
        if names:
            parts.append(f"## kerasdl.{package}.{module}\n")
            parts += [entry(package, module, name, level=3) for name in names]
    return "\n\n".join(parts) + "\n"


def entry(package, module, name, level=2):
    """The directive of mkdocstrings for one name."""
    path = ".".join(part for part in ("kerasdl", package, module, name) if part)
    return f"::: {path}\n    options:\n      heading_level: {level}"


@functools.cache
def _parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def introduction(package):
    """The docstring of a package, without the list of its files."""
    text = ast.get_docstring(_parsed(SOURCE / package / "__init__.py"))
    is_list = re.compile(r"(?: *[\w.:/]+ {2,}\S.*\n?| {8,}\S.*\n?)+")
    return "\n\n".join(part for part in text.split("\n\n") if not is_list.fullmatch(part))


def definitions(package):
    """Name -> module of the package that defines it as a class, a function or a constant."""
    found = {}
    for path in sorted((SOURCE / package).glob("*.py")):
        module = "" if path.stem == "__init__" else path.stem
        for node in _parsed(path).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
                found[node.name] = module
    return found


def exported(package):
    """The names in `__all__`, in its order; none where a package has no such list."""
    for node in _parsed(SOURCE / package / "__init__.py").body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "__all__":
            try:
                return ast.literal_eval(node.value)
            except ValueError:  # it is computed
                return importlib.import_module(f"kerasdl.{package}").__all__
    return []


def public_modules(package):
    """Names of the modules of a package, in alphabetical order."""
    names = (path.stem for path in (SOURCE / package).glob("*.py"))
    return sorted(name for name in names if not name.startswith("_"))
