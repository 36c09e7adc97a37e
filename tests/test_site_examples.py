"""Every block of Python and of shell on the pages of the site runs, in the order of its page.

A block's first line says what it is, as in "```python". With a class `.needs-PACKAGE` it runs only
where that package is installed.
"""

import configparser
import importlib.util
import re
import shlex
import subprocess
from pathlib import Path

import keras
import pytest

from kerasdl.__main__ import main

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
BLOCK = re.compile(r"^```(?:\{ \.)?(python|bash)\b(.*)\n((?:.*\n)*?)```$", re.MULTILINE)
SHELL_BACKEND = "torch"  # commands are the same on all; they run on the one that starts fastest
WORDS_OF = 'kerasdl() { printf "%s\\0" "$@"; }; '
"""In front of a line of shell: prints the words that the command would be given."""


@pytest.fixture
def empty_folder(tmp_path, monkeypatch):
    """The current folder, on a machine without data sets and without a network to look for them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERASDL_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("KERASDL_DATA", raising=False)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("empty_folder")
def test_blocks_run(page, monkeypatch):
    namespace = {"__name__": "__main__"}
    has_shell = keras.backend.backend() == SHELL_BACKEND
    for kind, attributes, code in BLOCK.findall((DOCS / page).read_text(encoding="utf-8")):
        needed = re.findall(r"\.needs-(\w+)", attributes)
        if not all(importlib.util.find_spec(name) for name in needed):
            continue
        if kind == "bash" and has_shell:
            for line in code.splitlines():
                run_line(line, monkeypatch)
        elif kind == "python" and (has_shell or not needed):
            exec(compile(code, page, "exec"), namespace)


def run_line(line, monkeypatch):
    """Run one command of a page, in this process."""
    if line.startswith("pip install"):
        expect_extras(line)
        return
    while assigned := re.match(r"([A-Z_]+)=(\S+) ", line):
        monkeypatch.setenv(*assigned.groups())
        line = line[assigned.end() :]
    assert line.startswith("kerasdl "), line
    printed = subprocess.run(
        ["bash", "-c", WORDS_OF + line], capture_output=True, text=True, check=True
    ).stdout
    assert main(printed.split("\0")[:-1]) == 0, line


def expect_extras(line):
    """What `pip install` names is there; nothing is installed."""
    metadata = configparser.ConfigParser()
    metadata.read(ROOT / "setup.cfg", encoding="utf-8")
    (requirement,) = (word for word in shlex.split(line) if word.startswith("."))
    assert set(requirement[2:-1].split(",")) <= set(metadata["options.extras_require"]), line


def test_no_block_is_left_out():
    """Each fence of a page in these languages is found, whatever stands behind its name."""
    for page in PAGES:
        text = (DOCS / page).read_text(encoding="utf-8")
        fences = re.findall(r"^```.*(?:python|bash|sh|shell)\b", text, re.MULTILINE)
        assert len(BLOCK.findall(text)) == len(fences), page
