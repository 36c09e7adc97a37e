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


def test_each_experiment_is_a_recipe():
    """A placeholder in angle brackets stands for values, a family for its members."""
    found = list(rows())
    assert len(found) > 60
    assert {report for report, _, _ in found} == set(studies.STUDIES) - {"cifar10"}
    for report, name, _ in found:
        pattern = re.sub(r"<[^>]*>", "[^/]+", f"{report}/{name}") + r"(-\d+)?"
        pattern = pattern.replace("regularization/", "regularization/(lab_)?")
        assert any(re.fullmatch(pattern, each) for each in studies.names()), (report, name)


def test_each_number_of_it_is_in_a_claim_or_a_reason_why_not():
    checked = 0
    for report, name, reported in rows():
        study = studies.STUDIES[report]
        entries = [
            *(f"{claim.says} {claim.check}" for claim in study.claims),
            *(f"{omission.says} {omission.because}" for omission in study.omissions),
            *(recipe.expected for recipe in study.recipes),
        ]
        known = {float(number) for entry in entries for number in NUMBER.findall(entry)}
        known |= {round(100 * number, 6) for number in known}
        for number in map(float, NUMBER.findall(reported)):
            near = {each for each in known if abs(each - number) <= 5e-4 * abs(number)}
            assert near, (report, name, number)
            checked += 1
    assert checked > 60
