"""Whether a machine has what runs need: backends, precision, data, caches, settings of Keras.

Each backend is imported in a process of its own, so that one that crashes is a finding, and none
of them is loaded here.
"""

import contextlib
import importlib.util
import json
import os
import platform
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from kerasdl import backend, compile_cache, datasets, files, processes, xla
from kerasdl.errors import UsageError
from kerasdl.runs import record

PATIENCE = 120  # seconds until the import of a backend has failed
PACKAGES = ("pandas", "pillow", "scikit-learn", "scipy", "matplotlib", "safetensors")
MEMINFO = Path("/proc/meminfo")
# What a process prints of one backend: its version and its devices, in their own words.
PROBE = """
import importlib, json, sys
import kerasdl
name = sys.argv[1]
module = importlib.import_module(name)
if name == "tensorflow":
    devices = [device.name.removeprefix("/physical_device:") for device in
               module.config.list_physical_devices()]
elif name == "torch":
    cuda = [module.cuda.get_device_name(i) for i in range(module.cuda.device_count())]
    devices = ["CPU", *cuda, *(["MPS"] if module.backends.mps.is_available() else [])]
else:
    devices = [f"{each.device_kind} ({each.platform})" for each in module.devices()]
print(json.dumps({"version": module.__version__, "devices": devices}))
"""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        part: of the machine, such as `"data"`.
        name: of the thing.
        state: `"ok"`, `"note"` (works, but should be known) or `"broken"`.
        detail: in words, what was found, and for what is broken what to do.
    """

    part: str
    name: str
    state: str
    detail: str

    def to_dict(self):
        """As JSON has it."""
        return asdict(self)


def examine(data_dir=None):
    """Look at everything.

    Args:
        data_dir: folder of data sets; by default that which `KERASDL_DATA` names.

    Returns:
        A list of `Finding`, part by part.

    Example:
    >>> {finding.state for finding in examine()} <= {"ok", "note", "broken"}  # doctest: +SKIP
    True
    """
    return [
        *machine(),
        *settings_of_keras(),
        *backends(),
        *data(data_dir),
        *caches(),
    ]


def machine(cpuinfo=record.CPUINFO, meminfo=MEMINFO):
    """Python, processor, cores, memory and precision."""
    cores = len(processes.usable_cores())
    yield Finding("machine", "python", "ok", f"{platform.python_version()}, {sys.executable}")
    yield Finding("machine", "processor", "ok", f"{record.hardware()} of {os.cpu_count()} usable")
    memory = _entries(meminfo)
    if {"MemTotal", "MemAvailable"} <= set(memory):
        total, free = (int(memory[key].split()[0]) / 2**20 for key in ("MemTotal", "MemAvailable"))
        state = "note" if free < 1 else "ok"
        yield Finding("machine", "memory", state, f"{free:.1f} of {total:.1f} GiB are free")
    for precision, instructions in record.LOW_PRECISION_FLAGS.items():
        yield Finding("machine", precision, *_precision(instructions, cpuinfo))
    versions = record.versions(*PACKAGES)
    yield Finding("machine", "packages", "ok", ", ".join(f"{n} {v}" for n, v in versions.items()))
    if cores < 2:
        yield Finding("machine", "cores", "note", "one core: a backend divides its work among none")


def _precision(instructions, cpuinfo):
    flags = record.processor_flags(cpuinfo)
    if not flags:
        return "note", f"unknown, as {cpuinfo} does not name the processor's instructions"
    if found := sorted(instructions & flags):
        return "ok", f"the processor has {', '.join(found)} ({cpuinfo}, not measured)"
    return "note", f"emulated on this processor, and slower than float32 ({cpuinfo}, not measured)"


def _entries(path):
    """The lines `name: value` of a file of Linux; none where there is no such file."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    return dict(re.split(r"\s*:\s*", line, maxsplit=1) for line in lines if ":" in line)


def settings_of_keras():
    """What `keras.json` sets, and which backend is chosen."""
    path = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "keras.json"
    yield Finding("keras", "keras.json", *_keras_json(path))
    try:
        name = backend.require()
    except UsageError as error:
        yield Finding("keras", "backend", "broken", str(error))
        return
    yield Finding("keras", "backend", "ok", f"{name}; KERAS_BACKEND chooses another")


