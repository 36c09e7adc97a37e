"""Packages whose members are found by the names of their modules.

In such a package a module `random_pad_crop.py` holds the class `RandomPadCrop`: who adds a
module adds a member, and nothing else has to be told. A module is imported when its member is
first asked for, so that importing the package imports no backend. Modules whose names begin with
an underscore are shared by the others, and hold no member.
"""

import importlib
import pathlib
import re


def modules(package):
    """Names of the modules in `package` that hold a member, in alphabetical order.

    Args:
        package: dotted name of an imported package.

    Example:
    >>> "text" in modules("kerasdl")
    True
    """
    folder = pathlib.Path(importlib.import_module(package).__file__).parent
    return tuple(sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")))


def class_name(module):
    """The class that a module of that name holds.

    Example:
    >>> class_name("random_pad_crop")
    'RandomPadCrop'
    """
    return "".join(word.capitalize() for word in module.split("_"))


def exports(package, **elsewhere):
    """`__getattr__` and `__dir__` for the `__init__.py` of such a package.

    Args:
        package: its `__name__`.
        **elsewhere: members that the rule does not find, `name="module"`; a module that is
            named here holds no member by the rule.

    Returns:
        Two functions.

    Example:
        __getattr__, __dir__ = discovery.exports(__name__, pipeline="pipelines")
    """

    def members():
        found = {class_name(name): name for name in modules(package)}
        return {c: m for c, m in found.items() if m not in elsewhere.values()} | elsewhere

    return _lazy(package, members)


def explicit_exports(package, **members):
    """The same for a package whose public members are all named, `name="module"`.

    Returns:
        Two functions, `__getattr__` and `__dir__`.

    Example:
        __getattr__, __dir__ = discovery.explicit_exports(__name__, GaussianNLL="gaussian_nll")
    """
    return _lazy(package, lambda: members)


def _lazy(package, members):
    def get_attribute(name):
        module = members().get(name)
        if module is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{package}.{module}"), name)

    def list_names():
        return sorted({*members(), *vars(importlib.import_module(package))})

    return get_attribute, list_names


def snake_case(name):
    """The module that holds a class of that name.

    Example:
    >>> snake_case("RandomPadCrop")
    'random_pad_crop'
    """
    return re.sub("(?<!^)(?=[A-Z])", "_", name).lower()
