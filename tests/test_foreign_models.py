"""`.keras` files that somebody else made: refused before anything of them runs or unpacks."""

import copy
import json
import os
import random
import stat
import tracemalloc
import zipfile

import keras
import pytest

from kerasdl import keras_file
from kerasdl.__main__ import main
from kerasdl.errors import UsageError
from kerasdl.keras_file import read_contents
from kerasdl.models import CNN, MLP
from kerasdl.models.saving import load_model, save_model

CASES = 120 * int(os.environ.get("KERASDL_ATTACK", "1"))


@pytest.fixture(scope="module")
def members(tmp_path_factory):
    """Name -> content of the members of a good file."""
    path = tmp_path_factory.mktemp("good") / "m.keras"
    model = CNN((8, 8, 1), 3, filters=(2,), units=())
    save_model(model, path, {"classes": ["a", "b", "c"], "dataset": "digits"})
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def info(name, mode=0):
    found = zipfile.ZipInfo(name)
    found.external_attr = mode << 16
    return found


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ("/etc/cron.d/x", "lies outside"),
        ("../x", "lies outside"),
        ("assets/../../x", "lies outside"),
        ("assets\\..\\x", "lies outside"),
        ("C:x", "lies outside"),
        (info("assets/link", stat.S_IFLNK | 0o777), "link or a device"),
        (info("assets/device", stat.S_IFCHR | 0o666), "link or a device"),
        (info("assets/pipe", stat.S_IFIFO | 0o666), "link or a device"),
        ("config.json", "two of its members have one name"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_members_that_would_be_unpacked_elsewhere(tmp_path, members, member, expected):
    path = write(tmp_path / "m.keras", members)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(member, b"/etc/passwd")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match=expected):
        load_model(path)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["kerasdl.json", "config.json", "model.weights.h5", "assets/x"])
@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_that_unpacks_without_end(tmp_path, members, name, compression):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", compression, compresslevel=1) as archive:
        for other, content in members.items():
            if other != name:
                archive.writestr(other, content)
        with archive.open(name, "w") as member:
            for _ in range(17):
                member.write(bytes(2**20))
    assert path.stat().st_size < 10**6
    tracemalloc.start()
    try:
        with pytest.raises(UsageError, match=r"is refused: its member .* unpacks to 17,825,792"):
            load_model(path)
        assert tracemalloc.get_traced_memory()[1] < 2**23
    finally:
        tracemalloc.stop()


def test_no_more_is_read_of_a_text_than_may_be(tmp_path, members, monkeypatch):
    """A directory of the archive may say less than what is there."""
    monkeypatch.setattr(keras_file, "LARGEST_TEXT", 100)
    path = write(tmp_path / "m.keras", {**members, "kerasdl.json": b"[" + b"1," * 100 + b"1]"})
    with pytest.raises(UsageError, match=r"kerasdl\.json has more than 100 bytes"):
        read_contents(path)


def test_an_archive_of_absurd_size(tmp_path, members, monkeypatch):
    path = write(tmp_path / "m.keras", members, zipfile.ZIP_STORED)
    monkeypatch.setattr(keras_file, "LARGEST_MODEL", sum(map(len, members.values())) - 1)
    with pytest.raises(UsageError, match="unpacks to more than"):
        load_model(path)
    monkeypatch.setattr(keras_file, "MOST_MEMBERS", 2)
    with pytest.raises(UsageError, match="more than 2 members"):
        load_model(path)


