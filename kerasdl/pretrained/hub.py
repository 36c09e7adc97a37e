"""From the source of weights that a recipe names to a file on this machine."""

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

import kerasdl
from kerasdl.errors import UsageError
from kerasdl.files import file_fingerprint

FILE = "model.safetensors"
CONFIG = "config.json"  # beside it, where the repository has one: see `architecture.py`
_SOURCE = re.compile(r"hf://(?P<repository>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,127}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Weights:
    """A file of weights, and where it comes from.

    Attributes:
        path: `pathlib.Path` of the file.
        revision: commit of the hub's repository, 40 hexadecimal digits; `""` for a file that was
            given by its path.
    """

    path: Path
    revision: str = ""


def find(source):
    """The file of weights that `source` names, downloaded where it has to be.

    A repository of the Hugging Face hub is read by huggingface_hub, in its own ways: its cache
    (`HF_HOME`), which other libraries share, its login, and `HF_ENDPOINT`. Without a connection, or
    with `HF_HUB_OFFLINE=1`, the newest copy in the cache is taken. The file is compared with the
    hub's checksum.

    Args:
        source: path of a file; or `hf://owner/name`, the file `model.safetensors` of that
            repository as it is now; or `hf://owner/name@revision`, as it was at a commit, tag or
            branch.

    Returns:
        `Weights`: a path is given back as it came; of a repository, `revision` is the commit.

    Raises:
        UsageError: there is no such file, huggingface_hub is not installed, or the file cannot be
            had.

    Example:
    >>> _ = (tmp / "vit.safetensors").write_bytes(b"")
    >>> find(tmp / "vit.safetensors").path.name
    'vit.safetensors'
    """
    if not str(source).startswith("hf://"):
        if not Path(source).is_file():
            raise UsageError(f"There is no file of weights {source}.")
        return Weights(Path(source))
    parts = _SOURCE.fullmatch(source)
    if parts is None:
        raise UsageError(
            f"Weights on the hub are hf://owner/name or hf://owner/name@revision; "
            f"received {source}."
        )
    path = _download(source, parts["repository"], parts["revision"])
    _expect_checksum(source, path)
    # The cache keeps a repository's files in snapshots/<commit>/.
    return Weights(path, revision=path.parent.name)


def _download(source, repository, revision):
    try:
        import huggingface_hub
    except ImportError:
        raise UsageError(
            f"{source} needs huggingface_hub: pip install huggingface_hub, or give a file by its "
            "path."
        ) from None
    _expect_plain_names(source, repository, FILE, revision)
    options = {"library_name": "kerasdl", "library_version": kerasdl.__version__}
    try:
        cached = huggingface_hub.try_to_load_from_cache(repository, FILE, revision=revision)
        path = huggingface_hub.hf_hub_download(repository, FILE, revision=revision, **options)
    # A transfer that breaks raises what the HTTP client of that version raises.
    except Exception as error:
        raise UsageError(
            f"{source} cannot be had: {_reason(error)}; a file at hand is given by its path."
        ) from error
    path = Path(path)
    if str(path) != str(cached):  # new here
        # The weights load without a config.json too, which not every repository has.
        with contextlib.suppress(Exception):
            commit = path.parent.name
            _expect_plain_names(source, repository, CONFIG, commit)
            huggingface_hub.hf_hub_download(repository, CONFIG, revision=commit, **options)
    return path


def _expect_plain_names(source, repository, file, revision):
    """Refuse a reply of the hub whose commit or checksum would not be a name in the cache.

    huggingface_hub names files by them, wherever a path in them leads.
    """
    import huggingface_hub

    try:
        cached = huggingface_hub.try_to_load_from_cache(repository, file, revision=revision)
        if isinstance(cached, str) and _COMMIT.fullmatch(revision or ""):
            return  # nothing is asked for
        url = huggingface_hub.hf_hub_url(repository, file, revision=revision)
        reply = huggingface_hub.get_hf_file_metadata(url)
    except Exception:  # of which `hf_hub_download` says more, or it takes what is in the cache
        return
    for what, name in (("commit", reply.commit_hash), ("checksum", reply.etag)):
        if not _PLAIN_NAME.fullmatch(name or ""):
            raise UsageError(
                f"{source} cannot be had: the hub names it by the {what} {name!r:.80}, which cannot "
                "be the name of a file."
            )


def _reason(error):
    """Why a download failed, as a part of a sentence."""
    from huggingface_hub import errors

    match error:
        case errors.GatedRepoError():
            return "its owner has to grant access (see its page on the hub, and `hf auth login`)"
        case errors.RepositoryNotFoundError():
            return "the hub has no such repository, or it is private (`hf auth login`)"
        case errors.RevisionNotFoundError():
            return "the repository has no such revision"
        case errors.LocalEntryNotFoundError():
            cause = _first_line(error.__cause__ or error)
            return f"the hub gives no answer, and no copy is in the cache ({cause})"
        case errors.EntryNotFoundError():
            return f"the repository has no {FILE}"
    return _first_line(error)


def _first_line(error):
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__


def _expect_checksum(source, path):
    """Compare a file with the hub's checksum; huggingface_hub compares no more than its size.

    The cache holds a link to a file that is named by the checksum. Where the system has no links,
    nothing is compared.
    """
    expected = path.readlink().name if path.is_symlink() else ""
    if not _SHA256.fullmatch(expected):
        return
    received = file_fingerprint(path)
    if received != f"sha256:{expected}":
        raise UsageError(
            f"{source} should have the checksum sha256:{expected}; received {received}: delete "
            f"{path.resolve()} and try again."
        )
