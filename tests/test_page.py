"""`kerasdl page`: what the page of a run shows, what it leaves out, and that it needs no other file."""

import io
import re

import numpy as np
import pytest
from page_readers import Page
from PIL import Image
from result_files import write_run

from kerasdl import datasets, recipes, studies
from kerasdl.__main__ import main
from kerasdl.commands._announcements import describe_curves
from kerasdl.inspection import filter_gallery, first_filters, look_inside
from kerasdl.inspection.gallery import Gallery, Tile, heated
from kerasdl.models import CNN, MLP, TwoTowerCNN, ViT
from kerasdl.reports import comparable, run_page
from kerasdl.training import resolve, train

SMALL = {
    "data.name": "digits",
    "data.validation": 100,
    "data.limit_train": 200,
    "data.limit_test": 90,
    "model.arguments": {"filters": (2,), "units": (), "dropout": 0.1, "dropout_after": ("pool",)},
    "augmentation": "crop",
    "epochs": 1,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    recipe = recipes.override(studies.get("cifar10/batchnorm"), SMALL)
    return train(recipe, out=tmp_path_factory.mktemp("runs"), callbacks=())


def test_the_page_of_a_run(run, tmp_path, capsys):
    path, pictures = tmp_path / "page.html", tmp_path / "pictures"
    words = ["page", str(run.directory), "--out", str(path), "--pictures", str(pictures)]
    assert main(words) == 0
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    # Nothing is fetched from anywhere.
    assert all(target.startswith(("data:", "#")) for target in page.targets)
    assert {target[1:] for target in page.targets if target[0] == "#"} <= set(page.ids)
    assert "http://" not in re.sub(r"http://www\.w3\.org\S*", "", text)
    assert 'data-head=""' not in text  # which a telephone would show as a colon
    # The curves are the log's, the metrics the result's.
    assert [chart["quantity"] for chart in page.charts] == ["accuracy", "loss"]
    parts = {part["name"]: part["values"] for part in page.charts[0]["parts"]}
    assert parts["validation"] == pytest.approx(run.log["val_accuracy"], rel=1e-4)
    accuracy = run.result["metrics"]["test"]["accuracy"]
    assert f"accuracy {accuracy:.4f}" in capsys.readouterr().out
    assert any(["accuracy", f"{accuracy:.4f}"] in table for table in page.tables)
    for title in ("Calibration", "Grad-CAM", "Filters of the first layer", "Embedding map"):
        assert title in page.text
    names = {"per-class", "confusion", "calibration", "misclassified", "grad-cam"}
    names |= {"filters", "embedding"}
    assert {file.stem for file in pictures.iterdir()} == names
    for file in pictures.iterdir():
        with Image.open(file) as image:
            assert min(image.size) > 20
    # Why validation may beat training.
    assert "Validation may look better than training without any mistake" in page.text
    assert "measured on augmented images and with dropout" in page.text


def test_training_says_it_too(tmp_path):
    recipe = recipes.override(studies.get("cifar10/batchnorm"), SMALL)
    said = describe_curves(resolve(recipe, out=tmp_path))
    assert "training is measured on augmented images and with dropout, so that it may look" in said


def test_a_run_without_its_model_has_a_page(tmp_path, capsys):
    columns = {"loss": [2.0, 1.0], "accuracy": [0.1, 0.5]}
    folder = write_run(tmp_path, "regularization/baseline", "torch", 0, columns)
    assert main(["page", str(folder)]) == 0
    page = Page((folder / "page.html").read_text(encoding="utf-8"))
    assert "There is no model.keras" in page.text
    assert "the curves are of training alone" in page.text
    assert capsys.readouterr().out == f"page: {folder / 'page.html'}\n"


def test_what_a_result_says_is_no_markup(tmp_path):
    hostile = "<script>alert(1)</script>"
    columns = {"loss": [2.0], "accuracy": [0.1]}
    more = {"metrics": {"test": {hostile: 1.0}}, "notice": hostile, "hardware": hostile}
    folder = write_run(tmp_path, "regularization/baseline", "torch", 0, columns, **more)
    page = run_page.gather(comparable.read_member(folder), seen=hostile)
    assert hostile not in run_page.to_html(page)


def test_what_is_no_page_or_no_run_is_refused(tmp_path, capsys):
    assert main(["page", str(tmp_path)]) == 2
    assert "should be a run directory" in capsys.readouterr().err
    assert main(["page", str(tmp_path), "--out", "page.pdf"]) == 2
    assert "--out should end in .html" in capsys.readouterr().err


# What applies to which kind of model


def looked(model, classes, y, shape):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (len(next(iter(y.values())) if isinstance(y, dict) else y), *shape))
    return look_inside(model, datasets.Split(x.astype("uint8"), y), classes)


