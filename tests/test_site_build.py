"""The site builds without warnings, leads nowhere that is not there, and needs no network."""

import ast
import importlib.util
import json
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from kerasdl.__main__ import COMMANDS

if importlib.util.find_spec("mkdocs") is None:
    pytest.skip('needs pip install -e ".[docs]"', allow_module_level=True)

pytestmark = pytest.mark.no_backend

ROOT = Path(__file__).parents[1]
LINK = re.compile(r'<(\w+)\b[^>]*?\s(?:href|src)="?([^"\s>]+)')
NAME = re.compile(r'\s(?:id|name)="?([^"\s>]+)')


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site, built as `tox -e docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT,
        check=True,
    )
    return folder


@pytest.fixture(scope="module")
def pages(site):
    """Path -> text of each HTML page."""
    return {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}


def test_links_lead_somewhere(site, pages):
    names = {path: set(map(unescape, NAME.findall(text))) for path, text in pages.items()}

    def leads_somewhere(page, link):
        parts = urlsplit(unescape(link))
        if parts.scheme or parts.netloc:
            return True
        path = unquote(parts.path)
        if (
            page.name == "404.html"
        ):  # which a server shows at any address: its links begin at the root
            path = path.lstrip("/")
        target = (page.parent / path).resolve() if path else page
        if target.is_dir():
            target /= "index.html"
        anchors = names.get(target, ())
        is_there = target.is_relative_to(site) and target.is_file()
        return is_there and (
            not parts.fragment or not anchors or unquote(parts.fragment) in anchors
        )

    links = {(page, link) for page, text in pages.items() for _, link in LINK.findall(text)}
    assert len(links) > 1000
    assert [(str(page), link) for page, link in links if not leads_somewhere(page, link)] == []


def test_nothing_is_loaded_from_elsewhere(pages):
    for path, text in pages.items():
        loaded = [link for tag, link in LINK.findall(text) if tag not in ("a", "meta")]
        loaded += re.findall(r"url\((https?:[^)]+)\)", text)
        assert not [link for link in loaded if re.match("(https?:)?//", link)], path


def test_search_finds_what_is_there(site):
    script = (site / "search" / "search_index.js").read_text(encoding="utf-8")
    index = json.loads(script.removeprefix("var __index = "))
    titles = {entry["title"] for entry in index["docs"]}
    assert {"Resume a run", "Attention", "lr-range"} <= titles
    assert any("RandomPadCrop" in title for title in titles)


def test_every_command_has_a_section(site):
    text = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    assert set(COMMANDS) <= set(NAME.findall(text))
    assert "--learning-rate" not in text
    assert all(option in text for option in ("--epochs N", "--resume", "--perturbed N"))


@pytest.mark.parametrize("package", ["models", "layers", "inspection", "recipes", "training"])
def test_every_export_has_an_entry(site, package):
    source = ast.parse((ROOT / "kerasdl" / package / "__init__.py").read_text(encoding="utf-8"))
    (exported,) = (
        ast.literal_eval(node.value)
        for node in source.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "__all__"
    )
    page = site / "reference" / "api" / f"{package}.html"
    shown = {name.rpartition(".")[2] for name in NAME.findall(page.read_text(encoding="utf-8"))}
    constants = {name for name in exported if name.isupper()} - {"CNN", "MLP"}
    assert set(exported) - constants <= shown


def test_report_pages_are_those_of_the_repository(site):
    for path in (ROOT / "reports").glob("*.html"):
        assert (site / "reports" / path.name).read_bytes() == path.read_bytes()
