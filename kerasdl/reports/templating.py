"""Templates: the suffix of a template says which form of page it makes.

Nothing that a template inserts can be forgotten to be escaped: `finalize` writes every value the
way its form of page does (`markup.py`), and what has gone through it is `Markup`, which Jinja's
own escaping leaves alone. It is on for Markdown too, so that macros return `Markup` there as well.
"""

import functools

import jinja2
from markupsafe import Markup

from kerasdl.reports import notes
from kerasdl.reports.markup import family_anchor, to_html, to_markdown, to_markdown_cell
from kerasdl.text import markdown_table

_FINALIZE = {".md": to_markdown, ".html": to_html}


def render(template, **values):
    """The text of a page.

    Args:
        template: name of a file in `templates/`, which ends in `.md` or `.html`.
        values: what it lays out.
    """
    suffix = template[template.rindex(".") :]
    return _environment(suffix).get_template(template).render(values)


@functools.cache
def _environment(suffix):
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("kerasdl.reports"),
        autoescape=True,
        finalize=_FINALIZE[suffix],
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {"notes": notes, "family_anchor": family_anchor}
    environment.filters["markdown_table"] = _markdown_table
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    return environment


def _markdown_table(table):
    rows = [[to_markdown_cell(cell) for cell in row] for row in table.rows]
    headings = [to_markdown_cell(heading) for heading in table.headings]
    return Markup(markdown_table(headings, rows, table.numeric))
