"""The picture of the first page: one mark an accuracy, where it belongs, and nothing to execute."""

import math
import re
from xml.etree import ElementTree

import pytest

from kerasdl.claims import Claim, Growth, Highest, Last, Near, Verdict, Within
from kerasdl.recipes import Data, Model, Optimizer, Recipe
from kerasdl.reports import picture
from kerasdl.reports.claim_table import Judged, claim_table

pytestmark = pytest.mark.no_backend

RECIPE = Recipe(
    name="a",
    data=Data("digits"),
    model=Model("MLP"),
    loss="mean_squared_error",
    optimizer=Optimizer("sgd", learning_rate=0.1),
    epochs=1,
    batch_size=1,
)
ACCURACY = Highest("test_accuracy")


def judged(value, mean, word="holds", interval=None, says="70 %", measure=ACCURACY):
    claim = Claim(says, "table 1", Near(RECIPE, measure, value))
    verdict = Verdict(word, means=(mean,), deviations=(math.nan,), interval=interval)
    return Judged("lab", 1, claim, verdict)


def marks(text):
    """Class and middle of every circle and cross below the legend."""
    root = ElementTree.fromstring(text)
    found = []
    for group in root.iter("{http://www.w3.org/2000/svg}g"):
        for element in group:
            kind = element.tag.rpartition("}")[2]
            if kind == "circle":
                found.append((element.get("class"), float(element.get("cx"))))
            elif kind == "path":
                start = float(re.match(r"M([-\d.]+)", element.get("d"))[1])
                half = 4 if element.get("class") == "used open" else 3.5  # a diamond, a cross
                found.append((element.get("class"), start + half))
    return found


def test_only_accuracies_that_were_measured_are_drawn():
    rows = [
        judged(0.70, 0.72, interval=(0.70, 0.74)),
        judged(0.70, 0.69, "one run agrees"),
        judged(0.5, 0.6, measure=Last("loss")),
        judged(16, 17.0, measure=ACCURACY),  # no accuracy is 16
        judged(0.7, float("nan")),
        Judged("lab", 1, Claim("0.9", "", Within(RECIPE, ACCURACY, least=0.9)), Verdict("holds")),
    ]
    low, high = picture.comparisons(rows)
    assert (low.difference, low.interval) == (pytest.approx(-1), None)
    assert (high.difference, high.interval) == (pytest.approx(2), pytest.approx((0, 4)))


def test_a_range_of_accuracies_ends_where_accuracies_do():
    rows = [
        judged(0.77, 0.735, interval=(0.3689, 1.101)),
        judged(0.05, 0.04, interval=(-0.01, 0.09)),
        judged(0.005, 0.004, interval=(-0.001, 1.5), measure=Last("loss")),
        judged(0.01, 0.0, interval=(-0.1, 0.1), measure=Growth("accuracy", 1)),
    ]
    table = claim_table(rows)
    measured = [row[table.headings.index("measured")] for row in table.rows]
    assert [str(cell).partition("; ")[2] for cell in measured] == [
        "one more run: 36.89 to 100 %",
        "one more run: 0 to 9 %",
        "one more run: -0.001 to 1.5",
        "one more run: -0.1 to 0.1",
    ]


def test_marks_stand_where_they_belong():
    """390 wide with 14 on each side: 25 points to each side of 195, 7.24 a point."""
    rows = [
        judged(0.70, 0.80, "does not hold", (0.79, 0.81)),
        judged(0.70, 0.70, "holds", (0.69, 0.71)),
        judged(0.70, 0.60, "one run disagrees"),
        judged(0.70, 0.65, "one run agrees"),
        judged(0.50, 1.00, "one run disagrees"),  # 50 points: at the edge, with its number
        judged(0.70, 0.71, "assumption used", (0.6, 0.8)),
    ]
    text = picture.svg({"lab": picture.comparisons(rows), "empty": []})
    middles = dict.fromkeys(marks(text))
    assert list(middles) == [
        ("differs", pytest.approx(195 - 72.4, abs=0.1)),
        ("agrees open", pytest.approx(195 - 36.2, abs=0.1)),
        ("agrees", 195.0),
        ("used open", pytest.approx(195 + 7.24, abs=0.1)),
        ("differs", pytest.approx(195 + 72.4, abs=0.1)),
        ("differs", 376.0),
    ]
    assert ">+50<" in text
    assert text.count(">70 %<") == len(rows)  # each of them has its words
    shown = picture.svg({"lab": picture.comparisons([judged(0.7, 0.7, says="word " * 20)])})
    assert f">{('word ' * 20)[:57]}…<" in shown
    assert "empty" not in text


def test_the_legend_names_every_mark():
    text = picture.svg({"lab": picture.comparisons([judged(0.7, 0.7)])})
    legend = text.partition("<g>")[0]
    for words in ("holds", "does not hold", "one run, agrees", "one run, disagrees", "undecided"):
        assert words in legend
    assert "used to choose an assumption: no evidence" in legend
    for kind in ("agrees", "differs", "agrees open", "undecided", "used open"):
        assert f'class="{kind}"' in legend


def test_words_of_a_claim_cannot_become_markup():
    text = picture.svg({"lab": picture.comparisons([judged(0.7, 0.7, says="<script>&'\"")])})
    assert "<script" not in text
    titles = [e.text for e in ElementTree.fromstring(text).iter() if e.tag.endswith("title")]
    assert titles[1].startswith("<script>&'\": +0.0 points")


def test_it_is_as_wide_as_a_phone_and_knows_the_night():
    text = picture.svg({"lab": picture.comparisons([judged(0.7, 0.7)])})
    root = ElementTree.fromstring(text)
    assert root.get("width") == "390"
    assert "prefers-color-scheme: dark" in text
    assert not {element.tag.rpartition("}")[2] for element in root.iter()} & {"script", "image"}
    sizes = [float(size) for size in re.findall(r"font: (\d+)px", text)]
    assert min(sizes) >= 12  # readable on a phone
