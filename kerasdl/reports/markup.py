"""How Markdown pages and HTML pages write a text, so that it cannot become anything else.

A string is plain text: what stands in a result file is shown as it is, never as a link, a cell of
its own or a script. Our own sentences are `Prose`, where `code` and *emphasis* mean what they mean
in Markdown. What has been converted is `markupsafe.Markup`, and stays as it is.
"""

import re
from dataclasses import dataclass

from markupsafe import Markup, escape

# An underscore inside a word is one to every reader of Markdown.
_MARKDOWN = re.compile(r"[\\`*\[\]<>&#~|$]|(?<![^\W_])_|_(?![^\W_])")


class Prose(str):
    """A sentence of our own, with the code spans and the emphasis of Markdown."""

    __slots__ = ()


@dataclass(frozen=True)
class PageLink:
    """A link to another page in the same form.

    Attributes:
        title: what is shown.
        page: name of the page's file, without its suffix.
        section: heading on it, as readers of Markdown write it in a link, or `""`.
        row: anchor of a row of a table on it, which only the HTML form has, or `""`.
    """

    title: str
    page: str
    section: str = ""
    row: str = ""


@dataclass(frozen=True)
class Link:
    """A link within a page, or to a file that lies beside it.

    Attributes:
        title: what is shown.
        target: `#` and a heading, or a relative path.
    """

    title: str
    target: str


class Joined(tuple):
    """Several values, one after the other, as words of a sentence and links."""

    __slots__ = ()


def family_anchor(name):
    """Anchor of the figure of a family, as readers of Markdown write that of its heading.

    Example:
    >>> family_anchor("circles_batch")
    'circles_batch-side-by-side'
    """
    return f"{name}-side-by-side"


def linked(text, targets):
    """A sentence of our own in which code spans of some names are links.

    Args:
        text: it, with the code spans of Markdown.
        targets: name -> where a link leads.

    Returns:
        A `Joined`.

    Example:
    >>> linked("of `a`: 1", {"a": "#a"})
    ('of ', Link(title='`a`', target='#a'), ': 1')
    """
    parts = re.split(r"(`[^`]*`)", text)
    return Joined(
        Link(Prose(part), targets[name]) if (name := part.strip("`")) in targets else Prose(part)
        for part in parts
        if part
    )


def to_markdown(value):
    r"""`value` in a Markdown page, on one line if it is plain text.

    Example:
    >>> print(to_markdown("a < b | *c*"), to_markdown(Prose("a `b` *c*")))
    a &lt; b \| \*c\* a `b` *c*
    >>> print(to_markdown(PageLink("Dropout", "dropout")))
    [Dropout](dropout.md)
    >>> print(to_markdown(Link("a rate of 0.1", "#rate-0.1")))
    [a rate of 0.1](#rate-01)
    """
    if isinstance(value, Joined):
        return Markup("").join(map(to_markdown, value))
    if isinstance(value, PageLink):
        target = f"{value.page}.md" + (f"#{value.section}" if value.section else "")
        return Markup("[{}]({})").format(to_markdown(value.title), Markup(target))
    if isinstance(value, Link):
        return Markup("[{}]({})").format(
            to_markdown(value.title), Markup(_in_markdown(value.target))
        )
    if isinstance(value, (Markup, Prose)):
        return Markup(value)
    return Markup(_MARKDOWN.sub(_escaped, " ".join(str(value).splitlines())))


def _in_markdown(target):
    """Where a link leads: GitHub names a heading in small letters, without points."""
    if not target.startswith("#"):
        return target
    return "#" + re.sub(r"[^\w\- ]", "", target).lower().replace(" ", "-")


def _escaped(match):
    # As an entity a tag is none to a reader either that knows no escapes of Markdown.
    return {"<": "&lt;", ">": "&gt;"}.get(match[0], f"\\{match[0]}")


def to_markdown_cell(value):
    r"""`value` in a cell of a Markdown table, where a bar would begin the next one.

    Example:
    >>> print(to_markdown_cell("a|b"), to_markdown_cell(Prose("`a|b`")))
    a\|b `a\|b`
    """
    if isinstance(value, Joined):
        return "".join(map(to_markdown_cell, value))
    text = str(to_markdown(value))
    if isinstance(value, Prose):
        text = text.replace("|", "\\|")
    return " ".join(text.splitlines())


def to_html(value):
    """`value` in an HTML page; a number stays on one line with its unit.

    Example:
    >>> print(to_html("a < *b*"), to_html(Prose("a < *b*")))
    a &lt; *b* a &lt; <em>b</em>
    >>> print(to_html(PageLink("Dropout", "dropout")))
    <a href="dropout.html">Dropout</a>
    """
    if isinstance(value, Joined):
        return Markup("").join(map(to_html, value))
    if isinstance(value, PageLink):
        anchor = value.row or value.section
        target = f"{value.page}.html" + (f"#{anchor}" if anchor else "")
        return Markup('<a href="{}">{}</a>').format(target, to_html(value.title))
    if isinstance(value, Link):
        return Markup('<a href="{}">{}</a>').format(value.target, to_html(value.title))
    if isinstance(value, Markup):
        return value
    text = str(escape(str(value))).replace(" %", "\u00a0%").replace(" ± ", "\u00a0±\u00a0")
    if isinstance(value, Prose):
        text = re.sub(r"`([^`]*)`", r"<code>\1</code>", text)
        text = re.sub(r"\*([^*]+)\*", r"<em>\1</em>", text)
    return Markup(text)
