"""How numbers and tables are written for people, and how wide their terminal is."""

import os

LEAST_CUT = 12  # characters of a column that is cut; with less room it is left out


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


def terminal_width(stream):
    """Characters in a line of the terminal that a stream writes to; `None` where it is none.

    `COLUMNS` overrides what the terminal says of itself. (`shutil.get_terminal_size` does the
    same, and imports every module of compression on its way.)

    Example:
    >>> import io
    >>> terminal_width(io.StringIO()) is None
    True
    """
    if not stream.isatty():
        return None
    try:
        columns = int(os.environ.get("COLUMNS", 0))
    except ValueError:
        columns = 0
    try:
        return columns or os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def columns_of_text(rows, width=None):
    r"""Lines in which the cells of each column stand below each other.

    Args:
        rows: sequences of texts, equally many in each; the first one is the heading.
        width: characters that a line may have, or `None` for any number. Where there is less
            room than the columns need, the space between them shrinks, the last one is cut, and
            those without any room, from the right, are left out.

    Returns:
        A list of lines, and the headings of the columns that were left out.

    Example:
    >>> lines, left_out = columns_of_text([("name", "why"), ("dropout", "it overfits")])
    >>> print(*lines, sep="\n")
    name     why
    dropout  it overfits
    >>> columns_of_text([("name", "why"), ("dropout", "it overfits")], width=16)
    (['name', 'dropout'], ['why'])
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    gap, shown = "  ", len(widths)
    if width is not None and sum(widths[:-1]) + 2 * len(widths) > width:
        gap = " "
    while width is not None and shown > 1:
        room = width - sum(each + len(gap) for each in widths[: shown - 1])
        if room >= min(widths[shown - 1], LEAST_CUT):
            widths[shown - 1] = min(widths[shown - 1], room)
            break
        shown -= 1
    lines = [
        gap.join(
            cut(cell, each).ljust(each) for cell, each in zip(row, widths[:shown], strict=False)
        )
        for row in rows
    ]
    return [line.rstrip() for line in lines], list(rows[0][shown:])


def cut(text, width):
    """A text of at most `width` characters, the last of which is an ellipsis if there was more.

    Example:
    >>> cut("overfitting", 5)
    'over…'
    """
    return text if len(text) <= width else text[: width - 1] + "…"


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
