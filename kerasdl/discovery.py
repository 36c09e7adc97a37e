"""Packages whose members are found by the names of their modules, and imported when first used.

In `kerasdl.augmentation`, `kerasdl.callbacks`, `kerasdl.datasets`, `kerasdl.losses` and
`kerasdl.schedules` a module is a member: `augmentation/random_pad_crop.py` holds the layer
`RandomPadCrop`, `datasets/mnist.py` the data set `"mnist"`. Who adds a module adds a member, and no
list has to be changed. A module whose name begins with an underscore holds what the members share.

Importing such a package imports none of its modules, and so neither Keras nor NumPy. A module is
imported when a name in it is first asked for.
"""

import importlib
import os
import re
import sys


def modules(package, besides=()):
    """Names of the modules of `package` that are members, in alphabetical order.

    Args:
        package: dotted name of the package; its `__init__.py` may call this.
        besides: names of modules that are no members, though without an underscore.

    Example:
    >>> "gaussian_nll" in modules("kerasdl.losses")
    True
    """
    module = sys.modules.get(package) or importlib.import_module(package)
    files = (file for folder in module.__path__ for file in os.listdir(folder))
    found = (file.removesuffix(".py") for file in files if file.endswith(".py"))
    return tuple(sorted(n for n in found if not n.startswith("_") and n not in besides))


def import_all(package):
    """Import every member of `package`, so that Keras knows all classes that are registered there.

    Args:
        package: dotted name of the package.

    Example:
    >>> import_all("kerasdl.losses")
    """
    for name in modules(package):
        importlib.import_module(f"{package}.{name}")


def class_name(module):
    """Name of the class in a module of that name.

    Example:
    >>> class_name("random_pad_crop")
    'RandomPadCrop'
    """
    return "".join(word.capitalize() for word in module.split("_"))


def module_name(class_name):
    """Name of the module that holds a class of that name.

    Example:
    >>> module_name("RandomPadCrop")
    'random_pad_crop'
    """
    return re.sub("(?<!^)(?=[A-Z])", "_", class_name).lower()


def exports(package, **members):
    """`__getattr__` and `__dir__` for the `__init__.py` of a package (PEP 562).

    Args:
        package: its `__name__`.
        **members: what can be imported from the package -> the module in it that defines this.

    Returns:
        Two functions.

    Example:
        __getattr__, __dir__ = discovery.exports(__name__, GaussianNLL="gaussian_nll")
    """

    def get_attribute(name):
        if name not in members:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{package}.{members[name]}"), name)

    def list_names():
        return sorted({*members, *vars(sys.modules[package])})

    return get_attribute, list_names
