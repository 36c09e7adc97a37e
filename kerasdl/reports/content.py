"""What the pages say, gathered once from claims, recipes and runs: templates only lay it out."""

import collections
from dataclasses import dataclass

from kerasdl import studies
from kerasdl.claims import VERDICTS
from kerasdl.reports import curves, missing_runs, overview
from kerasdl.reports.citations import CITATIONS
from kerasdl.reports.claim_table import Judged, claim_table
from kerasdl.reports.figures import Figure
from kerasdl.reports.markup import Joined, Link, Prose
from kerasdl.reports.result_table import environment_table, result_table
from kerasdl.reports.setting_table import setting_table
from kerasdl.reports.standing import reason, standing
from kerasdl.reports.tables import Table
from kerasdl.runs import directory


@dataclass(frozen=True)
class Section:
    """An experiment on the page of its report.

    Attributes:
        name: without the report's.
        source: where the report describes it.
        expected: what the report says came out, or `""`.
        twins: a sentence that names the recipes with the same settings, or `""`.
        runs: a link to the files of each run, and to its page where it has one.
        figure: its curves, or `None` where it has no run.
        no_run: why it has no figure, in two words.
        cost: how long a run takes.
        settings: `Table`.
        claims: the `Judged` of the claims that the experiment decides, or one day will.
    """

    name: str
    source: Prose
    expected: Prose
    twins: Prose
    runs: Joined
    figure: Figure | None
    no_run: str
    cost: Prose
    settings: Table
    claims: tuple


@dataclass(frozen=True)
class Report:
    """The page of a report.

    Attributes:
        name: of the report, and of the page's files.
        title: heading.
        citation: authors and title, a `Joined`; empty where nobody has written them down.
        judged: tuple of `Judged`, one for each claim.
        hours: how long its own runs trained.
        verdicts: word -> how many claims have this verdict.
        claims: `Table` of the claims.
        omissions: `Table` of what stands in the report and has no claim.
        results: `Table` of what was measured.
        environments: `Table` of the hardware and the versions of the results.
        failures: `Table` of the runs that failed.
        left_out: `Table` of the runs that decide no claim.
        missing: `Table` of the seeds that experiments lack, with what they cost.
        missing_once: hours of one run of each experiment that has none.
        missing_cost: what all of them cost, in words; `""` where none lacks.
        families: name without the report's -> `Figure`; those with two members or more.
        sections: tuple of `Section`, one for each experiment.
    """

    name: str
    title: str
    citation: Joined
    judged: tuple
    hours: float
    verdicts: dict
    claims: Table
    omissions: Table
    results: Table
    environments: Table
    failures: Table
    left_out: Table
    missing: Table
    missing_once: float
    missing_cost: str
    families: dict
    sections: tuple

    @property
    def summary(self):
        """How many claims have which verdict, in words."""
        return overview.in_words(self.verdicts, self.judged)

    @property
    def standing(self):
        """How far the report can be believed, a word of `kerasdl.reports.standing`."""
        return standing(self.verdicts)

    @property
    def reason(self):
        """Why it stands so, in words."""
        return reason(self.verdicts)

    @property
    def chance(self):
        """How many of the verdicts may be wrong, in words."""
        return overview.chance(self.verdicts)

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
    families = _families(study, runs)
    folders = {
        name: f"runs/{its_runs[0].ran_as or name}" for name, its_runs in runs.items() if its_runs
    }
    judged = tuple(
        Judged(
            report=study.name,
            position=position,
            claim=claim,
            verdict=claim.judge(found.finished),
            folders=folders,
            family=_family_of(study, claim, families),
        )
        for position, claim in enumerate(study.claims, start=1)
    )
    in_order = [run for recipe in study.recipes for run in runs[recipe.name]]
    counted = collections.Counter(row.verdict.word for row in judged)
    failures = [row for row in found.failed if row[0].startswith(own)]
    failed = {recipe for recipe, *_ in failures}
    seeds = {name: len({run.seed for run in its_runs}) for name, its_runs in runs.items()}
    missing = missing_runs.of(study.recipes, seeds)
    return Report(
        name=study.name,
        title=study.title,
        citation=CITATIONS[study.name].linked if study.name in CITATIONS else Joined(),
        judged=judged,
        hours=sum(float(run.result["seconds"]) for run in in_order if not run.ran_as) / 3600,
        verdicts={word: counted[word] for word in VERDICTS},
        claims=claim_table(judged),
        omissions=Table.of(OMISSION_COLUMNS, study.omissions),
        results=result_table(in_order),
        environments=environment_table(in_order),
        failures=Table(
            ("experiment", "backend", "seed", "error"),
            tuple(tuple(map(str, failure)) for failure in failures),
        ),
        left_out=Table(
            ("run", "why"), tuple(row for row in found.left_out if row[0].startswith(own))
        ),
        missing=missing_runs.table(missing),
        missing_once=missing_runs.once(missing),
        missing_cost=missing_runs.in_words(missing),
        families=families,
        sections=tuple(
            _section(
                recipe,
                runs[recipe.name],
                "Failed" if recipe.name in failed else "Not run",
                claims=_claims_on(recipe, judged),
            )
            for recipe in study.recipes
        ),
    )


