"""Pages from run files: the same bytes from the same runs, links that lead somewhere."""

import functools
import itertools
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from page_readers import Page, read_markdown
from result_files import TRAINING_BENCH, write_run

from kerasdl import reports, studies
from kerasdl.__main__ import main
from kerasdl.claims import Claim, Verdict
from kerasdl.claims.words import MEANINGS
from kerasdl.reports import overview, result_table
from kerasdl.reports.citations import CITATIONS
from kerasdl.reports.claim_table import Judged
from kerasdl.reports.markup import to_html, to_markdown
from kerasdl.reports.quotations import QUOTATIONS
from kerasdl.reports.report_rows import row_of
from kerasdl.reports.standing import standing
from kerasdl.runs import directory, finished

pytestmark = pytest.mark.no_backend

BASELINE, BEST = "regularization/baseline", "exercises/circles_best"
DROPOUT_RECIPES = len(studies.STUDIES["dropout"].recipes)
CITED = {citation.link for citation in CITATIONS.values()}
TITLED = {name for name, study in studies.STUDIES.items() if study.title}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    curve = {"loss": [2.0, 1.0], "accuracy": [0.5, 1.0]}
    write_run(
        root, BASELINE, "jax", 0, {**curve, "test_loss": [1, 2], "test_accuracy": [0.69, 0.7]}
    )
    for seed, top in enumerate((1.0, 0.9)):
        validation = {"val_loss": [1, float("nan")], "val_accuracy": [0.5, top]}
        metrics = {"test": {"accuracy": top, "loss": 0.1}}
        write_run(root, BEST, "torch", seed, {**curve, **validation}, metrics=metrics)
    write_run(root, "exercises/circles_wide", "torch", 0, curve, "failed", error="a < b & *c*")
    changed = root / "regularization" / "lab_adam" / "jax-seed0-0123abcd"
    write_run(root, "regularization/lab_adam", "jax", 0, curve)
    changed.with_name("jax-seed0").rename(changed)
    return root


def words(runs, out):
    measured = [word for name in ("bench", "parity") for word in (f"--{name}", str(out / name))]
    return ["report", "--runs", str(runs), "--out", str(out), *measured]


@pytest.fixture(scope="module")
def pages(runs, tmp_path_factory):
    out = tmp_path_factory.mktemp("reports")
    (out / "notes.md").write_text("kept\n")  # the user's
    for name in ("bench", "parity"):
        (out / name).mkdir()
    (out / "bench" / "training-jax.json").write_text(json.dumps(TRAINING_BENCH))
    assert main(words(runs, out)) == 0
    return out


def result_rows(text):
    """The result table of a page in Markdown: heading -> cell, for each row."""
    tables = read_markdown(text).tables
    headings, *rows = next(table for table in tables if table[0][:2] == ["experiment", "backend"])
    return [dict(zip(headings, row, strict=True)) for row in rows]


def test_a_page_a_report_and_an_index(pages):
    names = {path.name for path in pages.iterdir()}
    for report in TITLED:
        assert {f"{report}.md", f"{report}.html"} <= names
        assert (pages / f"{report}.html").stat().st_size < 500_000
    assert names - {f"{name}.{kind}" for name in TITLED for kind in ("md", "html")} == {
        *("README.md", "index.html", "benchmarks.md", "benchmarks.html", "assets", "figures"),
        *("sensitivity.md", "sensitivity.html"),
        *("notes.md", "bench", "parity"),  # what was there before
    }
    assert (pages / "notes.md").read_text() == "kept\n"


