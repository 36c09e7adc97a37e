"""The benches measure what they say; how fast that is, is for them to print."""

from kerasdl.__main__ import main
from kerasdl.benchmarks import training


def test_training_beside_plain_keras():
    result = training.measure(n=1, images=128)
    assert result["n"] == 1
    for side in (result, result["beside"]):
        low, high = side["quartiles"]
        assert 0 < low <= side["images_per_second"] <= high
    assert result["ratio"] > 0
    assert "a plain Keras script" in training.sentence(result)


def test_one_recipe_beside_another():
    result = training.compare("dropout/model2", "regularization/augment", n=1, images=128)
    assert (result["recipe"], result["n"]) == ("dropout/model2", 1)
    assert result["beside"]["name"] == "regularization/augment"
    assert result["ratio"] > 0


def test_a_bench_that_cannot_write_says_so_before_it_measures(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    assert main(["bench", "training", "--json", str(tmp_path / "file" / "x.json")]) == 2
    assert "cannot be written" in capsys.readouterr().err
