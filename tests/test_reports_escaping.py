"""What a result file says is shown as it is: it cannot become markup, whatever it looks like."""

import json
import re

import pytest
from page_readers import MARKDOWN, Page, read_markdown
from result_files import TRAINING_BENCH, augmentation_bench, parity_result, write_run

from kerasdl import reports, studies
from kerasdl.reports.citations import CITATIONS
from kerasdl.reports.markup import Prose, to_html, to_markdown, to_markdown_cell
from kerasdl.studies import parity

pytestmark = pytest.mark.no_backend

HOSTILE = (
    "<script>alert(1)</script> <b>a</b> | b \\| c `d` ``e`` [f](g.html) ![h](i.png) *j* **k** _l_ "
    "__m__ ~~n~~ <!-- o --> &lt; # p \\ $q$ <http://r.s> </td></table> {{ t }} {% u %}"
)


def cells(markdown):
    """Rows of the tables, as the text that a reader sees."""
    return [row for table in read_markdown(markdown).tables for row in table]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Everything that a run or a bench may say of itself is hostile."""
    out = tmp_path_factory.mktemp("hostile")
    environment = {"hardware": HOSTILE, "versions": {HOSTILE: "1"}, "date": HOSTILE}
    columns = {"loss": [1], "accuracy": [1], HOSTILE.replace(",", ""): [1]}
    for name, more in {
        "exercises/circles_best": {"metrics": {"test": {"accuracy": 1, HOSTILE: 1}}},
        "exercises/circles_wide": {"status": "failed", "error": f"{HOSTILE}\n\n# {HOSTILE}"},
        "exercises/circles_linear": {"notice": HOSTILE},
    }.items():
        write_run(out / "runs", name, "jax", 0, columns, **{**environment, **more})
    bench = out / "bench"
    bench.mkdir()
    training = {**TRAINING_BENCH, **environment, "recipe": HOSTILE, "n": HOSTILE}
    training["beside"] = {"name": HOSTILE, "images_per_second": 1.0}
    layers = {**augmentation_bench("jax"), **environment, "n": HOSTILE}
    layers["rows"][0]["case"] = HOSTILE
    (bench / "training.json").write_text(json.dumps(training))
    (bench / "augmentation.json").write_text(json.dumps(layers))
    compared = out / "parity"
    compared.mkdir()
    departure = {"step": HOSTILE, "quantity": HOSTILE, "name": HOSTILE, "distance": 1, "allowed": 1}
    written = parity_result(parity.PLAN[0], departures={"torch": departure}, **environment)
    written["settings"]["optimizer"]["arguments"] = {HOSTILE: HOSTILE}
    (compared / "[a](b) $c.json").write_text(json.dumps(written))
    changes = {"changes": {"epochs": 3}, **environment}
    for backend in ("tensorflow", "torch", "jax"):
        write_run(out / "runs", "cifar10/batchnorm", backend, 0, columns, **changes)
    reports.write(out / "runs", out, bench, compared)
    return out


def assert_measured(rows):
    """The row of the result table, its cells by their headings."""
    head = next(row for row in rows if row[:2] == ["experiment", "backend"])
    row = next(row for row in rows if row[:2] == ["circles_best", "JAX"])
    measured = dict(zip(head, row, strict=True))
    assert measured["test"] == f"accuracy 1, {HOSTILE} 1"
    assert (measured["date"], measured["environment"]) == (HOSTILE, "1")
    assert ["1", HOSTILE, f"{HOSTILE} 1"] in rows


def test_markdown(pages):
    rows = cells((pages / "exercises.md").read_text())
    assert_measured(rows)
    assert ["exercises/circles_wide", "jax", "0", f"{HOSTILE}  # {HOSTILE}"] in rows
    assert ["exercises/circles_linear/jax-seed0", HOSTILE] in rows


def test_the_page_of_benches(pages):
    text = (pages / "benchmarks.md").read_text()
    rows = cells(text)
    assert [row for row in rows if row[0] == HOSTILE and row[1] == "1,234"]
    measured = next(row for row in rows if row[0] == HOSTILE and row[1] == "JAX")
    assert measured[3] == HOSTILE
    assert measured[6:] == [HOSTILE, HOSTILE, f"{HOSTILE} 1", HOSTILE]
    sentence = f"n = {HOSTILE}, batches of 256; {HOSTILE}; {HOSTILE} 1; {HOSTILE}."
    assert sentence in read_markdown(text).text


def test_the_page_of_parity(pages):
    markdown, html = ((pages / f"parity.{form}").read_text() for form in ("md", "html"))
    for page in (read_markdown(markdown), Page(html)):
        row = page.tables[0][-1]
        assert row[3] == f"sgd 0.035, {HOSTILE} {HOSTILE}"
        where = (
            f"TensorFlow and PyTorch: steps not counted, first {HOSTILE}, {HOSTILE} of {HOSTILE}"
        )
        assert row[-1] == f"{where}, 1.00e+00 where 1.00e+00 is allowed"
        assert page.tables[2][1][4:] == [HOSTILE, f"{HOSTILE} 1", HOSTILE]
        assert f"{HOSTILE}; {HOSTILE} 1; {HOSTILE}." in page.text
    assert "](figures/parity--a--b---c.svg)" in markdown
    assert (pages / "figures" / "parity--a--b---c.svg").exists()


def to_our_run_or_section(target):
    """Whether a link is to what our own names make: a heading, or the folder of a run."""
    return re.fullmatch(r"#[\w.-]+|runs/exercises/circles_best(/jax-seed0)?", target)


@pytest.mark.parametrize("name", ["exercises.md", "benchmarks.md", "parity.md"])
def test_markdown_pages_hold_no_markup_but_ours(pages, name):
    """Raw HTML: only what folds the settings. Links and images: only to our pages and figures."""
    text = (pages / name).read_text()
    assert not {"<script", "<b>", "<!--", "</table"} & set(re.findall(r"</?\w+>?|<!--", text))
    page = read_markdown(text)
    ours = {"h1", "h2", "h3", "p", "em", "strong", "code", "a", "img", "details", "summary"}
    assert set(page.tags) <= ours | {"table", "thead", "tbody", "tr", "th", "td", "ul", "li"}
    assert "s" not in page.tags
    figures = {"figures/exercises-circles_best.svg", "figures/parity--a--b---c.svg"}
    targets = {target for target in page.targets if not to_our_run_or_section(target)}
    index = {"README.md", "README.md#what-the-words-mean"}
    neighbours = {
        "exercises.md": {"transformers.md", "mlp_vs_cnn.md", CITATIONS["exercises"].link},
        "parity.md": {"parity", "sensitivity.md", "benchmarks.md"},
        "benchmarks.md": {"parity.md"},
    }
    in_a_browser = name.replace(".md", ".html")
    assert targets <= figures | index | neighbours[name] | {in_a_browser}
    experiments = len(studies.STUDIES["exercises"].recipes)
    assert page.tags.count("details") == (experiments if name == "exercises.md" else 0)


def test_html(pages):
    page = Page((pages / "exercises.html").read_text())
    rows = [row for table in page.tables for row in table]
    assert_measured(rows)
    assert ["exercises/circles_linear/jax-seed0", HOSTILE] in rows
    assert page.tags.count("script") == len(page.charts) + 2
    assert "b" not in page.tags
    assert page.tags.count("img") == 1  # without a script, the figure as it is drawn for Markdown
    assert {target for target in page.targets if not to_our_run_or_section(target)} == {
        *("data:,", "index.html", "assets/kerasdl.css", "assets/kerasdl.js"),
        *("index.html#what-the-words-mean", "transformers.html", "mlp_vs_cnn.html"),
        *("assets/uPlot.min.css", "assets/uPlot.iife.min.js"),
        *("figures/exercises-circles_best.svg", CITATIONS["exercises"].link),
    }


@pytest.mark.parametrize("text", [HOSTILE, "a_b _c_ d__e", "1*2*3", "`", "a\\", "\\`", "a|", "-"])
def test_plain_text_is_read_as_it_was_written(text):
    assert cells(f"| head |\n| --- |\n| {to_markdown_cell(text)} |\n")[1] == [text]
    assert read_markdown(f"begins: {to_markdown(text)}").text == f"begins: {text}"
    assert Page(str(to_html(text))).text == text


def test_prose_means_what_it_means_in_markdown():
    prose = Prose("`a < b`, *c*: 70 % ± 2")
    assert MARKDOWN.render(str(to_markdown(prose))).strip() == (
        "<p><code>a &lt; b</code>, <em>c</em>: 70 % ± 2</p>"
    )
    assert to_html(prose) == (
        "<code>a &lt; b</code>, <em>c</em>: 70\u00a0%\u00a0±\u00a02"  # no break within a number
    )