def names(look):
    return [picture.name for picture in look.pictures]


def test_a_transformer_shows_attention_in_place_of_grad_cam():
    model = ViT((8, 8, 1), 3, patch_size=4, embed_dim=8, depth=2, num_heads=2)
    (look,) = looked(model, ("a", "b", "c"), np.arange(12) % 3, (8, 8, 1))
    assert "attention" in names(look)
    assert "grad-cam" not in names(look)
    assert any(
        sentence.startswith("Grad-CAM is for convolutional networks") for sentence in look.left_out
    )


def test_each_output_is_looked_at():
    model = TwoTowerCNN((28, 28, 3), {"digit": 3, "colour": 2}, filters=(2, 2, 2))
    y = {"digit": np.arange(9) % 3, "colour": np.arange(9) % 2}
    classes = {"digit": ("0", "1", "2"), "colour": ("red", "blue")}
    digit, colour = looked(model, classes, y, (28, 28, 3))
    assert (digit.name, colour.name) == ("digit", "colour")
    assert {"digit-grad-cam", "digit-embedding"} <= set(names(digit))
    assert {"colour-grad-cam", "colour-calibration"} <= set(names(colour))


def test_features_have_no_images():
    model = MLP((2,), 1, "sigmoid", units=(4,))
    x = np.random.default_rng(0).normal(size=(20, 2)).astype("float32")
    (look,) = look_inside(model, datasets.Split(x, np.arange(20) % 2), ("in", "out"))
    assert names(look) == ["per-class", "confusion", "calibration", "embedding"]
    assert any("takes features" in sentence for sentence in look.left_out)


@pytest.mark.parametrize("units", [1, 2])  # of a plain, and of a Gaussian regression
def test_a_regression_has_no_classes(units):
    model = MLP((2,), units, None, units=(4,))
    x = np.random.default_rng(0).normal(size=(20, 2)).astype("float32")
    y = x[:, :1]
    (look,) = look_inside(model, datasets.Split(x, y), None)
    expected = np.mean((model.predict(x, verbose=0)[:, :1] - y) ** 2)
    assert look.numbers["mean squared error"] == pytest.approx(expected, rel=1e-5)
    assert names(look) == ["predicted"]
    assert "are of classes; this output gives values" in look.left_out[0]


def test_logits_have_no_calibration():
    model = CNN((8, 8, 1), 3, None, filters=(2,), units=())
    (look,) = looked(model, ("a", "b", "c"), np.arange(12) % 3, (8, 8, 1))
    assert "calibration" not in names(look)
    assert list(look.numbers) == ["accuracy"]


# Pictures


def test_filters_are_the_kernels_of_the_first_layer():
    model = CNN((8, 8, 3), 3, filters=(4, 2), kernel_size=3, units=())
    kernel = model.get_layer("conv1").get_weights()[0]
    filters = first_filters(model)
    assert filters.shape == (4, 3, 3, 3)
    np.testing.assert_array_equal(filters[2, 0, 1], kernel[0, 1, :, 2])
    (image,) = filter_gallery(filters).tiles[2].images
    largest = np.abs(filters[2]).max()
    np.testing.assert_allclose(image, 127.5 + 127.5 * filters[2] / largest, atol=0.51)


def test_filters_of_a_dense_layer_are_images():
    model = MLP((4, 6, 1), 3, units=(5,))
    kernel = model.get_layer("dense1").get_weights()[0]
    filters = first_filters(model)
    assert filters.shape == (5, 4, 6, 1)
    assert filters[3, 2, 1, 0] == kernel[2 * 6 + 1, 3]


def test_heat_is_where_the_map_is():
    image = np.zeros((8, 8, 1), "uint8")
    heat = np.zeros((2, 2))
    heat[0, 1] = 5  # upper right
    corners = heated(image, heat).astype(int).sum(axis=-1)[::95, ::95]
    assert corners[0, 1] > 2 * corners[[0, 1, 1], [0, 0, 1]].max()
    part = heated(image, heat, (0, 4, 0, 4)).astype(int).sum(axis=-1)
    assert part[48:].max() == part[:, 48:].max() == 0
    assert part[0, 47] > 300


def test_a_gallery_is_a_sheet_and_its_tiles_are_png():
    image = np.arange(64, dtype="uint8").reshape(8, 8, 1)
    gallery = Gallery((Tile((image, image), "two words that need several lines here"),) * 7)
    sheet = gallery.to_image()
    assert np.asarray(sheet)[14, 14].tolist() == [0, 0, 0]
    assert sheet.width < 700
    with Image.open(io.BytesIO(gallery.tiles[0].pngs()[0])) as tile:
        shown = np.asarray(tile)
    assert shown.shape == (96, 96)
    np.testing.assert_array_equal(shown[::12, ::12], image[..., 0])
