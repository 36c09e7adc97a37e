"""`kerasdl doctor`: what it finds, and when it says that something is broken."""

import json

import keras
import pytest

from kerasdl import backend, datasets, doctor, xla
from kerasdl.__main__ import main


@pytest.fixture
def healthy(monkeypatch, tmp_path):
    """A machine without data, settings and other backends, whose backend needs no import."""
    monkeypatch.setenv("KERASDL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.delenv("KERASDL_DATA", raising=False)
    monkeypatch.setattr(doctor, "_probe", lambda name: ("ok", "1.2.3, on CPU"))
    monkeypatch.setattr(xla, "jaxlib_version", lambda: "0.10.1")
    (tmp_path / "keras").mkdir()
    return tmp_path


def found(name, *words):
    """The finding of that name, after checking that the exit code is that of what is broken."""
    findings = doctor.examine(*words)
    return next(each for each in findings if each.name == name)


def test_a_healthy_machine(healthy, capsys):
    assert main(["doctor"]) == 0
    shown = capsys.readouterr().out
    assert f"{keras.backend.backend()}: 1.2.3, on CPU" in shown
    assert "cifar10: not found; it is downloaded when it is needed" in shown
    assert "BROKEN" not in shown
    assert shown.endswith("all well\n")
    assert all(len(line) <= 100 for line in shown.splitlines() if str(healthy) not in line)
    assert not (healthy / "cache").exists()  # nothing is made by looking


def test_json_holds_what_is_shown(healthy, capsys):
    assert main(["doctor", "--json"]) == 0
    written = json.loads(capsys.readouterr().out)
    assert written["broken"] == 0
    parts = {each["part"] for each in written["findings"]}
    assert parts == {"machine", "keras", "backends", "data", "caches"}
    names = [each["name"] for each in written["findings"] if each["part"] == "data"]
    assert names == list(datasets.NAMES)


def test_a_backend_is_imported_in_a_process_of_its_own():
    name = keras.backend.backend()
    state, detail = doctor._probe(name)
    version = __import__(name).__version__
    assert state == "ok", detail
    assert detail.startswith(f"{version}, on ")
    assert "cpu" in detail.lower()


def test_a_backend_that_cannot_be_imported_is_broken(healthy, monkeypatch, capsys, tmp_path):
    (tmp_path / "torch.py").write_text("raise OSError('libtorch.so is missing')")
    monkeypatch.undo()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    state, detail = doctor._probe("torch")
    assert state == "broken"
    assert "OSError: libtorch.so is missing" in detail


def test_no_backend_is_broken(healthy, monkeypatch, capsys):
    monkeypatch.setattr(backend, "installed", lambda: ())
    assert main(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert "BROKEN  backend: Training needs TensorFlow, PyTorch or JAX" in shown
    assert "1 broken: backend" in shown


@pytest.mark.parametrize(
    ("content", "state", "expected"),
    [
        ("{", "broken", "mend or remove it"),
        ('{"image_data_format": "channels_first"}', "broken", "should be channels_last"),
        ('{"floatx": "float64"}', "note", "not of Keras' defaults"),
        ('{"floatx": "float32", "backend": "tensorflow"}', "ok", "backend=tensorflow"),
    ],
)
def test_settings_of_keras(healthy, content, state, expected):
    (healthy / "keras" / "keras.json").write_text(content)
    finding = found("keras.json")
    assert finding.state == state
    assert expected in finding.detail


def test_half_a_data_set_is_broken(healthy, capsys):
    folder = healthy / "data" / "cifar-10-batches-bin"
    folder.mkdir(parents=True)
    (folder / "test_batch.bin").write_bytes(b"")
    finding = found("cifar10", str(healthy / "data"))
    assert finding.state == "broken"
    assert "missing: data_batch_1.bin" in finding.detail
    assert main(["doctor", "--data-dir", str(healthy / "data")]) == 1
    assert found("cifar100", str(healthy / "data")).state == "note"


def test_a_folder_that_is_not_there_is_one_thing_that_is_broken(healthy, monkeypatch, capsys):
    monkeypatch.setenv("KERASDL_DATA", str(healthy / "nowhere"))
    assert main(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert shown.count("BROKEN") == shown.count("KERASDL_DATA should be a folder") == 1
    assert "cifar10: not looked for" in shown
    assert "digits: needs no files" in shown
    assert "1 broken: folder" in shown


def test_the_faulty_jaxlib_is_named(healthy, monkeypatch):
    monkeypatch.setattr(xla, "jaxlib_version", lambda: "0.10.2")
    monkeypatch.setenv("XLA_FLAGS", xla.NO_YNN_FUSION)
    finding = found("jaxlib")
    assert finding.state == "note"
    assert "jax-ml/jax issue 39103" in finding.detail


def test_a_flag_that_leaves_its_fault_on_is_broken(healthy, monkeypatch, capsys):
    monkeypatch.setattr(xla, "jaxlib_version", lambda: "0.10.2")
    monkeypatch.setenv("XLA_FLAGS", f"{xla.NO_YNN_FUSION}reduce")
    assert main(["doctor"]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "BROKEN jaxlib: 0.10.2 computes wrong results on a CPU" in shown
    assert f"{xla.NO_YNN_FUSION}reduce in XLA_FLAGS leaves the fault on: leave that out" in shown


@pytest.mark.parametrize(
    ("cpuinfo", "bfloat16", "float16"),
    [
        ("flags\t\t: fpu avx512_bf16 amx_bf16\n", "ok", "note"),
        ("Features\t: fp asimdhp\n", "note", "ok"),
        ("flags\t\t: fpu sse\n", "note", "note"),
    ],
)
def test_precision_is_that_of_the_processors_instructions(tmp_path, cpuinfo, bfloat16, float16):
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    findings = {each.name: each for each in doctor.machine(tmp_path / "cpuinfo", tmp_path / "no")}
    assert findings["bfloat16"].state == bfloat16
    assert findings["float16"].state == float16
    assert "not measured" in findings["bfloat16"].detail
    assert "memory" not in findings


def test_a_cache_that_cannot_be_written_is_broken(healthy, monkeypatch):
    (healthy / "file").write_text("")
    monkeypatch.setenv("KERASDL_CACHE", str(healthy / "file" / "cache"))
    assert found("downloads").state == "broken"
