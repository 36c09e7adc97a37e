"""`kerasdl describe`: of recipes without their data, and of files."""

from kerasdl.__main__ import main
from kerasdl.inspection import fully_convolutional
from kerasdl.models import CNN
from kerasdl.models.saving import save_model


def test_the_command_needs_no_data_set(capsys, tmp_path, monkeypatch):
    monkeypatch.delenv("KERASDL_DATA", raising=False)
    monkeypatch.setenv("KERASDL_CACHE", str(tmp_path / "cache"))
    assert main(["describe", "regularization/normalize"]) == 0
    assert "1,191,170 parameters" in capsys.readouterr().out
    assert main(["describe", "exercises/regression_gaussian"]) == 0
    assert "512 parameters" in capsys.readouterr().out  # 4 x 10 + 4 x 10 x 10 + 10 x 2, 52 biases
    out = tmp_path / "table.csv"
    assert main(["describe", "dropout/model2", "--format", "csv", "--out", str(out)]) == 0
    assert out.read_text().startswith("layer,kind,output,window,weights")
    assert capsys.readouterr().out == ""


def test_the_command_reads_a_file_and_refuses_in_a_sentence(capsys, tmp_path):
    file = tmp_path / "model.keras"
    save_model(fully_convolutional(CNN(kernel_initializer="zeros")), file, {})
    assert main(["describe", str(file), "--input-shape", "48x64x3"]) == 0
    assert "3x5x10" in capsys.readouterr().out
    for words, message in (
        ([str(file)], "without None"),
        ([str(file), "--input-shape", "48"], "--input-shape should be like 48x64x3|does not take"),
        ([str(file), "--input-shape", "big"], "sides of at most 65536; received 'big'"),
        (["regularization/baselin"], "did you mean regularization/baseline"),
        ([str(tmp_path / "no.keras")], "There is no model file"),
        (["dropout/model2", "--out", str(tmp_path / "no" / "t.csv")], "Cannot write"),
    ):
        assert main(["describe", *words]) == 2
        error = capsys.readouterr().err
        assert any(part in error for part in message.split("|")), error
        assert error.count("\n") == 1
