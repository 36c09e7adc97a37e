"""Readers of pages that are not ours: Python's of HTML, markdown-it-py of Markdown."""

import html.parser
import json

from markdown_it import MarkdownIt

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])  # as code hosts read it


def read_markdown(text):
    """The `Page` that a reader of Markdown makes."""
    return Page(MARKDOWN.render(text))


class Page(html.parser.HTMLParser):
    """What stands in an HTML page.

    Attributes:
        tags: of every element, in order.
        targets: what `href` and `src` refer to.
        loaded: those of them that a browser fetches unasked: all but what can be clicked on.
        ids: anchors.
        charts: the JSON of the charts.
        tables: a list of rows a table, each a list of cells, headings first.
        text: all that is visible, white space as one blank.
    """

    def __init__(self, text):
        super().__init__()
        self.tags, self.targets, self.charts, self.tables, self.text = [], [], [], [], ""
        self.ids, self.loaded = [], []
        self._script = self._cell = False
        self.feed(text)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append(tag)
        targets = [attributes[key] for key in ("href", "src") if key in attributes]
        self.targets += targets
        self.loaded += targets if tag != "a" else []
        self.ids += [attributes["id"]] if "id" in attributes else []
        self._script = attributes.get("type", "") if tag == "script" else False
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("th", "td"):
            self.tables[-1][-1].append("")
            self._cell = True

    def handle_endtag(self, tag):
        self._cell = self._cell and tag not in ("th", "td")

    def handle_data(self, data):
        if self._script == "application/json":
            self.charts.append(json.loads(data))
        elif self._script is False:
            self.text += data
            if self._cell:
                self.tables[-1][-1][-1] += data.replace("\u00a0", " ")
        self._script = False