def test_what_was_timed(pages, runs, tmp_path):
    assert (
        "| 2,346 | a plain Keras script | 2,400 | 0.987 |" in (pages / "benchmarks.md").read_text()
    )
    row = Page((pages / "benchmarks.html").read_text()).tables[0][1]
    assert row[2:6] == ["2,346", "a plain Keras script", "2,400", "0.987"]
    for form, index in (("md", "README.md"), ("html", "index.html")):
        name = f"benchmarks.{form}"
        assert (
            name in (read_markdown if form == "md" else Page)((pages / index).read_text()).targets
        )
        (tmp_path / name).write_text((pages / name).read_text())
    reports.write(runs, tmp_path)
    assert not list(tmp_path.glob("benchmarks.*"))
    assert "benchmarks.md" not in (tmp_path / "README.md").read_text()


def claim_rows(text):
    """The claim table of a page in Markdown: heading -> cell, for each row."""
    headings, *rows = next(
        t for t in read_markdown(text).tables if t[0][:2] == ["claim", "verdict"]
    )
    return [dict(zip(headings, row, strict=True)) for row in rows]


def test_verdicts(pages):
    """Made-up claims are in tests/test_claims.py; here, what the pages show of one and two seeds."""
    rows = claim_rows((pages / "regularization.md").read_text())
    of_one_run = [row for row in rows if row["verdict"].startswith("one run")]
    assert of_one_run
    assert {(row["seeds"], row["margin"]) for row in of_one_run} == {("1 on JAX", "")}
    assert all("inputs" in row["rests on"] for row in of_one_run)
    needs = [row["measured"] for row in rows if row["verdict"] == "not run"]
    assert any(measured.startswith("needs augment") for measured in needs)
    rows = claim_rows((pages / "exercises.md").read_text())
    row = next(row for row in rows if row["seeds"] == "2 on PyTorch")
    assert row["verdict"] in ("holds", "does not hold", "undecided", "assumption used")
    # 1.0 and 0.9: t of one degree of freedom is 12.71, 12.71 * 0.07071 * sqrt(3/2) = 1.10;
    # -0.15 to 2.05, of which an accuracy can be 0 to 1
    assert row["measured"] == "95 ± 7.071 %; one more run: 0 to 100 %"
    assert row["margin"].endswith(" sd")


def test_the_first_page(pages):
    """A row a report: whether to believe it, what it took and what is missing."""
    text = (pages / "README.md").read_text()
    headings, *rows = read_markdown(text).tables[0]
    assert headings == [
        *("report", "can it be believed?", "claims that did not hold", "how sure"),
        *("trained so far", "not run"),
    ]
    rows = {row[0]: dict(zip(headings, row, strict=True)) for row in rows}
    assert set(rows) == TITLED
    total = len(studies.STUDIES["dropout"].claims)
    assert rows["dropout"]["can it be believed?"] == f"open: none of {total} claims was decided"
    assert rows["dropout"]["not run"].startswith(
        f"{total} of {total} claims, {DROPOUT_RECIPES} of {DROPOUT_RECIPES} experiments: "
    )
    assert rows["dropout"]["claims that did not hold"] == ""
    assert rows["regularization"]["can it be believed?"].startswith("open: one run only, for ")
    assert rows["regularization"]["how sure"].endswith("on 1 seed")
    assert rows["regularization"]["trained so far"] == "1 min"  # 61 seconds
    assert rows["transformers"]["trained so far"] == ""  # its run is one of `regularization`
    names = [name for name in studies.STUDIES if name in TITLED]
    assert f"Tested so far: none of {', '.join(names)}." in text
    assert f"**Believable as a whole: none. Still open: {', '.join(names)}.**" in text
    assert "reproduced" not in text
    assert "reproduced" not in (pages / "index.html").read_text()


def test_both_forms_of_the_first_page_answer_alike(pages):
    """The same cells; in the browser a report has its subject and its year as well."""
    markdown = read_markdown((pages / "README.md").read_text()).tables
    html = Page((pages / "index.html").read_text()).tables
    assert html[0][0] == markdown[0][0]
    for row, shown in zip(markdown[0][1:], html[0][1:], strict=True):
        assert [" ".join(cell.split()) for cell in shown][1:] == row[1:]
        assert shown[0].split()[0] == row[0]
        assert CITATIONS[row[0]].short in shown[0]
    assert html[1] == markdown[1]  # all claims by their verdicts


