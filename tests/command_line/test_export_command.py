"""isthmus export: a model as an ONNX file that gives the numbers of the other commands."""

import numpy as np
import onnxruntime
import pytest


def codes_of(path, rows):
    (codes,) = onnxruntime.InferenceSession(path).run(["codes"], {"rows": rows})
    return codes


def test_the_file_gives_the_codes_that_encode_writes(isthmus, folder, rows, tmp_path):
    done = isthmus("export", folder / "model", "-o", tmp_path / "m.onnx", "--check", folder / "table.csv")
    said = f'Written to {tmp_path / "m.onnx"}: it takes "rows" and gives "codes".\n'
    assert (done.code, done.out, done.err) == (0, "", said)
    assert isthmus("encode", folder / "model", folder / "table.csv", "-o", tmp_path / "codes.csv").code == 0
    written = np.loadtxt(tmp_path / "codes.csv", delimiter=",", skiprows=1)
    np.testing.assert_allclose(codes_of(tmp_path / "m.onnx", np.float32(rows)), written, rtol=1e-4, atol=1e-5)
    options = ["--dtype", "float64", "--quiet"]
    done = isthmus("export", folder / "model", "-o", tmp_path / "m.onnx", *options)
    assert (done.code, done.out, done.err) == (0, "", "")
    np.testing.assert_allclose(codes_of(tmp_path / "m.onnx", rows), written, rtol=1e-9)


@pytest.mark.parametrize(("command", "code", "problem"), [
    ("export MODEL -o OUT/m.onnx --part codes", 2, "part must be one of encode, decode, reconstruct, score. Got"),
    ("export MODEL -o OUT/m.onnx --dtype float16", 2, "dtype must be one of float32, float64. Got 'float16'"),
    ("export MODEL -o -", 2, "--output must be the name of a file. Got '-' instead."),
    ("export MODEL -o OUT/m.onnx --check OUT/none.csv", 3, "none.csv: there is no such file."),
    ("export TABLE -o OUT/m.onnx", 4, "is not an Isthmus model file"),
    ("export MODEL -o OUT/m.pb", 5, "m.pb: is to be an ONNX file, and its name must end in .onnx."),
    ("export MODEL -o OUT", 5, "cannot be written (it is a folder)"),
    ("export MODEL -o OUT/none/m.onnx", 5, "cannot be written (there is no such folder)"),
    ("export MODEL -o MODEL", 5, "is the input; choose another name for the output."),
    ("export MODEL -o TABLE --check TABLE", 5, "is the input; choose another name for the output."),
    ("export MODEL -o OUT/m.onnx --check OTHER", 6, "d"),
])  # fmt: skip
def test_failures_are_one_sentence_and_a_code_of_their_own(isthmus, folder, tmp_path, *, command, code, problem):
    (tmp_path / "other.csv").write_text("a,b,c\n1,2,3\n")
    places = {
        "MODEL": folder / "model",
        "TABLE": folder / "table.csv",
        "OTHER": tmp_path / "other.csv",
        "OUT": tmp_path,
    }
    words = command.split()
    for word, place in places.items():
        words = [part.replace(word, str(place)) for part in words]
    result = isthmus(*words)
    assert result.code == code
    assert problem in result.err
    assert result.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["other.csv"]


def test_without_the_extra_nothing_is_read(isthmus, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("isthmus.system.extras.find_spec", lambda name: None)
    result = isthmus("export", folder / "none", "-o", tmp_path / "m.onnx")
    assert result.code == 7
    assert result.err == (
        'isthmus: Exporting models needs onnx and onnxruntime, which are not installed: pip install "isthmus[onnx]".\n'
    )


def test_columns_that_float32_rounds_away_are_said(isthmus, tmp_path, rows):
    np.savetxt(tmp_path / "t.csv", rows + 1e9, delimiter=",", header="a,b,c,d", comments="")
    options = ["--code-size", "2", "--max-epochs", "1", "--quiet"]
    assert isthmus("fit", tmp_path / "t.csv", "-o", tmp_path / "m", *options).code == 0
    done = isthmus("export", tmp_path / "m", "-o", tmp_path / "m.onnx", "--quiet")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith('isthmus: float32 rounds values of "a", "b", "c", "d" by more than a thousandth of')