def test_a_lambda_is_refused_unless_the_user_insists(capsys, tmp_path):
    inputs = keras.Input((4,))
    outputs = keras.layers.Lambda(lambda x: x * 2, output_shape=(4,))(inputs)
    path = tmp_path / "m.keras"
    keras.Model(inputs, outputs).save(path)
    with pytest.raises(UsageError, match=r"holds a Lambda.*safe_mode=False"):
        load_model(path)
    assert main(["describe", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    model, _ = load_model(path, safe_mode=False)
    assert float(keras.ops.convert_to_numpy(model(keras.ops.ones((1, 4))))[0, 0]) == 2


def test_a_class_of_somebody_else(tmp_path):
    """Refused by its name; a program that registers the class has said that it is its own."""

    class Twice(keras.layers.Layer):
        def call(self, x):
            return 2 * x

    path = tmp_path / "m.keras"
    inputs = keras.Input((4,))
    keras.Model(inputs, Twice()(inputs)).save(path)
    with pytest.raises(UsageError, match=r"holds .*Twice, whose code is neither Keras' nor ours"):
        load_model(path)
    registered = keras.saving.get_custom_objects()
    keras.saving.register_keras_serializable("tests")(Twice)
    try:
        keras.Model(inputs, Twice()(inputs)).save(path)
        assert load_model(path)[0].output_shape == (None, 4)
    finally:
        for key in [key for key in registered if "Twice" in str(key)]:
            registered.pop(key)
    with pytest.raises(UsageError, match=r"holds .*Twice"):
        load_model(path)


@pytest.mark.parametrize(
    "entries",
    [
        {"module": "os", "class_name": "system", "config": "id", "registered_name": "system"},
        {"module": "keras_hub.layers", "class_name": "X", "config": {}, "registered_name": None},
        {"module": "subprocess", "class_name": "Popen", "config": {"args": ["id"]}},
        {"module": "builtins", "class_name": "__lambda__", "config": {"value": "4wAAAAAA"}},
        {"module": ["os"], "class_name": "system"},
        {"module": "os", "class_name": "system", "config": {}, "registered_name": "kerasdl>X"},
        {"module": "keras_cv.layers", "class_name": "X", "registered_name": "kerasdl>X"},
    ],
)
def test_a_name_of_code_anywhere_in_the_configuration(tmp_path, members, entries):
    config = json.loads(members["config.json"])
    config["config"]["layers"][-1]["config"]["activation"] = entries
    content = json.dumps(config).encode()
    with pytest.raises(UsageError, match="is refused: it holds"):
        load_model(write(tmp_path / "m.keras", {**members, "config.json": content}))


def test_what_a_model_was_compiled_with_does_not_matter(tmp_path):
    """It is not loaded."""
    model = MLP((4,), 2, units=(3,))

    def own_loss(y_true, y_pred):
        return keras.ops.mean(y_pred)

    model.compile(loss=own_loss, optimizer="adam")
    model.save(tmp_path / "m.keras")
    assert load_model(tmp_path / "m.keras")[0].output_shape == (None, 2)


@pytest.mark.parametrize(
    "metadata",
    [
        *([], None, 1, "a", {"classes": 3}, {"classes": "abc"}, {"classes": [1, 2, 3]}),
        *({"classes": {"a": 1}}, {"notice": []}, {"dataset": {}}, {"own_data": "no"}),
        *(
            {"recipe": "x", "dataset": "digits"},
            {"recipe": {}},
            {"recipe": {}, "dataset": "digits"},
        ),
    ],
)
def test_foreign_metadata(capsys, tmp_path, members, metadata):
    content = json.dumps(metadata).encode()
    path = write(tmp_path / "m.keras", {**members, "kerasdl.json": content})
    assert main(["evaluate", str(path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("kerasdl evaluate: error: ")
    assert error.count("\n") == 1


def test_names_for_other_classes(capsys, tmp_path, members):
    from PIL import Image

    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    content = json.dumps({"classes": ["a"]}).encode()
    path = write(tmp_path / "m.keras", {**members, "kerasdl.json": content})
    assert main(["predict", str(path), str(tmp_path / "a.png")]) == 2
    assert "gives 3 classes, and has names for 1" in capsys.readouterr().err


ODD = (None, True, -1, 0, 10**30, 1.5, "", "x", "relu", [], {}, [[1]], {"a": 1}, [None, 3])


def damaged(members, draw):
    """The members with something changed in one of them."""
    name = draw.choice(("config.json", "config.json", "kerasdl.json", "model.weights.h5"))
    content = members[name]
    if name.endswith(".json") and draw.random() < 0.7:
        value = json.loads(content)
        inside, key = draw.choice(list(places(value)))
        inside[key] = copy.deepcopy(draw.choice(ODD))
        content = json.dumps(value).encode()
    elif draw.random() < 0.5:
        content = content[: draw.randrange(len(content))]
    else:
        at = draw.randrange(len(content))
        content = content[:at] + bytes([draw.randrange(256)]) + content[at + 1 :]
    return {**members, name: content}


def places(value):
    for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(entry, (dict, list)):
            yield from places(entry)


def test_damaged_files_are_loaded_or_refused(tmp_path, members):
    draw, refused = random.Random(7), 0
    for number in range(CASES):
        changed = damaged(members, draw)
        path = write(tmp_path / "m.keras", changed, zipfile.ZIP_STORED)
        if draw.random() < 0.3:
            content = bytearray(path.read_bytes())
            content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
            path.write_bytes(content[: draw.choice((None, None, draw.randrange(len(content))))])
        try:
            load_model(path)
        except UsageError:
            refused += 1
        except Exception as error:
            raise AssertionError(f"case {number}") from error
    assert CASES / 4 < refused < CASES
