"""Docstrings as this package writes them, in the form that griffe reads.

As in Keras, an example stands below the word "Example:" without being indented, where Google's style
indents it. Without this extension its `>>>` would become quotations.
"""

import re

import griffe

HEADING = re.compile(r"^Examples?:(.*)\n(?=\S)", re.MULTILINE)


class IndentedExamples(griffe.Extension):
    """Indents the example that ends a docstring."""

    def on_instance(self, *, obj, **kwargs):
        """Change the docstring of a class, a function or a module before it is parsed."""
        if obj.docstring is not None:
            obj.docstring.value = with_indented_example(obj.docstring.value)


def with_indented_example(text):
    r"""A docstring whose example is a section of Google's style.

    Example:
    >>> with_indented_example("Twice.\n\nExample: of two.\n>>> twice(2)\n4")
    'Twice.\n\nExamples:\n    of two.\n\n    >>> twice(2)\n    4'
    """
    match = HEADING.search(text)
    if match is None:
        return text
    title = match[1].strip()
    lines = ([title, ""] if title else []) + text[match.end() :].splitlines()
    indented = (f"    {line}" if line else "" for line in lines)
    return text[: match.start()] + "\n".join(["Examples:", *indented])