def _keras_json(path):
    if not path.exists():
        return "ok", f"none at {path}, so Keras' defaults"
    try:
        entries = files.read_json(path)
        if not isinstance(entries, dict):
            raise UsageError(f"{path} should hold an object.")
    except UsageError as error:
        return "broken", f"{str(error).rstrip('.')}: mend or remove it."
    shown = f"{path}: " + ", ".join(f"{key}={value}" for key, value in sorted(entries.items()))
    if entries.get("image_data_format", "channels_last") != "channels_last":
        return "broken", f"{shown}: image_data_format should be channels_last."
    if entries.get("floatx", "float32") != "float32":
        return "note", f"{shown}: runs are marked as not of Keras' defaults"
    return "ok", shown


def backends():
    """Each backend, imported in a process of its own, all at the same time."""
    present = backend.installed()
    with ThreadPoolExecutor() as pool:
        found = dict(zip(present, pool.map(_probe, present), strict=True))
    for name in backend.BACKENDS:
        yield Finding("backends", name, *found.get(name, ("note", "not installed")))
    if xla.jaxlib_version() == xla.FAULTY_JAXLIB:
        yield Finding("backends", "jaxlib", *_faulty_jaxlib())


def _faulty_jaxlib():
    """State and detail of the jaxlib whose results are wrong."""
    fault = f"{xla.FAULTY_JAXLIB} computes wrong results on a CPU (jax-ml/jax issue 39103)"
    another = f'pip install "jaxlib!={xla.FAULTY_JAXLIB}".'
    if given := xla.faulty_fusions():
        return "broken", (
            f"{fault}, and {given} in XLA_FLAGS leaves the fault on: leave that out (kerasdl sets "
            f"{xla.NO_YNN_FUSION}, which prevents it), or {another}"
        )
    return "note", (
        f"{fault}; kerasdl sets {xla.NO_YNN_FUSION} in XLA_FLAGS, other programs should: {another}"
    )


def _probe(name):
    """State and detail of one backend."""
    environment = os.environ | {"KERAS_BACKEND": name, "TF_CPP_MIN_LOG_LEVEL": "3"}
    package = str(Path(__file__).parents[1])
    environment["PYTHONPATH"] = os.pathsep.join(
        filter(None, (os.environ.get("PYTHONPATH"), package))
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROBE, name],
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
        found = json.loads(done.stdout.splitlines()[-1])
        return "ok", f"{found['version']}, on {', '.join(found['devices'])}"
    except subprocess.TimeoutExpired:
        return "broken", f"its import took longer than {PATIENCE} seconds."
    except (ValueError, IndexError, KeyError, TypeError):
        reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return "broken", f"is installed and cannot be imported ({reason:.200}): install it anew."


def data(data_dir=None):
    """Each data set: where its files are, and whether all of them are there."""
    is_folder = True
    try:
        datasets.given_folder(data_dir)
    except UsageError as error:
        is_folder = False
        yield Finding("data", "folder", "broken", str(error))
    for name in datasets.NAMES:
        try:
            yield Finding("data", name, "ok", datasets.where(name, data_dir=data_dir))
        except datasets.DataNotFound:
            yield Finding("data", name, "note", "not found; it is downloaded when it is needed")
        except datasets.DataError as error:
            state, detail = ("broken", str(error)) if is_folder else ("note", "not looked for")
            yield Finding("data", name, state, detail)


def caches():
    """The folders in which downloads and compiled programs are kept."""
    yield _folder("downloads", files.cache_folder())
    named = os.environ.get(compile_cache.VARIABLE, "")
    if named == "off":
        yield Finding("caches", "compiled", "note", f"off ({compile_cache.VARIABLE})")
    else:
        yield _folder("compiled", Path(named) if named else files.cache_folder() / "compiled")
    if importlib.util.find_spec("huggingface_hub") is None:
        detail = "huggingface_hub is not installed, which hf:// weights need"
        yield Finding("caches", "hub", "note", detail)
    else:
        default = Path.home() / ".cache" / "huggingface"
        yield _folder("hub", Path(os.environ.get("HF_HOME") or default))


def _folder(name, path):
    """A folder that may not be there yet: its size, and whether it can be written."""
    place = path
    while not place.exists() and place != place.parent:
        place = place.parent
    if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
        return Finding("caches", name, "broken", f"{path} cannot be written.")
    size = 0
    for folder, _, names in os.walk(path):
        for file in names:
            with contextlib.suppress(OSError):
                size += os.lstat(os.path.join(folder, file)).st_size
    return Finding("caches", name, "ok", f"{path}, {size / 1e6:,.0f} MB")
