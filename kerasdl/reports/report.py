"""What a page says: gathered once, written down as Markdown and as HTML."""

import collections
import math
import statistics
from dataclasses import dataclass

from kerasdl import studies
from kerasdl.backend import BACKENDS
from kerasdl.claims import VERDICTS
from kerasdl.claims.verdict import deviation, mean
from kerasdl.recipes.recipe import SAID, to_dict
from kerasdl.reports import curves
from kerasdl.text import clock

# What a recipe does not say by being what it is.
_NOT_SETTINGS = ("name", "seed", *SAID)
_CLAIM_HEAD = ("claim", "verdict", "n", "mean ± sd", "on", "what is checked", "where")
_RESULT_HEAD = (
    "experiment",
    "backend",
    "seeds",
    "epochs",
    "test",
    "validation",
    "training",
    "hardware",
    "versions",
    "date",
)


@dataclass(frozen=True)
class Family:
    """Experiments that are drawn side by side.

    Attributes:
        name: `<report>/<family>`.
        members: label -> runs; those that were run, at least two.
    """

    name: str
    members: dict

    @property
    def charts(self):
        """`quantity -> curves`."""
        return curves.of_family(self.members)[1]

    @property
    def caption(self):
        """Which part of the data, and which runs."""
        part, _ = curves.of_family(self.members)
        return f"{part}, {curves.described(*self.members.values())}"


@dataclass(frozen=True)
class Report:
    """Claims with their verdicts, recipes with their runs.

    Attributes:
        name: of the report.
        judged: tuple of `(Claim, Verdict)`.
        recipes: its recipes, in order.
        runs: recipe name -> its finished runs.
        failures: `(recipe, backend, seed, error)` of the runs that failed.
        left_out: `(folder, why)` of the runs that decide no claim.
    """

    name: str
    judged: tuple
    recipes: tuple
    runs: dict
    failures: tuple
    left_out: tuple

    @classmethod
    def gather(cls, name, found):
        """The report called `name` over all that was `found` (`kerasdl.runs.finished.Found`)."""
        mine = tuple(
            studies.get(recipe) for recipe in studies.names() if recipe.startswith(f"{name}/")
        )
        by_recipe = collections.defaultdict(list)
        for run in found.finished:
            by_recipe[run.recipe].append(run)
        return cls(
            name,
            tuple((claim, claim.judge(found.finished)) for claim in studies.STUDIES[name].claims),
            mine,
            {recipe.name: tuple(by_recipe[recipe.name]) for recipe in mine},
            tuple(failure for failure in found.failed if failure[0].startswith(f"{name}/")),
            tuple(row for row in found.left_out if row[0].startswith(f"{name}/")),
        )

    @property
    def title(self):
        """A heading."""
        return studies.STUDIES[self.name].title

    def count(self):
        """How many claims have each verdict."""
        counted = collections.Counter(verdict.word for _, verdict in self.judged)
        return {word: counted[word] for word in VERDICTS}

    def curves(self):
        """Recipes that were run, with their runs."""
        return [
            (recipe, self.runs[recipe.name]) for recipe in self.recipes if self.runs[recipe.name]
        ]

    def _groups(self):
        return {
            f"{self.name}/{family.name}": family.members
            for family in studies.STUDIES[self.name].families
        }

    def families(self):
        """What is drawn side by side."""
        ran = {
            family: {
                label: self.runs[recipe] for label, recipe in members.items() if self.runs[recipe]
            }
            for family, members in self._groups().items()
        }
        return [Family(name, members) for name, members in ran.items() if len(members) > 1]

    def claim_table(self):
        """Head and rows of the claims."""
        rows = [
            (
                claim.says,
                verdict.word,
                _n(verdict),
                _means(verdict) or self.short(_needs(verdict)),
                ", ".join(BACKENDS[backend] for backend in verdict.backends),
                self.short(str(claim.check)),
                claim.place,
            )
            for claim, verdict in self.judged
        ]
        return _CLAIM_HEAD, rows

    def result_table(self):
        """Head and rows of what was measured: a row a recipe and backend."""
        rows = []
        for recipe, runs in self.curves():
            for backend in BACKENDS:
                alike = [run for run in runs if run.backend == backend]
                if alike:
                    rows.append(_result_row(self.short(recipe.name), backend, alike))
        return _RESULT_HEAD, rows

    def why_no_run(self, recipe):
        """In two words."""
        failed = any(failure[0] == recipe.name for failure in self.failures)
        return "Failed" if failed else "Not run"

    def twins(self, recipe):
        """A sentence that names the recipes with the same settings, or nothing."""
        names = ", ".join(f"`{self.short(name)}`" for name in studies.twins(recipe.name))
        if not names:
            return ""
        own = {run.ran_as for run in self.runs[recipe.name]} - {""}
        ran = f" It was run as `{self.short(own.pop())}`." if own else ""
        return f"The same settings as {names}: a run of one is a run of all.{ran}"

    def figures(self):
        """Names of all that could be drawn."""
        return [*self._groups(), *(recipe.name for recipe in self.recipes)]

    def settings(self, recipe):
        """`(field, value, assumption)` of a recipe, what is unset left out."""
        return [
            (field, _literal(value), recipe.assumptions.get(field, ""))
            for field, value in _flat(to_dict(recipe))
            if value not in (None, {}, [], "")
        ] + [
            (field, "", said)
            for field, said in recipe.assumptions.items()
            if field not in dict(_flat(to_dict(recipe)))
        ]

    def short(self, text):
        """`text` without the report's name before its experiments."""
        return text.replace(f"{self.name}/", "")


