"""Confusion matrices and their tables."""

import numpy as np
import pytest
from PIL import Image

from kerasdl.errors import UsageError
from kerasdl.inspection import confusion as evaluation

PROBABILITIES = np.array(
    [[0.8, 0.1, 0.1], [0.3, 0.4, 0.3], [0.1, 0.2, 0.7], [0.5, 0.3, 0.2], [0.2, 0.7, 0.1]]
)
LABELS = np.array([0, 1, 2, 2, 0])
BY_HAND = [[1, 1, 0], [0, 1, 0], [1, 0, 1]]  # row: label, column: prediction


def test_confusion():
    matrix = evaluation.confusion(LABELS, PROBABILITIES)
    assert matrix.tolist() == BY_HAND
    assert evaluation.accuracy(matrix) == 3 / 5
    assert evaluation.accuracy_per_class(matrix).tolist() == [0.5, 1.0, 0.5]


def test_one_probability_is_that_of_label_1():
    matrix = evaluation.confusion([0, 1, 1], [[0.2], [0.9], [0.4]])
    assert matrix.tolist() == [[1, 0], [1, 1]]


def test_nan_is_no_class():
    with pytest.raises(UsageError, match="nan"):
        evaluation.confusion([0, 1], [[0.2, 0.8], [float("nan")] * 2])


def test_a_class_without_examples_has_no_accuracy():
    per_class = evaluation.accuracy_per_class(np.array([[2, 0], [0, 0]]))
    assert per_class[0] == 1
    assert np.isnan(per_class[1])


def test_table_has_a_row_a_class():
    lines = evaluation.table(np.array(BY_HAND), ["cat", "dog", "aeroplane"]).splitlines()
    assert len(lines) == 4
    assert lines[3].split() == ["aeroplane", "0.5000", "1", "0", "1"]


def test_picture(tmp_path):
    evaluation.picture(np.array(BY_HAND), ["cat", "dog", "aeroplane"], "three", tmp_path / "c.png")
    with Image.open(tmp_path / "c.png") as image:
        assert image.format == "PNG"
        assert min(image.size) > 300
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("classes", [2, 100])
def test_picture_of_any_number_of_classes(tmp_path, classes):
    names = [f"class {i}" for i in range(classes)]
    evaluation.picture(np.eye(classes, dtype=int), names, "many", tmp_path / "c.png")
    assert (tmp_path / "c.png").stat().st_size > 1000
