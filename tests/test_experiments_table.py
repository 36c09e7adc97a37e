"""The studies beside the table of the reports' experiments, where that is at hand."""

import re
from pathlib import Path

import pytest

from kerasdl import studies

TABLE = Path(__file__).resolve().parents[2] / "shared" / "experiments.md"

pytestmark = [
    pytest.mark.no_backend,
    pytest.mark.skipif(not TABLE.exists(), reason="the table lies beside the checkout"),
]
HEADING = re.compile(r"## \d\. `(\w+)`.*")
ROW = re.compile(r"\| `([^|`]+)` \|.*\| ([^|]*) \|")
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.]*[x-])")


def rows():
    """Report, name of its experiment or family, and what the report says of it."""
    report = None
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if heading := HEADING.fullmatch(line):
            report = heading[1]
        elif row := ROW.fullmatch(line):
            yield report, row[1], row[2]


def recipes_of(report, name):
    """Names of the recipes of a row: a value in angle brackets is any, a family has members."""
    pattern = re.sub(r"<[^>]*>", "[^/]+", f"{report}/{name}") + r"(-\d+|_three)?"
    pattern = pattern.replace("regularization/", "regularization/(lab_)?")
    return {each for each in studies.names() if re.fullmatch(pattern, each)}


def test_each_experiment_is_a_recipe():
    found = list(rows())
    assert len(found) > 60
    assert {report for report, _, _ in found} == set(studies.STUDIES) - {"cifar10"}
    for report, name, _ in found:
        recipes = recipes_of(report, name)
        assert recipes, (report, name)
        for values in re.findall(r"<([^>]*)>", name):
            for value in re.findall(r"[\d.]+", values):
                # 512 and 1024 are read as one network: an omission says so
                assert value == "1024" or any(f"-{value}" in each for each in recipes), name


def test_each_number_of_it_is_in_a_claim_of_its_recipes_or_a_reason_why_not():
    """As precisely as the claim says it; also as percents."""
    checked = 0
    for report, name, reported in rows():
        study, recipes = studies.STUDIES[report], recipes_of(report, name)
        entries = [
            f"{claim.says} {claim.check}"
            for claim in study.claims
            if not claim.check.recipes or recipes & {each.name for each in claim.check.recipes}
        ]
        entries += [f"{omission.says} {omission.because}" for omission in study.omissions]
        words = {number for entry in entries for number in NUMBER.findall(entry)}
        for number in map(float, NUMBER.findall(reported)):
            assert any(
                abs(number - scale * float(word)) <= 0.5001 * scale * 10.0 ** -decimals(word)
                for word in words
                for scale in (1, 100)
            ), (report, name, number)
            checked += 1
    assert checked > 60


def decimals(word):
    return len(word.partition(".")[2])