def _flat(entries, prefix=""):
    found = []
    for key, value in entries.items():
        if not prefix and key in _NOT_SETTINGS:
            continue
        if isinstance(value, dict) and value:
            found += _flat(value, f"{prefix}{key}.")
        else:
            found.append((f"{prefix}{key}", value))
    return found


def _literal(value):
    return f"{value:g}" if isinstance(value, float) else str(value)


def _n(verdict):
    if verdict.n > verdict.seeds:
        return f"{verdict.n} ({verdict.seeds} {'seeds' if verdict.seeds > 1 else 'seed'})"
    return str(verdict.n or "")


def _needs(verdict):
    if not verdict.missing:
        return ""
    names = [f"`{name}`" for name in verdict.missing[:3]]
    more = len(verdict.missing) - len(names)
    return f"needs {', '.join(names)}" + (f" and {more} more" if more else "")


def _means(verdict):
    return ", ".join(
        number(middle) + (f" ± {number(sd)}" if verdict.seeds > 1 else "")
        for middle, sd in zip(verdict.means, verdict.deviations, strict=True)
    )


def number(value):
    """Four significant digits."""
    return "nan" if math.isnan(value) else f"{value:.4g}"


def _result_row(name, backend, runs):
    def measured(part):
        metrics = [run.result["metrics"].get(part, {}) for run in runs]
        keys = [key for key in metrics[0] if key != "loss" or len(metrics[0]) == 1]
        return ", ".join(f"{key} {_spread([float(m[key]) for m in metrics])}" for key in keys)

    def distinct(values):
        return ", ".join(dict.fromkeys(values))

    results = [run.result for run in runs]
    diverged = [run for run in runs if run.result["status"] == "diverged"]
    return (
        name,
        BACKENDS[backend],
        ", ".join(str(run.seed) for run in runs),
        distinct(str(len(run.log)) for run in runs) + (" (diverged)" if diverged else ""),
        measured("test"),
        measured("validation"),
        clock(statistics.fmean(float(result["seconds"]) for result in results)),
        distinct(result["hardware"] for result in results),
        distinct(
            f"{name} {version}"
            for result in results
            for name, version in result["versions"].items()
        ),
        distinct(result.get("date", "not recorded") for result in results),
    )


def _spread(values):
    shown = number(mean(values))
    return f"{shown} ± {number(deviation(values))}" if len(values) > 1 else shown
