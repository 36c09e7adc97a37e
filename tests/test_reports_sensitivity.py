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

BEST, LINEAR, RELU = "two layers: 77.35 %", "linear: 59.4 %", "two layers, ReLU: below 77.35 %"
TANH = {
    "report": 0.7735,
    "side": "",
    "within": 0.018,
    "seeds": 3,
    "mean": 0.77,
    "sd": 0.004,
    "seconds_per_epoch": 6.0,
    "found": "matches",
    "environments": [
        {
            "date": "2026-11-26",
            "hardware": "a processor, 2 cores",
            "versions": {"keras": "3.15.1"},
        }
    ],
}
NOT_RUN = TANH | {
    "seeds": 0,
    "mean": None,
    "sd": None,
    "seconds_per_epoch": None,
    "found": "not run",
    "environments": [],
}
BOUND = NOT_RUN | {"side": "below", "within": 0}
MISSING = {"claim": BEST, "recipe": "a/b", "run": "b-1", "epochs": 100, "seeds": 3}
GROUP = {
    "group": "some_circles",
    "settings": [
        {
            "name": "discs",
            "description": "a disc in a square",
            "assumptions": {"data": "2,000 points", "batch_size": 10},
            "scores": {
                BEST: TANH,
                LINEAR: {**TANH, "report": 0.594, "sd": 0.2, "found": "seeds disagree"},
                RELU: BOUND | {"seeds": 1, "mean": 1.0, "found": "differs"},
            },
            "matched": 1,
            "disagreeing": 1,
            "not_run": 0,
            "of": 3,
            "missing": [],
            "chosen": True,
            "because": "a disc has one edge",
        },
        {
            "name": "rings",
            "description": "two rings",
            "assumptions": {"data": "1,000 points"},
            "scores": {BEST: NOT_RUN, LINEAR: NOT_RUN, RELU: BOUND},
            "matched": 0,
            "disagreeing": 0,
            "not_run": 3,
            "of": 3,
            "missing": [MISSING],
            "chosen": False,
            "because": "",
        },
    ],
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
                ["variant", "what it is", "numbers matched", "seeds disagree", "not run", ""],
                ["discs", "a disc in a square", "1 of 3", "1", "", "chosen"],
                ["rings", "two rings", "0 of 3", "", "3 runs, about 30 min", ""],
            ],
            [
                ["variant", BEST, LINEAR, RELU],
                ["the report", "0.7735", "0.594", "below 0.7735"],
                ["matched within", "± 0.018", "± 0.018", "the bound, on every seed"],
                [
                    "discs",
                    "0.77 ± 0.004 (n = 3): matches",
                    "0.77 ± 0.2 (n = 3): seeds disagree",
                    "1 (n = 1): differs",
                ],
                ["rings", "not run", "not run", "not run"],
            ],
        ]
        summary = (
            "Of 2 variants (1 not run), discs matches the most numbers, 1 of 3; the "
            "recipes follow discs (1 matched, 1 on which seeds disagree, 1 contradicted), because a "
            "disc has one edge."
        )
        assert summary in page.text
        # three runs of 100 epochs, which took six seconds each elsewhere
        assert "Not run: 3 runs, about 30 min. With them, 1 other variant might match" in page.text
        assert "some circles" in page.text
        assert "a processor, 2 cores; keras 3.15.1; 2026-11-26." in page.text
        assert "python scripts/vary.py circles" in page.text


def test_without_variants_the_page_says_so(tmp_path):
    for page in both_forms(tmp_path):
        assert "Not run." in page.text
        assert page.tables == []
    assert "](sensitivity.md)" in (tmp_path / "out" / "README.md").read_text()


def test_what_a_file_says_is_shown_as_it_is(tmp_path):
    hostile = copy.deepcopy(GROUP)
    hostile |= dict.fromkeys(("group", "command"), HOSTILE)
    environment = {"date": HOSTILE, "hardware": HOSTILE, "versions": {HOSTILE: HOSTILE}}
    setting = hostile["settings"][0]
    setting |= {"name": HOSTILE, "description": HOSTILE, "assumptions": {HOSTILE: HOSTILE}}
    setting["scores"] = {HOSTILE: {**TANH, "report": HOSTILE, "environments": [environment]}}
    hostile["settings"] = [setting]
    for page in both_forms(tmp_path, hostile):
        variants, numbers = page.tables
        assert variants[1][:2] == [HOSTILE, HOSTILE]
        assert numbers[1][:2] == ["the report", HOSTILE]
        assert not {"b", "img"} & set(page.tags)
        assert page.tags.count("script") <= 1  # the one of all pages
        assert not {"g.html", "i.png"} & set(page.targets)
        assert page.text.count(HOSTILE) >= 9


@pytest.mark.parametrize("key", ["group", "settings", "command", "hardware", "versions"])
def test_a_file_that_lacks_something_is_named(tmp_path, key):
    damaged = copy.deepcopy(GROUP)
    (environment,) = damaged["settings"][0]["scores"][BEST]["environments"]
    (damaged if key in damaged else environment).pop(key)
    folder = write(tmp_path / "variants", damaged)
    with pytest.raises(UsageError, match=r"0\.json"):
        sensitivity.read_folder(folder)
