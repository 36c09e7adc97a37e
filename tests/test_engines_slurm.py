"""`--engine slurm`: by submitit's processes on this machine, and by Slurm where it runs."""

import re
import shutil
import subprocess
import sys
import threading
import time

import pytest
from run_files import epochs_in, what_was_computed

from kerasdl import backend, engines, sweep
from kerasdl.__main__ import main
from kerasdl.engines.worker import Resources
from kerasdl.errors import UsageError
from kerasdl.processes import usable_cores
from kerasdl.sweep import Job

submitit = pytest.importorskip("submitit", reason="needs submitit")
from kerasdl.engines.slurm import Slurm  # noqa: E402

BACKEND = backend.choose()
VICTIM, OTHER = (Job(f"exercises/circles_{name}", BACKEND, 0) for name in ("wide", "linear"))
# submitit leaves it to Python to close what it opens.
pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals"),
]


@pytest.fixture
def submitted(monkeypatch):
    """The jobs that submitit was given, in the order of the sweep's."""
    jobs, map_array = [], submitit.AutoExecutor.map_array
    monkeypatch.setattr(
        submitit.AutoExecutor, "map_array", lambda *words: jobs.extend(map_array(*words)) or jobs
    )
    return jobs


def when_begun(act, out):
    """Call `act` in a thread, once the first run is past its first epoch."""

    def wait():
        while epochs_in(VICTIM.folder(out)) < 1:
            time.sleep(0.05)
        act()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def expect_equal_to_the_local_pool(jobs, tmp_path):
    local = {"engine": engines.Local(len(usable_cores())), "deterministic": True}
    assert sweep.train_all(jobs, tmp_path / "local", **local) == []
    for job in jobs:
        found = what_was_computed(job.folder(tmp_path / "slurm"))
        assert found == what_was_computed(job.folder(tmp_path / "local"))


def test_a_run_whose_time_is_up_goes_on(tmp_path, submitted):
    """The signal that Slurm sends before it ends a job; submitit puts it back into the queue."""
    out, lines, epochs = tmp_path / "slurm", [], []

    def signal_that_time_is_up():
        epochs.append(epochs_in(VICTIM.folder(out)))
        controller = submitted[0]._process.pid
        subprocess.run(["pkill", "-USR2", "-P", str(controller)], check=True)

    thread = when_begun(signal_that_time_is_up, out)
    engine = Slurm(cluster="local")
    options = {"engine": engine, "deterministic": True, "notify": lines.append}
    assert sweep.train_all([VICTIM, OTHER], out, **options) == []
    thread.join()
    assert 1 <= epochs[0] < 10
    assert len(lines) == 2
    assert all("finished, test accuracy" in line and " on " in line for line in lines)
    log = "".join(path.read_text() for path in (out / ".slurm").glob("*_log.err"))
    assert "Calling checkpoint method" in log + "".join(
        path.read_text() for path in (out / ".slurm").glob("*_log.out")
    )
    printed = VICTIM.output(out).read_text()
    assert len(re.findall(r"^epoch +1/10 ", printed, re.MULTILINE)) == 1
    expect_equal_to_the_local_pool([VICTIM, OTHER], tmp_path)


def test_a_run_that_fails_is_recorded(tmp_path, monkeypatch):
    monkeypatch.setenv("KERASDL_DATA", str(tmp_path))
    (tmp_path / "ames_housing").mkdir()
    (tmp_path / "ames_housing" / "AmesHousing.csv").write_text("no,such,columns\n")
    job, lines = Job("exercises/regression_raw", BACKEND, 0), []
    engine = Slurm(cluster="local", retries=1)
    assert sweep.train_all([job], tmp_path / "runs", engine=engine, notify=lines.append) == [job]
    assert "should have the columns" in job.result(tmp_path / "runs")["error"]
    assert "failed: " in lines[0]


def test_without_slurm(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    words = ["run", "exercises", "--recipes", "circles_linear", "--engine", "slurm"]
    assert main([*words, "--out", str(tmp_path)]) == 2
    assert "--engine slurm needs Slurm's sbatch and srun on this machine" in capsys.readouterr().err


def slurm_runs():
    """Whether there is a Slurm that this machine can submit to."""
    if shutil.which("sinfo") is None:
        return False
    return subprocess.run(["sinfo"], capture_output=True, check=False, timeout=60).returncode == 0


@pytest.mark.cluster
@pytest.mark.skipif(not slurm_runs(), reason="needs a Slurm to submit to")
class TestSlurm:
    """On Slurm itself; a node that is this machine will do."""

    def test_a_job_array_of_which_one_is_put_back(self, tmp_path, submitted):
        out, lines = tmp_path / "slurm", []
        thread = when_begun(lambda: submitted[0]._interrupt(timeout=True), out)
        options = {"deterministic": True, "notify": lambda line: lines.append(line) or print(line)}
        engine = Slurm(minutes=30)
        assert sweep.train_all([VICTIM, OTHER], out, engine=engine, **options) == []
        thread.join()
        assert lines[0].startswith("Slurm job ")
        assert submitted[0].job_id.endswith("_0")
        printed = VICTIM.output(out).read_text()
        assert len(re.findall(r"^epoch +1/10 ", printed, re.MULTILINE)) == 1
        assert len(re.findall(r"^curves: ", printed, re.MULTILINE)) == 2  # started twice
        expect_equal_to_the_local_pool([VICTIM, OTHER], tmp_path)

    def test_what_sbatch_refuses_is_said(self, tmp_path):
        engine = Slurm(options={"partition": "no-such-partition"})
        with pytest.raises(UsageError, match=r"sbatch refused them \(.*partition"):
            sweep.train_all([OTHER], tmp_path, engine=engine)

    def test_an_interruption_cancels_the_jobs(self, tmp_path, submitted):
        engine = Slurm(resources=Resources(cpus=1))
        outcomes = engine.train([VICTIM], engines.Settings(str(tmp_path)), print)
        thread = threading.Thread(target=lambda: next(outcomes, None), daemon=True)
        thread.start()
        while epochs_in(VICTIM.folder(tmp_path)) < 1:
            time.sleep(0.05)
        engine._cancel(submitted, submitted)
        while VICTIM.result(tmp_path)["status"] != "interrupted":
            time.sleep(0.05)