def test_totals_are_those_of_the_claims(pages):
    headings, *rows, last = Page((pages / "index.html").read_text()).tables[1]
    assert headings[:2] == ["report", "claims"]
    claims = {name: len(studies.STUDIES[name].claims) for name in TITLED}
    assert {row[0]: int(row[1]) for row in rows} == claims
    assert last[:2] == ["all", str(sum(claims.values()))]
    for row in [*rows, last]:
        assert sum(int(cell or 0) for cell in row[2:]) == int(row[1])


def test_what_a_report_failed_at_is_named_and_linked():
    """What a test contradicts comes before what one run does; the curated sentences come first."""

    def report(*words):
        judged = tuple(
            Judged("dropout", i, Claim(f"claim {i}", "", None), Verdict(word, seeds=2))
            for i, word in enumerate(words, start=1)
        )
        verdicts = Counter({word: 0 for word in MEANINGS}) + Counter(words)
        more = {"title": "dropout: it", "hours": 1.0, "sections": ()}
        return SimpleNamespace(name="dropout", judged=judged, verdicts=verdicts, **more)

    words = ("does not hold", "one run disagrees", *["holds"] * 3, *["does not hold"] * 3)
    row = row_of(report(*words))
    assert str(to_html(row.failures)) == (
        '<a href="dropout.html#claim-1">“claim 1”</a>; <a href="dropout.html#claim-6">“claim 6”</a>; and 2 more'
    )
    assert (row.standing, row.missing) == ("partly", None)
    assert row.bar == (("holds", 0, 3), ("one run disagrees", 3, 1), ("does not hold", 4, 4))
    row = row_of(report("one run agrees", "one run disagrees"))
    assert str(to_markdown(row.failures)) == "in the only run: [“claim 2”](dropout.md#claims)"
    assert str(to_markdown(row_of(report("one run agrees")).failures)) == "nothing so far"


@pytest.mark.parametrize(
    ("expected", "verdicts"),
    [
        ("believable", {"holds": 8, "does not hold": 2, "undecided": 5}),
        ("partly", {"holds": 8, "does not hold": 3, "undecided": 4}),
        ("partly", {"holds": 8, "not run": 8}),
        ("partly", {"does not hold": 1, "not run": 2}),
        ("refuted", {"does not hold": 3, "holds": 2}),
        ("open", {"one run agrees": 20}),
        ("open", {"undecided": 9, "not run": 1}),
        ("open", {}),
    ],
)
def test_how_far_a_report_can_be_believed(expected, verdicts):
    assert standing(verdicts) == expected


def test_the_first_page_names_the_reports_that_were_tested():
    def report(name, **verdicts):
        return SimpleNamespace(name=name, verdicts=Counter(verdicts))

    reports = [report("a", undecided=1), report("b", holds=2), report("c", **{"one run agrees": 9})]
    words = "Tested so far: some claims of a, b; none of c."
    assert overview.tested_in_words(reports) == words
    assert overview.tested_in_words(reports[:1]) == "Tested so far: some claims of a."
    assert overview.tested_in_words([]) == ""


def test_what_became_of_all_claims_adds_up():
    numbers = (16, 5, 22, 38, 17, 134, 15, 2)
    words = ("holds", "does not hold", "undecided", "one run agrees", "one run disagrees")
    words += ("not run", "assumption used", "contradicts itself")
    assert overview.counted(Counter(dict(zip(words, numbers, strict=True)))) == (
        "Of 249 claims 43 were tested over several seeds: 16 hold, 5 do not, 22 are undecided. "
        "55 rest on one run, a hint, 134 were not run, 17 do not count."
    )


