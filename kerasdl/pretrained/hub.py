"""Weights on the Hugging Face hub: `hf://owner/name`."""

import json
import os
import re
import urllib.error
import urllib.request
from pathlib import Path

from kerasdl.datasets import download
from kerasdl.errors import UsageError
from kerasdl.files import cache_folder

FILE = "model.safetensors"


def find(weights, hub=None):
    """The path of a file of weights, downloaded where it has to be.

    Args:
        weights: path of a file, or `hf://owner/name`: the file
            `model.safetensors` of that repository, as it is now. It is verified
            by the hub's own checksum and kept in the user's cache
            (`KERASDL_CACHE`).
        hub: address of the hub; `HF_ENDPOINT`, or huggingface.co.

    Returns:
        A `pathlib.Path`; a path is given back as it came.

    Raises:
        UsageError: the name is not of that form, the hub cannot be reached, or it
            has no such file.

    Example:
    >>> find("weights/vit.safetensors").name
    'vit.safetensors'
    """
    if not str(weights).startswith("hf://"):
        return Path(weights)
    name = str(weights).removeprefix("hf://")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
        raise UsageError(f"Weights on the hub are hf://owner/name; received {weights}.")
    hub = (hub or os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")
    try:
        about = _ask(f"{hub}/api/models/{name}?blobs=true")
        checksum = next(f["lfs"]["sha256"] for f in about["siblings"] if f["rfilename"] == FILE)
        revision = about["sha"]
    except StopIteration:
        raise UsageError(f"{weights} has no {FILE}.") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{weights} cannot be asked for: {_reason(error)} ({hub}). A file at hand is given "
            "by its path."
        ) from error
    folder = cache_folder() / "pretrained" / name.replace("/", "--") / checksum
    if not (folder / FILE).is_file():
        url = f"{hub}/{name}/resolve/{revision}/{FILE}"
        try:
            download.install(folder, [download.Download((url,), f"sha256:{checksum}")])
        except download.DownloadError as error:
            raise UsageError(f"{weights}: {error}.") from error
    return folder / FILE


def _ask(url):
    with urllib.request.urlopen(url, timeout=download.ANSWER_WITHIN) as response:
        return json.load(response)


def _reason(error):
    if isinstance(error, urllib.error.HTTPError):
        return f"the hub answers {error.code} {error.reason}"
    if isinstance(error, KeyError | TypeError | ValueError):
        return "the hub's answer is not understood"
    return f"no answer, {getattr(error, 'reason', None) or error}"
