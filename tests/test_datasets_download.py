"""Downloads from a server on this machine: checked, whole or not at all, and soon given up."""

import contextlib
import dataclasses
import gzip
import hashlib
import http.server
import io
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import tarfile
import threading
import time

import pytest
from memory import memory_below

from kerasdl.datasets import DataError, DataNotFound, _download, load, mnist
from kerasdl.datasets._download import ABANDONED, Download, install
from kerasdl.datasets._transfer import DownloadError, Limits, fetch

pytestmark = pytest.mark.no_backend

HELD = 10  # seconds that an answer is held back, if nobody gives it up


class Server(http.server.ThreadingHTTPServer):
    """Serves `files`; may wait in front of a path, or in the middle of it."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.asked = {}, []
        self.release, self.silent, self.stalling, self.short = threading.Event(), (), (), ()
        self.endless = {}  # what is sent again and again
        self.together = None  # a barrier: no answer before this many have asked

    def url(self, name):
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"

    def offer(self, name, content, members=(), algorithm="md5"):
        self.files[f"/{name}"] = content
        digest = hashlib.new(algorithm, content).hexdigest()
        return Download((self.url(name),), f"{algorithm}:{digest}", members)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server, content = self.server, self.server.files.get(self.path)
        server.asked.append(self.path)
        if server.together:
            server.together.wait(HELD)
        if self.path in server.silent:
            server.release.wait(HELD)
            return
        if self.path in server.endless:
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                while not server.release.wait(0.01):
                    self.wfile.write(server.endless[self.path])
            return
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        half = len(content) // 2
        self.wfile.write(content[:half])
        self.wfile.flush()
        if self.path in server.stalling:
            server.release.wait(HELD)
        if self.path not in (*server.stalling, *server.short):
            with contextlib.suppress(ConnectionError):
                self.wfile.write(content[half:])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        yield running
        running.release.set()
        running.shutdown()
        thread.join()


def archive(**members):
    """A gzipped tar of names (`/` written as `__`) and bytes, or `TarInfo` for another kind."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, content in members.items():
            name = name.replace("__", "/")
            if isinstance(content, tarfile.TarInfo):
                content.name = name
                tar.addfile(content)
            else:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return file.getvalue()