def test_the_first_page_says_which_claims_an_easy_task_decides():
    easy, rate = "saturated: could hardly fail", "at a learning rate that is assumed"
    verdicts = [
        *(Verdict("holds", notes=notes) for notes in ((easy, rate), (rate,), ())),
        Verdict("undecided", notes=(rate,)),
    ]
    rows = [SimpleNamespace(verdict=verdict) for verdict in verdicts]
    assert overview.in_words({"holds": 3, "undecided": 1}, rows) == (
        "4 claims: 3 hold (1 of them because every seed reaches 100 %, 2 of them at a learning rate "
        "that is assumed), 1 is undecided."
    )
    assert overview.in_words({"holds": 3}) == "3 claims: 3 hold."


def test_a_report_is_cited(pages):
    for name in TITLED:
        citation = CITATIONS[name]
        for form, read in (("md", read_markdown), ("html", Page)):
            page = read((pages / f"{name}.{form}").read_text())
            assert str(citation) in page.text
            found = [target for target in page.targets if target.startswith("http")]
            assert found == [citation.link] * bool(citation.link)


def test_pages_lead_to_the_ones_before_and_after(pages):
    names = [name for name, study in studies.STUDIES.items() if study.title]
    for form, read in (("md", read_markdown), ("html", Page)):
        texts = {name: read((pages / f"{name}.{form}").read_text()).targets for name in names}
        for one, other in itertools.pairwise(names):
            assert f"{other}.{form}" in texts[one]
            assert f"{one}.{form}" in texts[other]


def test_a_claim_stands_beside_the_words_of_the_report(pages):
    sentence = "We notice that using Adam optimizer doesn't solve the overfitting problem."
    rows = claim_rows((pages / "regularization.md").read_text())
    words = {row["claim"]: row["in the report's words"] for row in rows}
    assert words["Adam does not solve overfitting"] == sentence
    assert sentence in Page((pages / "regularization.html").read_text()).text


@pytest.mark.parametrize("name", sorted(TITLED))
def test_each_claim_quotes_one_sentence_of_its_report(name):
    quoted = [says for claims in QUOTATIONS[name].values() for says in claims]
    assert sorted(quoted) == sorted(claim.says for claim in studies.STUDIES[name].claims)


def test_a_claim_leads_to_its_curve_and_its_runs(pages):
    page = Page((pages / "regularization.html").read_text())
    assert {"#baseline", "runs/regularization/baseline"} <= set(page.targets)
    assert "#claim-1" in page.targets  # and the experiment to its claims
    rows = claim_rows((pages / "regularization.md").read_text())
    assert rows[1]["curves and runs"] == "baseline: curve, runs"
    assert "runs/regularization/baseline/jax-seed0" in page.targets
    twins = Page((pages / "transformers.html").read_text())
    assert "runs/regularization/baseline/jax-seed0" in twins.targets
    assert "claim-1" in page.ids


def test_a_run_leads_to_its_page_where_it_has_one(runs, tmp_path, monkeypatch):
    """Which of seeds 0 and 1 of one experiment has a page is what the links say."""
    copy = tmp_path / "pages" / "runs"
    shutil.copytree(runs, copy)
    own = f"{BEST}/torch-seed1/{directory.PAGE}"
    (copy / own).write_text("<title>a page</title>", encoding="utf-8")
    monkeypatch.chdir(tmp_path)  # where no benches are
    assert main(["report", "--runs", str(copy), "--out", str(copy.parent)]) == 0
    for form, read in (("md", read_markdown), ("html", Page)):
        page = read((copy.parent / f"exercises.{form}").read_text(encoding="utf-8"))
        linked = {target for target in page.targets if target.endswith(directory.PAGE)}
        assert linked == {f"runs/{own}"}
        assert (copy.parent / f"runs/{own}").is_file()
        assert "torch-seed0, torch-seed1 (page)" in page.text


