"""README.md, CONTRIBUTING.md and SECURITY.md of the repository, as pages of the site.

A hook of MkDocs.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[2]
PAGES = {
    "README.md": "project/readme.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security.md",
}
LINK = re.compile(r"\[([^\]]+)\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)")


def on_files(files, config):
    """Add the pages."""
    for name, target in PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, target, content=with_links_of_the_site(text)))
    return files


def with_links_of_the_site(text):
    """A page whose links to files lead to pages of the site; where there is none, to nothing."""

    def link(match):
        words, target, anchor = match.groups()
        page = place(target)
        return f"[{words}]({posixpath.relpath(page, 'project')}{anchor or ''})" if page else words

    return LINK.sub(link, text)


def place(name):
    """The page of the site that shows a file of the repository, or `None`."""
    if name.startswith("reports/") and name.endswith(".md"):
        return name.replace("reports/", "reports/text/")
    if name.startswith("notebooks/"):
        return name.replace(".ipynb", ".md")
    return PAGES.get(name)