def listing(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_files_arrive_together_and_nothing_else_stays(server, tmp_path, capsys):
    items = (server.offer("a.gz", b"first"), server.offer("b.gz", b"second", algorithm="sha256"))
    install(tmp_path / "cache" / "set", items)
    assert listing(tmp_path) == ["cache", "cache/set", "cache/set/a.gz", "cache/set/b.gz"]
    assert (tmp_path / "cache/set/b.gz").read_bytes() == b"second"
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [  # in a log: a line a file
        f"Downloading {server.url('a.gz')} (0.0 MB)",
        f"Downloading {server.url('b.gz')} (0.0 MB)",
    ]


def test_folder_is_made_with_the_users_own_permissions(server, tmp_path):
    install(tmp_path / "set", (server.offer("a", b"first"),))
    (tmp_path / "like").mkdir()
    assert (tmp_path / "set").stat().st_mode == (tmp_path / "like").stat().st_mode


def test_bar_on_a_terminal(server, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    item = server.offer("a.bin", b"x" * 100_000)
    fetch(item.urls, item.checksum, tmp_path / "a.bin")
    said = capsys.readouterr().err
    assert "a.bin" in said
    assert "Downloading" not in said


def test_only_expected_members_leave_an_archive(server, tmp_path):
    folder = tarfile.TarInfo()
    folder.type = tarfile.DIRTYPE
    content = archive(set=folder, set__a=b"first", set__b=b"second", set__other=b"x")
    item = server.offer("set.tar.gz", content, members=("set/a", "set/b"))
    install(tmp_path / "cache" / "set", (item,))
    assert listing(tmp_path) == ["cache", "cache/set", "cache/set/a", "cache/set/b"]
    assert (tmp_path / "cache/set/b").read_bytes() == b"second"


@pytest.mark.parametrize("name", ["..__evil", "set__..__..__evil", "__tmp__evil", "set__.."])
@pytest.mark.parametrize("asked", [False, True])
def test_archive_that_reaches_outside_is_refused(server, tmp_path, name, asked):
    """Whether the member is the expected one or another."""
    content = archive(set__a=b"first", **{name: b"x"})
    members = ("set/a", name.replace("__", "/")) if asked else ("set/a",)
    item = server.offer("set.tar.gz", content, members=members)
    with pytest.raises(DownloadError, match=r"set.tar.gz holds '.*', outside its own folder"):
        install(tmp_path / "cache" / "set", (item,))
    assert listing(tmp_path) == ["cache"]
    assert not list(tmp_path.parent.glob("*evil*"))


KINDS = ["SYMTYPE", "LNKTYPE", "CHRTYPE", "BLKTYPE", "FIFOTYPE", "GNUTYPE_SPARSE"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["set/a", "set/b"])
def test_links_and_devices_in_an_archive_are_refused(server, tmp_path, kind, name):
    """Whether the member is the expected one or another."""
    member = tarfile.TarInfo(name)
    member.type, member.linkname = getattr(tarfile, kind), "/etc/passwd"
    content = archive(**{name.replace("/", "__"): member, "set__a ": b"first"})
    item = server.offer("set.tar.gz", content, members=("set/a",))
    with pytest.raises(DownloadError, match=rf"'{name}' in set.tar.gz is not a regular file"):
        install(tmp_path / "set", (item,))
    assert listing(tmp_path) == []


def header(name, size, kind=tarfile.REGTYPE):
    """A member of a tar archive that says it has `size` bytes."""
    member = tarfile.TarInfo(name)
    member.size, member.type = size, kind
    return member.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    "begin",
    [
        header("set/a", 2**24),
        header("set/b", 2**24) + bytes(2**24) + header("set/a", 0),
        header("set/b", 2**60),  # which is not there
        header("././@LongLink", 2**24, tarfile.GNUTYPE_LONGNAME),
        header("pax", 2**24, tarfile.XHDTYPE),
        header("pax", 2**40, tarfile.XGLTYPE),
    ],
    ids=["expected", "other", "absurd", "name", "attributes", "all attributes"],
)
def test_archive_that_unfolds_without_end_is_refused(server, tmp_path, monkeypatch, begin):
    """A few kilobytes that unfold to 16 MiB, where 1 MiB is what may be."""
    monkeypatch.setattr(_download, "LARGEST_UNFOLDED", 2**20)
    item = server.offer("set.tar.gz", gzip.compress(begin + bytes(2**24), 9), members=("set/a",))
    assert len(server.files["/set.tar.gz"]) < 50_000
    with memory_below(2**23), pytest.raises(DownloadError, match=r"more than 1,048,576 bytes"):
        install(tmp_path / "set", (item,))
    assert listing(tmp_path) == []


def test_names_of_names_without_end_are_refused(server, tmp_path):
    begin = header("././@LongLink", 0, tarfile.GNUTYPE_LONGNAME) * 5000
    content = gzip.compress(begin + header("set/a", 0) + bytes(1024))
    item = server.offer("set.tar.gz", content, members=("set/a",))
    with pytest.raises(DownloadError, match="is not the expected archive"):
        install(tmp_path / "set", (item,))
    assert listing(tmp_path) == []


def test_damaged_archive_is_refused(server, tmp_path):
    """Cut or changed anywhere, after its checksum was taken: all of it arrives, or nothing."""
    generator = random.Random(0)
    second = generator.randbytes(700)
    whole = archive(set__a=b"first" * 300, set__b=second)
    for number in range(60):
        content = bytearray(whole)
        at = generator.randrange(len(content))
        if number % 2:
            del content[at:]
        else:
            content[at] ^= generator.randrange(1, 256)
        item = server.offer("set.tar.gz", bytes(content), members=("set/a", "set/b"))
        with contextlib.suppress(DownloadError):
            install(tmp_path / str(number), (item,))
            assert (tmp_path / str(number) / "a").read_bytes() == b"first" * 300
            assert (tmp_path / str(number) / "b").read_bytes() == second
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} <= {"a", "b"}


def test_file_that_says_it_is_too_large_is_not_asked_for(server, tmp_path):
    item = server.offer("a", b"x" * 1001)
    server.stalling = ("/a",)
    message = "at most 1,000 bytes; it has 1,001 or more"
    with pytest.raises(DownloadError, match=message):
        install(tmp_path / "set", (item,), Limits(size=1000))
    assert listing(tmp_path) == []