def test_versions_stand_on_a_page_once(pages):
    rows = result_rows((pages / "exercises.md").read_text())
    assert {row["environment"] for row in rows} == {"1"}
    tables = read_markdown((pages / "exercises.md").read_text()).tables
    assert [
        ["environment", "hardware", "versions"],
        ["1", "a processor, 2 cores", "keras 3.15.1"],
    ] in tables


def test_what_was_not_run_and_what_failed(pages):
    text = (pages / "dropout.md").read_text()
    assert text.count("**Not run**") == DROPOUT_RECIPES
    text = (pages / "exercises.md").read_text()
    assert r"a &lt; b \& \*c\*" in text
    assert text.count("**Failed**") == 1
    assert "a &lt; b &amp; *c*" in (pages / "exercises.html").read_text()


def test_what_is_missing_is_listed_with_its_cost(pages):
    """A seed of the baseline is there: two more of 22 minutes; its twin's are the same runs."""
    for name, row in {
        "regularization": ["baseline", "22 min", "1", "2", "44 min"],
        "transformers": ["cnn_baseline", "22 min", "1", "2", "runs of regularization/baseline"],
    }.items():
        for table in (
            read_markdown((pages / f"{name}.md").read_text()).tables,
            Page((pages / f"{name}.html").read_text()).tables,
        ):
            (found,) = (rows for rows in table if rows[0][:2] == ["experiment", "a run"])
            assert row in found


def test_what_was_left_out_and_why(pages, capsys):
    for page in ("regularization.md", "regularization.html"):
        text = (pages / page).read_text()
        assert "regularization/lab_adam/jax-seed0-0123abcd" in text
        assert "settings of the recipe were changed for it" in text
    assert "Left out" not in (pages / "exercises.md").read_text()


def test_twins_share_a_run(pages):
    text = (pages / "transformers.md").read_text()
    assert "The same settings as `regularization/baseline`" in text
    assert "It was run as `regularization/baseline`." in text
    expected = {"experiment": "cnn_baseline", "backend": "JAX", "seeds": "0", "epochs": "2"}
    assert any(expected.items() <= row.items() for row in result_rows(text))


def test_assumptions_stand_beside_their_settings(pages):
    text = (pages / "regularization.md").read_text()
    assert (
        "| inputs | unit | pixels in [0, 1]: torchvision's ToTensor, in the code that the lab gives out |"
        in text
    )


def test_a_run_that_was_left_out_says_which_settings_were_changed(tmp_path):
    """From the recipe that it wrote down, where its result has no list of them."""
    changed = {"epochs": 3, "optimizer.learning_rate": 0.5}
    write_run(tmp_path, BASELINE, "jax", 0, {"loss": [1, 2, 3]}, changes=changed)
    ((_, why),) = finished.read(tmp_path).left_out
    assert why == "settings of the recipe were changed for it: optimizer.learning_rate, epochs"


def test_the_same_bytes_again(pages, runs):
    def everything():
        return {path: path.read_bytes() for path in sorted(pages.rglob("*")) if path.is_file()}

    before = everything()
    for path in before:
        if path.name not in ("notes.md", "training-jax.json"):
            path.unlink()
    # another process: nothing depends on the order of a set or on a counter
    again = [sys.executable, "-m", "kerasdl", *words(runs, pages)]
    subprocess.run(again, check=True, capture_output=True)
    assert everything() == before


def test_both_forms_have_the_same_tables(pages):
    """In the browser a claim's cell has folded away what Markdown has in columns."""
    for name in TITLED:
        claims, *in_markdown = read_markdown((pages / f"{name}.md").read_text()).tables
        folded, *in_html = Page((pages / f"{name}.html").read_text()).tables
        assert in_markdown == in_html
        assert len(in_markdown) >= len(studies.STUDIES[name].recipes)
        for row, shown in zip(claims[1:], folded[1:], strict=True):
            text = " ".join(" ".join(shown).split())
            assert [cell for cell in row if " ".join(cell.split()) not in text] == []


