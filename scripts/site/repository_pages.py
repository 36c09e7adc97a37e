"""CONTRIBUTING.md and SECURITY.md of the repository, as pages of the site.

A hook of MkDocs.
"""

import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[2]
PAGES = {"CONTRIBUTING.md": "project/contributing.md", "SECURITY.md": "project/security.md"}


def on_files(files, config):
    """Add the pages."""
    for name, target in PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, target, content=with_links_of_the_site(text)))
    return files


def with_links_of_the_site(text):
    """A page whose links to files that are no pages of the site are plain text."""

    def link(match):
        words, target = match.groups()
        page = PAGES.get(target)
        return f"[{words}]({Path(page).name})" if page else words

    return re.sub(r"\[([^\]]+)\]\((?!https?:|#)([^)]+)\)", link, text)
