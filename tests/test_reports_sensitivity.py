"""The page of assumptions: variants, what each explains, which was chosen; hostile and damaged files."""

import copy
import json

import pytest
from page_readers import Page, read_markdown
from test_reports_escaping import HOSTILE

from kerasdl import reports
from kerasdl.errors import UsageError
from kerasdl.reports import sensitivity

pytestmark = pytest.mark.no_backend

TANH, BEST = {"report": 0.7735, "mean": 0.77, "sd": 0.004, "matches": True}, "two layers: 77.35 %"
GROUP = {
    "group": "circles",
    "settings": [
        {
            "name": "discs",
            "description": "a disc in a square",
            "assumptions": {"data": "2,000 points", "batch_size": 10},
            "seeds": 5,
            "scores": {BEST: TANH, "linear: 59.4 %": {**TANH, "report": 0.594, "matches": False}},
            "matched": 1,
            "of": 2,
            "chosen": True,
        },
        {
            "name": "rings",
            "description": "two rings",
            "assumptions": {"data": "1,000 points"},
            "seeds": 1,
            "scores": {BEST: {"report": 0.7735, "mean": 1.0, "sd": None, "matches": False}},
            "matched": 0,
            "of": 2,
            "chosen": False,
        },
    ],
    "date": "2026-11-26",
    "hardware": "a processor, 2 cores",
    "versions": {"keras": "3.15.1"},
    "command": "python scripts/vary.py circles",
}


def write(folder, *groups):
    folder.mkdir(exist_ok=True)
    for i, group in enumerate(groups):
        (folder / f"{i}.json").write_text(json.dumps(group))
    (folder / "runs").mkdir(exist_ok=True)
    return folder


def both_forms(tmp_path, *groups):
    """The page in Markdown and in HTML, as readers of them see it."""
    folder = write(tmp_path / "variants", *groups)
    reports.write(folder / "runs", tmp_path / "out", sensitivity_root=folder)
    texts = [(tmp_path / "out" / f"sensitivity.{form}").read_text() for form in ("md", "html")]
    return read_markdown(texts[0]), Page(texts[1])


def test_variants_and_what_they_explain(tmp_path):
    for page in both_forms(tmp_path, GROUP):
        assert page.tables == [
            [
                ["variant", "what it is", "assumes", "seeds", "numbers matched", ""],
                *(
                    [
                        "discs",
                        "a disc in a square",
                        "data 2,000 points, batch_size 10",
                        "5",
                        "1 of 2",
                        "chosen",
                    ],
                    ["rings", "two rings", "data 1,000 points", "1", "0 of 2", ""],
                ),
            ],
            [
                ["claim", "report", "discs", "rings"],
                [BEST, "0.7735", "0.77 ± 0.004, matches", "1, differs"],
                ["linear: 59.4 %", "0.594", "0.77 ± 0.004, differs", "-"],
            ],
        ]
        summary = "Of 2 variants, discs matches the most numbers, 1 of 2; the recipes follow discs."
        assert summary in page.text
        assert "a processor, 2 cores; keras 3.15.1; 2026-11-26." in page.text
        assert "python scripts/vary.py circles" in page.text


def test_without_variants_the_page_says_so(tmp_path):
    for page in both_forms(tmp_path):
        assert "Not run." in page.text
        assert page.tables == []
    assert "](sensitivity.md)" in (tmp_path / "out" / "README.md").read_text()


def test_what_a_file_says_is_shown_as_it_is(tmp_path):
    hostile = copy.deepcopy(GROUP)
    hostile |= dict.fromkeys(("group", "date", "hardware", "command"), HOSTILE)
    hostile["versions"] = {HOSTILE: HOSTILE}
    setting = hostile["settings"][0]
    setting |= {"name": HOSTILE, "description": HOSTILE, "assumptions": {HOSTILE: HOSTILE}}
    setting["scores"] = {HOSTILE: {**TANH, "report": HOSTILE}}
    for page in both_forms(tmp_path, hostile):
        variants, numbers = page.tables
        assert variants[1][:3] == [HOSTILE, HOSTILE, f"{HOSTILE} {HOSTILE}"]
        assert numbers[1][:2] == [HOSTILE, HOSTILE]
        assert not {"script", "b", "img"} & set(page.tags)
        assert page.text.count(HOSTILE) >= 10


@pytest.mark.parametrize("key", ["group", "settings", "date", "hardware", "versions", "command"])
def test_a_file_that_lacks_something_is_named(tmp_path, key):
    damaged = {name: value for name, value in GROUP.items() if name != key}
    if key == "date":
        assert sensitivity.gather([damaged])[0].conditions.endswith("not recorded.")
        return
    folder = write(tmp_path / "variants", damaged)
    with pytest.raises(UsageError, match=r"0\.json"):
        sensitivity.read_folder(folder)