def test_what_is_long_is_folded(pages):
    """Each experiment; what a claim rests on; and a link to one of them has somewhere to lead."""
    for name in TITLED:
        study, page = studies.STUDIES[name], Page((pages / f"{name}.html").read_text())
        folds = 2 * len(study.recipes) + len(study.claims)
        assert folds <= page.tags.count("details") == page.tags.count("summary")
        assert {recipe.name.partition("/")[2] for recipe in study.recipes} <= set(page.ids)
        assert len(set(page.ids)) == len(page.ids)


def test_pages_can_be_found_one_s_way_in(pages):
    """One heading of the first level, no level left out; a main part; a text for each picture."""
    for path in pages.glob("*.html"):
        text = path.read_text()
        page = Page(text)
        levels = [int(tag[1]) for tag in page.tags if tag in ("h1", "h2", "h3", "h4")]
        assert levels.count(1) == 1 == levels[0], path.name
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), path.name
        assert page.tags.count("main") == 1
        assert text.count("<img ") == len(re.findall(r'<img [^>]*alt="[^"]+', text))
        assert text.count("<th>") == 0  # each says what it is the heading of


def test_style_and_script_are_linked_not_copied(pages):
    for path in pages.glob("*.html"):
        page = Page(path.read_text())
        assert "style" not in page.tags
        assert page.targets.count("assets/kerasdl.css") == 1
        assert page.targets.count("assets/kerasdl.js") == 1
        assert page.tags.count("script") == len(page.charts) + 1 + bool(page.charts)


def test_a_column_of_the_result_table_is_one_entry(runs, tmp_path, monkeypatch):
    column = ("best epoch", lambda runs: str(runs[0].log["val_accuracy"].idxmax() + 1))
    monkeypatch.setattr(result_table, "COLUMNS", (*result_table.COLUMNS[:2], column))
    write_run(tmp_path / "runs", BEST, "torch", 0, {"loss": [1, 2, 3], "val_accuracy": [0, 9, 1]})
    reports.write(tmp_path / "runs", tmp_path)
    text = (tmp_path / "exercises.md").read_text()
    assert (
        "| experiment | backend | best epoch | environment |\n| --- | --- | --- | --- |\n"
        "| [circles_best](#circles_best) | PyTorch | 2 | 1 |\n"
    ) in text
    tables = Page((tmp_path / "exercises.html").read_text()).tables
    expected = [["experiment", "backend", "best epoch", "environment"]]
    assert [*expected, ["circles_best", "PyTorch", "2", "1"]] in tables


@functools.cache
def anchors(path):
    """What a link to a page may end in: anchors, or headings as code hosts write them: no points."""
    if path.suffix == ".html":
        return Page(path.read_text()).ids
    headings = [line.lstrip("# ") for line in path.read_text().splitlines() if line.startswith("#")]
    return [heading.lower().replace(" ", "-").replace(".", "") for heading in headings]


def leads_somewhere(target, path, pages):
    """Whether a link on a page is to a file, to a run, or to an anchor of a page."""
    if target.startswith(("data:", "runs")) or target in CITED:
        return True
    file, _, anchor = target.partition("#")
    page = pages / file if file else path
    return anchor in anchors(page) if anchor else page.exists()


def test_links_and_charts(pages):
    for path in pages.glob("*.html"):
        page = Page(path.read_text())
        for target in page.targets:
            assert leads_somewhere(target, path, pages), (path.name, target)
        assert not [target for target in page.loaded if "//" in target]  # nothing from elsewhere
        if path.stem == "exercises":
            accuracy, loss = page.charts
            assert [part["name"] for part in accuracy["parts"]] == ["training", "validation"]
            assert accuracy["parts"][1]["values"] == [0.5, 0.95]
            assert accuracy["parts"][1]["high"] == [0.5, pytest.approx(1.0207, abs=1e-4)]
            assert loss["parts"][1]["values"] == [1.0, None]  # nan is no JSON
    for path in pages.glob("*.md"):
        for target in path.read_text().split("](")[1:]:
            target = target.partition(")")[0]
            assert leads_somewhere(target, path, pages), (path.name, target)