def test_file_that_does_not_end_is_given_up(server, tmp_path):
    """Without a length in its answer."""
    server.endless = {"/a": b"x" * 10_000}
    item = Download((server.url("a"),), "md5:0")
    with pytest.raises(DownloadError, match="at most 100,000 bytes; it has 1"):
        install(tmp_path / "set", (item,), Limits(size=100_000))
    assert listing(tmp_path) == []


def test_file_that_drips_is_given_up(server, tmp_path):
    """A byte now and then is no pause that is long enough."""
    server.endless = {"/a": b"x"}
    item = Download((server.url("a"),), "md5:0")
    start = time.perf_counter()
    message = "longer than 0.3 seconds, and had brought [0-9]+ bytes"
    with pytest.raises(DownloadError, match=message):
        install(tmp_path / "set", (item,), Limits(duration=0.3))
    assert time.perf_counter() - start < HELD / 2
    assert listing(tmp_path) == []


@pytest.mark.parametrize(
    "content",
    [b"<html>please log in</html>", archive(set__b=b"second")],
    ids=["a page", "another archive"],  # an archive has the time in it: two workers would differ
)
def test_foreign_archive_is_refused(server, tmp_path, content):
    item = server.offer("set.tar.gz", content, members=("set/a",))
    with pytest.raises(DownloadError, match=r"set.tar.gz is not the expected archive"):
        install(tmp_path / "set", (item,))
    assert listing(tmp_path) == []


def test_wrong_checksum_is_refused(server, tmp_path):
    item = server.offer("a", b"expected")
    server.files["/a"] = b"received"
    expected, received = (hashlib.md5(b).hexdigest() for b in (b"expected", b"received"))
    with pytest.raises(DownloadError, match=f"md5 should be {expected}; received {received}"):
        install(tmp_path / "set", (item,))
    assert listing(tmp_path) == []


def test_second_file_missing_leaves_nothing_of_the_first(server, tmp_path):
    items = (server.offer("a", b"first"), Download((server.url("b"),), "md5:0"))
    with pytest.raises(DownloadError, match="/b: the server answers 404"):
        install(tmp_path / "set", items)
    assert listing(tmp_path) == []


