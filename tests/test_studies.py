"""The registry of reports, and that what a report claims is of its own experiments."""

import collections
import math
import re

import pytest
from places_of_the_reports import PLACES, missing

from kerasdl import studies
from kerasdl.claims import Near

pytestmark = pytest.mark.no_backend

REPORTS = [study for study in studies.STUDIES.values() if study.claims]
CLAIMS = [claim for study in REPORTS for claim in study.claims]
each_report = pytest.mark.parametrize("study", REPORTS, ids=[study.name for study in REPORTS])


def test_names_are_of_their_report_and_are_not_used_twice():
    names = [recipe.name for study in studies.STUDIES.values() for recipe in study.recipes]
    assert [name for name, n in collections.Counter(names).items() if n > 1] == []
    assert studies.names() == tuple(names)
    for study in studies.STUDIES.values():
        assert all(recipe.name.startswith(f"{study.name}/") for recipe in study.recipes)


def test_twins_have_the_same_settings():
    """The default of section 3.5 of `transformers` is a member of each family."""
    default = [f"transformers/vit_{member}" for member in ("embed_dim-32", "blocks-2")]
    assert studies.twins("transformers/vit_patch_size-7") == tuple(default)
    assert studies.twins("regularization/lab_adam") == ()


@each_report
def test_a_report_is_complete(study):
    assert study.title.startswith(f"{study.name}: ")
    assert len(study.claims) >= 15
    assert len({family.name for family in study.families}) == len(study.families)


@each_report
def test_claims_and_families_are_of_experiments_of_their_report(study):
    """The same recipe, not one of the same name: a claim on `replace(BASE, ...)` would miss it."""
    own = {recipe.name: recipe for recipe in study.recipes}
    for family in study.families:
        assert all(recipe is own[recipe.name] for recipe in family.recipes.values()), family.name
        assert len(family.recipes) > 1
    for claim in study.claims:
        assert all(recipe is own[recipe.name] for recipe in claim.check.recipes), claim.says
        assert claim.says
        assert claim.place
        assert str(claim.check)


@each_report
def test_what_is_measured_is_logged(study):
    """A claim on a curve that its recipe does not log could never be decided."""
    for claim in study.claims:
        column = getattr(claim.check.measure, "column", "")
        for recipe in claim.check.recipes:
            if column.startswith("test_"):
                assert recipe.test_curves, (recipe.name, claim.says)
            if column.startswith("val_") and recipe.data.name not in ("circles", "ames_housing"):
                assert recipe.data.validation, (recipe.name, claim.says)
            assert getattr(claim.check.measure, "epoch", 0) <= recipe.epochs


def test_numbers_in_the_words_are_those_that_are_checked():
    """`85 %` and a check against 0.58 would be a slip of the pen.

    What is printed as 31 % without its decimals is checked as 31.5 %, read to half a percent.
    """
    checked = 0
    for claim in CLAIMS:
        if isinstance(claim.check, Near):
            numbers = {float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", claim.says)}
            value, read = claim.check.value, claim.check.read
            plain = {n for n in numbers if math.isclose(n, value, abs_tol=min(5e-4, read))}
            percent = {n for n in numbers if abs(n / 100 - value) <= min(read, 0.005) + 1e-9}
            assert plain | percent, claim
            checked += 1
    assert checked > 60


@each_report
def test_the_places_of_a_report_have_a_claim_or_a_reason_why_not(study):
    """Every number, table and figure: see `places_of_the_reports`."""
    found = " ".join(entry.place for entry in (*study.claims, *study.omissions))
    assert missing(PLACES.get(study.name, ()), found) == []
    for omission in study.omissions:
        assert omission.says
        assert omission.because


def test_a_place_is_not_the_beginning_of_another():
    places = ("figure 2", "figure 12", "II.Q1", "II.Q18")
    assert missing(places, "II.Q18, figure 12") == ["figure 2", "II.Q1"]
    assert missing(places, "II.Q1, figure 2 and figure 12") == ["II.Q18"]
