"""Who wrote the reports, under which title and when: as they stand on their first pages."""

from dataclasses import dataclass

from kerasdl.reports.markup import Joined, Link

_GITHUB = "https://github.com"


@dataclass(frozen=True)
class Citation:
    """A report as one cites it.

    Attributes:
        authors: their names.
        title: as the report has it.
        published: course and date, as far as the report has them.
        short: family names and year, for a table.
        link: address of a public copy, at a commit that does not change; `""` where none was found.
    """

    authors: str
    title: str
    published: str
    short: str
    link: str = ""

    def __str__(self):
        """In one sentence without a full stop."""
        return f'{self.authors}, "{self.title}", {self.published}'

    @property
    def linked(self):
        """The sentence, in which the title leads to the public copy."""
        title = Link(self.title, self.link) if self.link else self.title
        end = f'", {self.published}' + ("" if self.link else "; no public copy was found")
        return Joined((f'{self.authors}, "', title, end))


CITATIONS = {
    "regularization": Citation(
        "Mostefa Sihamdi and Abdellah Bousba",
        "Deep Learning Practical",
        "RDFIA, M2 DAC, Sorbonne Université, 2021-2022",
        "Sihamdi and Bousba, 2022",
    ),
    "transformers": Citation(
        "Amayas Sadi and Ghiles Ouhenia",
        "Basics on deep learning for vision",
        "RDFIA, M2 DAC, Sorbonne Université, undated",
        "Sadi and Ouhenia, undated",
    ),
    "exercises": Citation(
        "Ariane Alix, Marie Heurtevent and Alexandre Pacaud",
        "Deep Learning In Practice",
        "MVA, 10 February 2020",
        "Alix, Heurtevent and Pacaud, 2020",
        f"{_GITHUB}/ArianeAlix/Master-MVA/blob/7b6c038440df03dcd1b8a0937980a28f5f37dca7/"
        "Deep%20Learning%20in%20Practice/MVA_DL_In_Practice_full_TP1.pdf",
    ),
    "mlp_vs_cnn": Citation(
        "Enrico Cecchetti",
        "Deep Learning, Report Homework 3",
        "undated, published in March 2019",
        "Cecchetti, 2019",
        f"{_GITHUB}/ieCecchetti/Python_ML_DL_example/blob/"
        "5e92d898d3a01753ea2fcab5b62cb5046f08e0cd/DeepLearning/report/NN.pdf",
    ),
    "dropout": Citation(
        "Felix Boelter",
        "Deep Learning, Assignment 2",
        "19 November 2020",
        "Boelter, 2020",
        f"{_GITHUB}/felixboelter/Deep-Learning-Lab/blob/30e1a9c7aebccc3699a2d0273dfafb6b5b3ac4c0/"
        "Assignment_2/Report/Assignment_2_Felix_Boelter.pdf",
    ),
}
"""Name of a report -> its `Citation`."""
