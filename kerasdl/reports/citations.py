"""Who wrote the reports, and under which title: as they stand on their first pages."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Citation:
    """A report as one cites it.

    Attributes:
        authors: their names.
        title: as the report has it.
        published: course and date, as far as the report has them.
    """

    authors: str
    title: str
    published: str

    def __str__(self):
        """In one sentence without a full stop."""
        return f'{self.authors}, "{self.title}", {self.published}'


CITATIONS = {
    "regularization": Citation(
        "Mostefa Sihamdi and Abdellah Bousba",
        "Deep Learning Practical",
        "RDFIA, M2 DAC, 2021-2022",
    ),
    "transformers": Citation(
        "Amayas Sadi and Ghiles Ouhenia",
        "Basics on deep learning for vision",
        "RDFIA, M2 DAC, Sorbonne Université",
    ),
    "exercises": Citation(
        "Ariane Alix, Marie Heurtevent and Alexandre Pacaud",
        "Deep Learning In Practice",
        "MVA, 10 February 2020",
    ),
    "mlp_vs_cnn": Citation("Enrico Cecchetti", "Deep Learning, Report Homework 3", "undated"),
    "dropout": Citation("Felix Boelter", "Deep Learning, Assignment 2", "19 November 2020"),
}
"""Name of a report -> its `Citation`."""
