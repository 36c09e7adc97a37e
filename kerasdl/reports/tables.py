"""A table of a page, and the columns by which what was measured says where and when."""

from dataclasses import dataclass

from kerasdl.text import distinct


@dataclass(frozen=True)
class Table:
    """Headings and cells, gathered once and written in every form.

    Attributes:
        headings: tuple of strings.
        rows: tuple of tuples, a cell a heading: a string, or what
            `kerasdl.reports.markup` knows beside it.
        numeric: whether all columns but the first are aligned to the right.
        anchors: of the rows on an HTML page, one each; or `()`.
    """

    headings: tuple
    rows: tuple
    numeric: bool = False
    anchors: tuple = ()

    @classmethod
    def of(cls, columns, records, numeric=False):
        """A row a record.

        Args:
            columns: pairs of a heading and a function: record -> cell.
            records: whatever the functions take.
            numeric: the attribute.

        Example:
        >>> Table.of((("n", str), ("square", lambda n: str(n * n))), (2, 3))
        Table(headings=('n', 'square'), rows=(('2', '4'), ('3', '9')), numeric=False, anchors=())
        """
        return cls(
            tuple(heading for heading, _ in columns),
            tuple(tuple(cell(record) for _, cell in columns) for record in records),
            numeric,
        )

    @property
    def records(self):
        """Each row as a dictionary: heading -> cell."""
        return tuple(dict(zip(self.headings, row, strict=True)) for row in self.rows)


def environment_columns(results_of):
    """The columns of `Table.of` that say on what something was measured, and when.

    Args:
        results_of: function: record -> sequence of dictionaries with what
            `kerasdl.runs.record.environment` gave.
    """
    return (
        ("hardware", lambda record: distinct(r["hardware"] for r in results_of(record))),
        ("versions", lambda record: distinct(_packages(results_of(record)))),
        (
            "date",
            lambda record: distinct(r.get("date", "not recorded") for r in results_of(record)),
        ),
    )


def _packages(results):
    for result in results:
        for package, version in result["versions"].items():
            yield f"{package} {version}"
