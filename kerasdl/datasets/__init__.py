"""Data sets by name: uint8 images or float32 features, labels, class names, and their origin.

    from kerasdl.datasets import load
    data = load("cifar10")
    data.train.x.shape, data.test.y.shape, data.classes, data.source

A new data set is a new module: `mnist.py` is the data set `"mnist"`. It has two
functions: `load`, which gives a `Dataset`, and `info`, which gives what is known
without loading it, an `Info`.

Importing this package costs nothing: NumPy and the rest come with the first use.
"""

import importlib
import inspect

from kerasdl import discovery

_MODULES = {
    "BatchStream": "_prefetch",
    "DataError": "_errors",
    "DataNotFound": "_errors",
    "Dataset": "_dataset",
    "Info": "_dataset",
    "PictureOptions": "_pictures",
    "Split": "_dataset",
    "StreamedImages": "_streamed",
    "epoch_order": "_order",
    "from_arrays": "_arrays",
    "from_csv": "_table",
    "from_folder": "_folder",
    "given_folder": "_published",
    "list_csv": "_table",
    "list_folder": "_folder",
    "load_pictures": "_loading",
    "pictures_in": "_folder",
    "read_image": "_image",
}

NAMES = discovery.modules(__name__)
"""What `data.name` of a recipe may be, beside a name for the user's own data."""

__all__ = ["NAMES", "info", "load", "where", *_MODULES]

__getattr__, __dir__ = discovery.exports(__name__, **_MODULES)


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
    function = _module(name, options).load
    # What is bundled or drawn is not searched for.
    search = {"data_dir": data_dir, "download": download}
    return function(**options, **_those_taken(function, search))


def info(name, **options):
    """What is known of the data set `name` without loading it.

    Args:
        name: one of `NAMES`.
        **options: as `load` takes them.

    Returns:
        An `Info`.

    Raises:
        DataError: an unknown name or option.

    Example:
    >>> found = info("cifar100", labels="coarse")
    >>> found.shape, len(found.classes)
    ((32, 32, 3), 20)
    """
    function = _module(name, options).info
    return function(**_those_taken(function, options))


def where(name, *, data_dir=None):
    """Where the files of the data set `name` are, in words; nothing is loaded or downloaded.

    Args:
        name: one of `NAMES`.
        data_dir: as `load` takes it.

    Raises:
        DataNotFound: they are nowhere.
        DataError: some of them are missing, or the folder does not exist.

    Example:
    >>> where("digits")
    'needs no files'
    """
    from kerasdl.datasets._published import Published

    module = _module(name, {})
    sources = [module, *filter(inspect.ismodule, vars(module).values())]  # MNIST's, if coloured
    for published in (value for source in sources for value in vars(source).values()):
        if isinstance(published, Published):
            return published.locate(data_dir, download=False)[1]
    return "needs no files"


def _module(name, options):
    """The module of a data set, after checking that it takes these options."""
    from kerasdl.datasets._errors import DataError

    if name not in NAMES:
        raise DataError(f"The data set should be one of {', '.join(NAMES)}; received {name!r}.")
    module = importlib.import_module(f"{__name__}.{name}")
    known = set(inspect.signature(module.load).parameters) - {"data_dir", "download"}
    unknown = sorted(set(options) - known)
    if unknown:
        takes = ", ".join(sorted(known)) or "none"
        raise DataError(f"{name} takes these options: {takes}; received {', '.join(unknown)}.")
    return module


def _those_taken(function, arguments):
    """Those of `arguments` that `function` has parameters for."""
    known = inspect.signature(function).parameters
    return {key: value for key, value in arguments.items() if key in known}
