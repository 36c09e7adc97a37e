"""What the pages say, gathered once from claims, recipes and runs: templates only lay it out."""

import collections
from dataclasses import dataclass

from kerasdl import studies
from kerasdl.claims import VERDICTS
from kerasdl.reports import curves
from kerasdl.reports.claim_table import Judged, claim_table
from kerasdl.reports.figures import Figure
from kerasdl.reports.markup import PageLink, Prose
from kerasdl.reports.result_table import result_table
from kerasdl.reports.setting_table import setting_table
from kerasdl.reports.tables import Table


@dataclass(frozen=True)
class Section:
    """An experiment on the page of its report.

    Attributes:
        name: without the report's.
        source: where the report describes it.
        expected: what the report says came out, or `""`.
        twins: a sentence that names the recipes with the same settings, or `""`.
        figure: its curves, or `None` where it has no run.
        no_run: why it has no figure, in two words.
        cost: how long a run takes.
        settings: `Table`.
    """

    name: str
    source: Prose
    expected: Prose
    twins: Prose
    figure: Figure | None
    no_run: str
    cost: Prose
    settings: Table


@dataclass(frozen=True)
class Report:
    """The page of a report.

    Attributes:
        name: of the report, and of the page's files.
        title: heading.
        verdicts: word -> how many claims have this verdict.
        claims: `Table` of the claims.
        results: `Table` of what was measured.
        failures: `Table` of the runs that failed.
        left_out: `Table` of the runs that decide no claim.
        families: name without the report's -> `Figure`; those with two members or more.
        sections: tuple of `Section`, one for each experiment.
    """

    name: str
    title: str
    verdicts: dict
    claims: Table
    results: Table
    failures: Table
    left_out: Table
    families: dict
    sections: tuple

    @property
    def summary(self):
        """How many claims have which verdict, in words."""
        counted = ", ".join(f"{n} {word}" for word, n in self.verdicts.items())
        return f"{len(self.claims.rows)} claims: {counted}."

    @property
    def figures(self):
        """Every `Figure` of the page."""
        drawn = [section.figure for section in self.sections if section.figure]
        return [*self.families.values(), *drawn]


def gather(study, found):
    """The `Report` of a study.

    Args:
        study: a `kerasdl.studies.Study`.
        found: the runs: a `kerasdl.runs.finished.Found`.
    """
    own = f"{study.name}/"
    runs = collections.defaultdict(list)
    for run in found.finished:
        runs[run.recipe].append(run)
    judged = [Judged(study.name, claim, claim.judge(found.finished)) for claim in study.claims]
    counted = collections.Counter(row.verdict.word for row in judged)
    failures = [row for row in found.failed if row[0].startswith(own)]
    failed = {recipe for recipe, *_ in failures}
    return Report(
        name=study.name,
        title=study.title,
        verdicts={word: counted[word] for word in VERDICTS},
        claims=claim_table(judged),
        results=result_table([run for recipe in study.recipes for run in runs[recipe.name]]),
        failures=Table(
            ("experiment", "backend", "seed", "error"),
            tuple(tuple(map(str, failure)) for failure in failures),
        ),
        left_out=Table(
            ("run", "why"), tuple(row for row in found.left_out if row[0].startswith(own))
        ),
        families=_families(study, runs),
        sections=tuple(
            _section(recipe, runs[recipe.name], "Failed" if recipe.name in failed else "Not run")
            for recipe in study.recipes
        ),
    )


def index_table(reports):
    """The `Table` of all `reports`: how many of their claims hold, and how much was run."""
    rows = [
        (
            PageLink(report.title, report.name),
            str(len(report.claims.rows)),
            *map(str, report.verdicts.values()),
            f"{sum(bool(section.figure) for section in report.sections)} of {len(report.sections)}",
        )
        for report in reports
    ]
    return Table(("report", "claims", *VERDICTS, "experiments run"), tuple(rows))


def _families(study, runs):
    """Name -> `Figure` of the families of which two members or more were run."""
    figures = {}
    for family in study.families:
        members = {label: runs[recipe] for label, recipe in family.members.items() if runs[recipe]}
        if len(members) > 1:
            part, charts = curves.of_family(members)
            caption = f"{part}, {curves.description(*members.values())}"
            figures[family.name] = Figure(f"{study.name}/{family.name}", caption, charts)
    return figures


def _section(recipe, runs, no_run):
    report, _, name = recipe.name.partition("/")
    figure = None
    if runs:
        charts = curves.of_experiment(runs)
        figure = Figure(recipe.name, curves.description(runs), charts)
    return Section(
        name=name,
        source=Prose(recipe.source),
        expected=Prose(recipe.expected),
        twins=Prose(_twins(recipe, runs).replace(f"{report}/", "")),
        figure=figure,
        no_run=no_run,
        cost=Prose(recipe.cost),
        settings=setting_table(recipe),
    )


def _twins(recipe, runs):
    """A sentence that names the recipes with the same settings, or `""`."""
    names = ", ".join(f"`{name}`" for name in studies.twins(recipe.name))
    if not names:
        return ""
    sentence = f"The same settings as {names}: a run of one is a run of all."
    ran_as = next((run.ran_as for run in runs if run.ran_as), "")
    return sentence + (f" It was run as `{ran_as}`." if ran_as else "")
