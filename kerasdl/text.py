"""How numbers and tables are written for people."""


def clock(seconds):
    """A duration, as in `4:05` or `1:04:05`.

    Example:
    >>> clock(3845)
    '1:04:05'
    """
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def number(value):
    """Four significant digits.

    Example:
    >>> number(0.70711), number(float("nan"))
    ('0.7071', 'nan')
    """
    return f"{value:.4g}"


def one_line(text):
    r"""A text of any origin for a terminal: on one line, what cannot be shown as an escape.

    Example:
    >>> one_line("a\n\x1b[2Jb")
    'a \\x1b[2Jb'
    """
    return printable(" ".join(str(text).split()))


def printable(text):
    r"""A text, such as a path, in which what cannot be shown is an escape.

    Example:
    >>> printable("a\nb.png")
    'a\\nb.png'
    """
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(text)
    )


def distinct(values):
    """Each of `values` once, in the order of its first appearance, separated by commas.

    Example:
    >>> distinct([3, 1, 3])
    '3, 1'
    """
    return ", ".join(dict.fromkeys(map(str, values)))


def markdown_table(headings, rows, numeric=False):
    """A Markdown table of cells that are Markdown already.

    Args:
        headings: of the columns.
        rows: sequences of strings, as many as there are headings.
        numeric: pad the columns, and align all but the first to the right, so that the table
            reads well on a terminal too.

    Example:
    >>> print(markdown_table(("", "images/s"), [("flip", "1,234")], numeric=True))
    |      | images/s |
    | ---- | -------: |
    | flip |    1,234 |
    """
    lines = [list(headings), *map(list, rows)]
    rule = ["---"] * len(lines[0])
    if numeric:
        widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
        lines = [
            [line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])] for line in lines
        ]
        rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in (lines[0], rule, *lines[1:]))