def test_families_are_drawn_side_by_side(tmp_path):
    """What none was trained on: validation; a shorter run leaves a gap."""
    out, training = tmp_path / "out", {"loss": [3, 2], "accuracy": [0.5, 0.5]}
    for size, epochs in ((5, 2), (10, 1)):
        validation = {"val_loss": [size, 2], "val_accuracy": [0.1, 0.2]}
        columns = {key: values[:epochs] for key, values in (training | validation).items()}
        write_run(tmp_path / "runs", f"exercises/circles_bce-{size}", "torch", 0, columns)
    reports.write(tmp_path / "runs", out)
    loss = Page((out / "exercises.html").read_text()).charts[1]
    assert [part["name"] for part in loss["parts"]] == ["bce 5", "bce 10"]
    assert [part["values"] for part in loss["parts"]] == [[5, 2], [10, None]]
    assert len({(part["colour"], str(part["dash"])) for part in loss["parts"]}) == 2
    text = (out / "exercises.md").read_text()
    assert "### circles_bce side by side" in text
    assert "circles_bce-side-by-side" in Page((out / "exercises.html").read_text()).ids
    assert "![exercises/circles_bce: validation, torch, n = 1 each](figures/" in text
    assert (out / "figures" / "exercises-circles_bce.svg").exists()
    assert "Side by side" not in (out / "dropout.md").read_text()


def test_figures_are_svg_with_a_curve_a_part(pages):
    found = sorted(path.name for path in (pages / "figures").iterdir())
    assert found == [
        "claimed-and-measured.svg",
        "exercises-circles_best.svg",
        "regularization-baseline.svg",
        "transformers-cnn_baseline.svg",
    ]
    text = (pages / "figures" / "regularization-baseline.svg").read_text()
    assert ElementTree.fromstring(text).tag.endswith("svg")
    words = ("training", "test", "accuracy", "loss", "epoch")
    assert [word for word in words if f">{word}<" not in text] == []
    assert ">regularization/baseline, jax, n = 1<" in text


@pytest.mark.parametrize("name", ["README.md", "index.html", "dropout.md", "benchmarks.md"])
def test_what_others_wrote_stays(runs, tmp_path, monkeypatch, capsys, name):
    monkeypatch.chdir(tmp_path)  # where nothing was timed
    (tmp_path / name).write_text("# Mine\n# Five reports, run again\n")
    assert main(["report", "--runs", str(runs), "--out", str(tmp_path)]) == 2
    assert f"{name} was not written by `kerasdl report`" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [name]
    (tmp_path / name).unlink()
    (tmp_path / "figures").mkdir()
    for figure in ("diagram.svg", "dropout-model1.svg"):
        (tmp_path / "figures" / figure).write_text("<svg/>")
    assert main(["report", "--runs", str(runs), "--out", str(tmp_path)]) == 0
    assert (tmp_path / "figures" / "diagram.svg").exists()
    assert not (tmp_path / "figures" / "dropout-model1.svg").exists()  # it has no run any more


def test_the_users_matplotlibrc_decides_nothing(pages, runs, tmp_path):
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\naxes.facecolor: red\n")
    words = [sys.executable, "-m", "kerasdl", "report", "--runs", str(runs), "--out", "out"]
    subprocess.run(words, check=True, capture_output=True, cwd=tmp_path)
    name = "figures/regularization-baseline.svg"
    assert (tmp_path / "out" / name).read_bytes() == (pages / name).read_bytes()


def test_a_missing_folder_is_named(capsys, tmp_path):
    assert main(["report", "--runs", str(tmp_path / "nowhere")]) == 2
    assert "kerasdl collect" in capsys.readouterr().err