def _families(study, runs):
    """Name -> `Figure` of the families of which two members or more were run."""
    figures = {}
    for family in study.families:
        members = {
            _label(family, label): runs[recipe]
            for label, recipe in family.members.items()
            if runs[recipe]
        }
        if len(members) > 1:
            part, charts = curves.of_family(members)
            caption = f"{part}, {curves.description(*members.values())}"
            figures[family.name] = Figure(f"{study.name}/{family.name}", caption, charts)
    return figures


def _family_of(study, claim, drawn):
    """Name of the smallest family drawn that has all experiments of a claim, of two or more; or `""`."""
    wanted = {recipe.name for recipe in claim.check.recipes}
    holders = [
        family
        for family in study.families
        if family.name in drawn and len(wanted) > 1 and wanted <= set(family.members.values())
    ]
    return min(holders, key=lambda family: len(family.members)).name if holders else ""


def _label(family, label):
    """In the legend: a bare number is told what it is the number of.

    The family `circles_batch` varies the batch: its members are `batch 5`, `batch 10`.
    """
    varied = family.name.partition("_")[2] or family.name
    return f"{varied.replace('_', ' ')} {label}" if label.replace(".", "").isdigit() else label


def _claims_on(recipe, judged):
    """Those of `judged` whose check needs a recipe."""
    return tuple(
        row for row in judged if recipe.name in {other.name for other in row.claim.check.recipes}
    )


def _section(recipe, runs, no_run, claims):
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
        runs=_links_to(runs),
        figure=figure,
        no_run=no_run,
        cost=Prose(recipe.cost),
        settings=setting_table(recipe),
        claims=claims,
    )


def _links_to(runs):
    """Links to the folders of runs, as `kerasdl collect` lays them out beside the pages.

    Behind each the page that `kerasdl page` wrote of the run, where it did.
    """
    links = []
    for run in runs:
        name = directory.run_name(run.backend, run.seed)
        folder = f"runs/{run.ran_as or run.recipe}/{name}"
        links += [", ", Link(name, folder)]
        links += [" (", Link("page", f"{folder}/{directory.PAGE}"), ")"] if run.has_page else []
    return Joined(links[1:])


def _twins(recipe, runs):
    """A sentence that names the recipes with the same settings, or `""`."""
    names = ", ".join(f"`{name}`" for name in studies.twins(recipe.name))
    if not names:
        return ""
    sentence = f"The same settings as {names}: a run of one is a run of all."
    ran_as = next((run.ran_as for run in runs if run.ran_as), "")
    return sentence + (f" It was run as `{ran_as}`." if ran_as else "")


OMISSION_COLUMNS = (
    ("what", lambda omission: Prose(omission.says)),
    ("where", lambda omission: Prose(omission.place)),
    ("why it has no claim", lambda omission: Prose(omission.because)),
)
