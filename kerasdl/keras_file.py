"""What a `.keras` file holds, read without Keras, and refused where loading it would be a risk.

A `.keras` file is a zip archive that anybody may have made. Before Keras unpacks it, its members
have to be plain files inside it, of a bounded size, and its classes have to be named.
"""

import re
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path

from kerasdl.errors import UsageError
from kerasdl.files import open_regular, parse_json

METADATA, CONFIG = "kerasdl.json", "config.json"
LARGEST_TEXT = 2**24  # bytes of a member of JSON
LARGEST_MODEL = 2**32  # bytes of all members, unpacked
LARGEST_RATIO = 100  # of a member's bytes to its compressed ones, if they are many:
MANY_BYTES = 2**24
MOST_MEMBERS = 10_000

_LAMBDAS = ("Lambda", "__lambda__")
# Functions are saved without their module, and looked up among Keras' own and registered ones.
_OF_KERAS = re.compile(r"keras(\..*)?|builtins")


@dataclass(frozen=True)
class Contents:
    """What is known of a model before it is loaded.

    Attributes:
        metadata: dictionary that `kerasdl.models.saving.save_model` added; `{}` for a plain file.
        foreign: tuple of `Foreign`.
    """

    metadata: dict
    foreign: tuple


@dataclass(frozen=True)
class Foreign:
    """A class or function of a model that is neither Keras' nor ours, or any Lambda.

    Attributes:
        name: for a sentence.
        registered: the name under which the user's program may have registered it with Keras; `""`
            for a Lambda, whose code lies in the file.
    """

    name: str
    registered: str = ""


def read_contents(path):
    """What is in a `.keras` file, which is not loaded.

    Args:
        path: of the file.

    Returns:
        `Contents`.

    Raises:
        UsageError: there is no such file, it is no `.keras` file or damaged; or one of its members
            is a link or a device, lies outside of it, or is too large.

    Example:
    >>> import zipfile
    >>> with zipfile.ZipFile(tmp / "m.keras", "w") as archive:
    ...     archive.writestr("../config.json", "{}")
    >>> read_contents(tmp / "m.keras")
    Traceback (most recent call last):
    kerasdl.errors.UsageError: ...m.keras is refused: its member '../config.json' lies outside ...
    """
    path = Path(path)
    if not path.is_file():
        raise UsageError(f"There is no model file {path}.")
    with open_regular(path) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                _expect_harmless(path, archive.infolist())
                metadata = _json_in(path, archive, METADATA, default={})
                config = _json_in(path, archive, CONFIG)
        except (UsageError, MemoryError):
            raise
        except Exception as error:  # whatever zipfile, and what it unpacks with, raise
            raise UsageError(f"{path} is not a Keras model that loads here: {error}.") from error
    _expect_metadata(path, metadata)
    if isinstance(config, dict):
        config = {key: value for key, value in config.items() if key != "compile_config"}
    return Contents(metadata, tuple(dict.fromkeys(_foreign_in(config))))


def _expect_harmless(path, members):
    """Refuse an archive that would unpack to somewhere else, or to more than a model can be."""
    if len(members) > MOST_MEMBERS:
        raise UsageError(f"{path} is refused: it has more than {MOST_MEMBERS:,} members.")
    if len({member.filename for member in members}) < len(members):
        raise UsageError(f"{path} is refused: two of its members have one name.")
    for member in members:
        if reason := _risk(member):
            raise UsageError(f"{path} is refused: its member {member.filename!r:.80} {reason}.")
    if sum(member.file_size for member in members) > LARGEST_MODEL:
        raise UsageError(f"{path} is refused: it unpacks to more than {LARGEST_MODEL:,} bytes.")


def _risk(member):
    """Why a member of an archive should not be unpacked; `""` where it may be."""
    name, kind = member.filename, stat.S_IFMT(member.external_attr >> 16)
    if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
        return "lies outside of it"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device"
    if member.flag_bits & 1:
        return "is encrypted"
    if member.file_size > max(MANY_BYTES, LARGEST_RATIO * member.compress_size):
        return f"unpacks to {member.file_size:,} bytes from {member.compress_size:,}"
    return ""


def _json_in(path, archive, name, default=None):
    """The value in a member of JSON; no more is read of it than may be."""
    try:
        member = archive.open(name)
    except KeyError:
        if default is None:
            raise UsageError(
                f"{path} is not a Keras model that loads here: it has no {name}."
            ) from None
        return default
    with member:
        content = member.read(LARGEST_TEXT + 1)
    if len(content) > LARGEST_TEXT:
        raise UsageError(f"{path} is refused: its {name} has more than {LARGEST_TEXT:,} bytes.")
    return parse_json(content, f"{name} in {path}")


def _foreign_in(value):
    """Every class and function in a configuration that is neither Keras' nor ours, and Lambdas."""
    inside = [value]
    while inside:
        each = inside.pop()
        if isinstance(each, dict):
            yield from _foreign(each)
            inside.extend(each.values())
        elif isinstance(each, list):
            inside.extend(each)


def _foreign(entries):
    name = entries.get("class_name")
    if not isinstance(name, str):
        return
    module, registered = entries.get("module"), entries.get("registered_name")
    if name in _LAMBDAS or str(registered).endswith(">Lambda"):
        yield Foreign("a Lambda")
    elif str(registered).startswith("kerasdl>") and str(module).startswith("kerasdl."):
        return  # a class of ours; Keras finds it among those that are registered
    elif module is not None and not _OF_KERAS.fullmatch(str(module)):
        yield Foreign(f"{module}.{name}"[:80], str(registered or name))


def _expect_metadata(path, entries):
    """Refuse metadata of other kinds than `save_model` is given by a run."""
    texts, names = isinstance(entries, dict), ()
    if texts:
        classes = entries.get("classes")
        names = classes.values() if isinstance(classes, dict) else [classes]
        texts = all(isinstance(entries.get(key, ""), str) for key in ("dataset", "notice"))
    good = (
        texts
        and all(map(_are_class_names, names))
        and isinstance(entries.get("own_data", False), bool)
        and isinstance(entries.get("recipe", {}), dict)
        and ("recipe" not in entries or "dataset" in entries)
    )
    if not good:
        raise UsageError(
            f"{METADATA} in {path} should hold what a run says of its model; received "
            f"{entries!r:.80}."
        )


def _are_class_names(names):
    return names is None or (
        isinstance(names, list) and all(isinstance(name, str) for name in names)
    )
