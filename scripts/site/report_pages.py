"""The pages in `reports/`, inside the site.

A hook of MkDocs. The folder is copied as it is to `reports/`, so that its HTML pages and their links
work as they do in the repository; its Markdown pages become pages of the site, in `reports/text/`.
"""

import html
import re
from pathlib import Path

from mkdocs.structure.files import File

SOURCE = Path(__file__).parents[2] / "reports"
TARGET, PAGES = "reports", "reports/text"
WIDE = "---\nhide: [toc]\n---\n\n"  # the pages have wide tables, and their own list of contents
LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)#\s]+)")
LISTING = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
<title>{name}</title><style>body {{ font-family: sans-serif; margin: 2em }}</style>
<h1>{name}</h1><ul>{items}</ul>
"""


def on_files(files, config):
    """Add the Markdown pages, every file, and a list of the files in each folder."""
    for path in sorted(SOURCE.rglob("*")):
        place = path.relative_to(SOURCE)
        if path.is_dir():
            if not (path / "index.html").exists():
                target = f"{TARGET}/{place.as_posix()}/index.html"
                files.append(File.generated(config, target, content=listing(path)))
        elif path.suffix != ".md":
            target = f"{TARGET}/{place.as_posix()}"
            files.append(File.generated(config, target, abs_src_path=str(path)))
        elif path.parent == SOURCE:
            text = WIDE + with_links_of_the_site(path.read_text(encoding="utf-8"))
            files.append(File.generated(config, f"{PAGES}/{place}", content=text))
        elif path.parent == SOURCE / "upstream":
            text = path.read_text(encoding="utf-8")
            files.append(File.generated(config, f"{PAGES}/{place.as_posix()}", content=text))
    return files


def with_links_of_the_site(text):
    """A Markdown page whose links lead to other Markdown pages, or one folder up."""
    return LINK.sub(lambda match: target(match[1]), text)


def target(link):
    """Where a link of a page in `reports/` leads from the page's place in the site."""
    if link.endswith(".md") and "/" not in link:
        return link
    return f"../{link.rstrip('/')}{'/index.html' if (SOURCE / link).is_dir() else ''}"


def listing(folder):
    """A page that links to what is in a folder."""
    entries = sorted(path for path in folder.iterdir() if path.suffix != ".md")
    items = "".join(
        f'<li><a href="{html.escape(path.name)}{"/index.html" * path.is_dir()}">'
        f"{html.escape(path.name)}</a></li>"
        for path in entries
    )
    return LISTING.format(
        name=html.escape(folder.relative_to(SOURCE.parent).as_posix()), items=items
    )
