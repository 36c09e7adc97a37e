"""Data sets by name: uint8 images or float32 features, labels, class names, and their origin.

    from kerasdl.datasets import load
    data = load("cifar10")
    data.train.x.shape, data.test.y.shape, data.classes, data.source

Importing this package costs nothing: NumPy and the rest come with the first use.
"""

import importlib

_LOADERS = {  # name of the data set: its module and function
    "cifar10": ("cifar", "load_cifar10"),
    "cifar100": ("cifar", "load_cifar100"),
    "mnist": ("mnist", "load"),
    "usps": ("usps", "load"),
    "ames_housing": ("ames_housing", "load"),
    "circles": ("circles", "load"),
    "digits": ("digits", "load"),
    "coloured_digits": ("coloured_digits", "load"),
}
_HOMES = {
    "DataError": "dataset",
    "DataNotFound": "dataset",
    "Dataset": "dataset",
    "Split": "dataset",
    "from_arrays": "arrays",
    "from_folder": "folder",
}

NAMES = tuple(_LOADERS)

__all__ = ["NAMES", "load", *_HOMES]


def load(name, *, data_dir=None, download=True, **options):
    """The data set `name`, wherever it is.

    A published data set is looked for in `data_dir` (or, where that is not
    given, in the folder that `KERASDL_DATA` names), then in the user's cache
    (`KERASDL_CACHE` moves it), and then downloaded from its publisher into that
    cache. A `data_dir` without the data set is no error, since one folder often
    holds some data sets and not others, but `source` says so; a `data_dir` that
    does not exist is one, and so are files in it that are not what they should be.

    Args:
        name: one of `NAMES`.
        data_dir: a folder of data sets in their publishers' formats; the files
            may also lie in it directly.
        download: whether the network may be asked.
        **options: of the data set: see the `load` of its module.

    Returns:
        A `Dataset`.

    Raises:
        DataNotFound: it is nowhere, and could not be downloaded.
        DataError: an unknown name or option, a damaged or foreign file.

    Example:
    >>> load("digits", shape=(32, 32, 3)).train.x.shape
    (1437, 32, 32, 3)
    """
    import inspect

    from kerasdl.datasets.dataset import DataError

    if name not in _LOADERS:
        raise DataError(f"The data set should be one of {', '.join(NAMES)}; received {name!r}.")
    module, function = _LOADERS[name]
    loader = getattr(importlib.import_module(f"{__name__}.{module}"), function)
    known = inspect.signature(loader).parameters
    search = {"data_dir": data_dir, "download": download}
    unknown = sorted(set(options) - set(known))
    if unknown:
        takes = ", ".join(sorted(set(known) - set(search))) or "none"
        raise DataError(f"{name} takes these options: {takes}; received {', '.join(unknown)}.")
    # What is bundled or drawn is not searched for.
    return loader(**options, **{key: value for key, value in search.items() if key in known})


def __getattr__(name):
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