def test_next_mirror_is_asked(server, tmp_path):
    item = server.offer("b", b"content")
    item = dataclasses.replace(item, urls=(server.url("a"), *item.urls))
    fetch(item.urls, item.checksum, tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"content"
    assert server.asked == ["/a", "/b"]


def test_transfer_that_ends_early(server, tmp_path):
    item = server.offer("a", b"x" * 1000)
    server.short = ("/a",)
    with pytest.raises(DownloadError, match="the transfer ended after 500 of 1,000 bytes"):
        fetch(item.urls, item.checksum, tmp_path / "a")


def test_transfer_that_stalls_is_given_up(server, tmp_path):
    item = server.offer("a", b"x" * 1000)
    server.stalling = ("/a",)
    start = time.perf_counter()
    with pytest.raises(DownloadError, match="the transfer stopped after 500 bytes"):
        install(tmp_path / "set", (item,), Limits(answer=0.2))
    assert time.perf_counter() - start < HELD / 2
    assert listing(tmp_path) == []


def test_server_that_accepts_and_says_nothing_is_given_up(server, tmp_path):
    server.silent = ("/a", "/b")
    urls = (server.url("a"), server.url("b"))
    start = time.perf_counter()
    with pytest.raises(DownloadError, match=r"/a: no answer within 0.1 .*/b: no answer within 0.1"):
        fetch(urls, "md5:0", tmp_path / "a", Limits(answer=0.2))  # both mirrors together
    assert time.perf_counter() - start < HELD / 2


def test_name_lookup_that_hangs_is_given_up(tmp_path, monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: release.wait(HELD) and [])
    start = time.perf_counter()
    with pytest.raises(DownloadError, match=r"no answer within 0.2 seconds"):
        fetch(["http://data.example/a"], "md5:0", tmp_path / "a", Limits(answer=0.2))
    assert time.perf_counter() - start < HELD / 2
    release.set()


def test_server_that_is_not_there(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # and does not listen
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/a"
        with pytest.raises(DownloadError, match="Connection refused"):
            fetch([url], "md5:0", tmp_path / "a")


def test_cache_that_cannot_be_written(server, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DownloadError, match=r"could not be written to .*KERASDL_CACHE"):
        install(tmp_path / "file" / "set", (server.offer("a", b"first"),))
    assert server.asked == []


INSTALL = """
import sys
from kerasdl.datasets._download import Download, install
install(sys.argv[1], (Download((sys.argv[2],), sys.argv[3]),))
"""


def installing(folder, item):
    command = [sys.executable, "-c", INSTALL, str(folder), *item.urls, item.checksum]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def wait_for(condition):
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    assert condition()


def test_two_processes_at_once(server, tmp_path):
    item = server.offer("a", os.urandom(1_000_000))
    server.together = threading.Barrier(2)
    both = [installing(tmp_path / "set", item) for _ in range(2)]
    for process in both:
        assert "Traceback" not in process.communicate(timeout=20)[1]
    assert [process.returncode for process in both] == [0, 0]
    assert server.asked == ["/a", "/a"]
    assert listing(tmp_path) == ["set", "set/a"]
    assert (tmp_path / "set/a").read_bytes() == server.files["/a"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_killed_in_the_middle(server, tmp_path):
    item = server.offer("a", b"x" * 1_000_000)
    server.stalling = ("/a",)
    process = installing(tmp_path / "set", item)
    wait_for(lambda: listing(tmp_path)[1:])  # the half file, under another name
    process.kill()
    process.communicate(timeout=10)
    assert not (tmp_path / "set").exists()
    server.stalling = ()
    server.release.set()
    install(tmp_path / "set", (item,))
    assert (tmp_path / "set/a").read_bytes() == server.files["/a"]
    # What the killed one left goes away once it is old enough to be nobody's.
    (left,) = tmp_path.glob(".set.*.part")
    os.utime(left, (time.time() - ABANDONED - 1,) * 2)
    install(tmp_path / "set", (item,))
    assert listing(tmp_path) == ["set", "set/a"]


@pytest.fixture
def published_mnist(server, tmp_path, monkeypatch):
    """MNIST with ten images a part, offered by the server."""
    monkeypatch.delenv("KERASDL_DATA", raising=False)
    monkeypatch.setenv("KERASDL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(mnist, "TRAIN_COUNTS", (1,) * 10)
    monkeypatch.setattr(mnist, "TEST_COUNTS", (1,) * 10)
    items = []
    for name in mnist.CHECKSUMS:
        shape = (10, 28, 28) if "images" in name else (10,)
        data = bytes(10 * 28 * 28) if "images" in name else bytes(range(10))
        content = struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape) + data
        items.append(server.offer(f"{name}.gz", gzip.compress(content)))
    monkeypatch.setattr(mnist, "MNIST", dataclasses.replace(mnist.MNIST, downloads=tuple(items)))
    return tmp_path / "cache"


def test_data_set_is_downloaded_once(server, published_mnist):
    data = load("mnist")
    assert len(data.train) == 10
    assert data.source == f"mnist in {published_mnist}; not as published: training, test"
    assert len(server.asked) == 4
    assert load("mnist").source == data.source
    assert len(server.asked) == 4


def test_what_could_not_be_downloaded_is_not_found(server, published_mnist, tmp_path):
    server.files.clear()
    with pytest.raises(DataNotFound) as error:
        load("mnist", data_dir=tmp_path)
    said = str(error.value)
    assert f"looked for mnist/train-images-idx3-ubyte.gz and the like in {tmp_path} and" in said
    assert "the server answers 404" in said
    assert "KERASDL_DATA" in said
    assert "\n" not in said


def test_damaged_files_are_not_replaced_by_a_download(server, published_mnist):
    load("mnist")
    (published_mnist / "mnist" / "t10k-images-idx3-ubyte.gz").write_bytes(b"")
    with pytest.raises(DataError, match="t10k-images") as error:
        load("mnist")
    assert not isinstance(error.value, DataNotFound)


def test_other_files_in_the_way_are_kept(published_mnist):
    (published_mnist / "mnist").mkdir(parents=True)
    (published_mnist / "mnist" / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match="it holds others, and a download does not replace them"):
        load("mnist")
    assert listing(published_mnist) == ["mnist", "mnist/notes.txt"]
