"""Whatever goes wrong: one sentence that names the place, a documented exit code, no traceback, no half file."""

import gzip
import re
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

import isthmus as library
from isthmus import errors

ROOT = Path(__file__).parents[2]


@pytest.fixture
def refused(isthmus, tmp_path):
    """Run a command that must fail: its exit code and its sentence."""

    def run(*arguments):
        before = sorted(tmp_path.rglob("*"))
        result = isthmus(*arguments)
        assert result.code != 0
        assert result.out == ""
        assert "Traceback" not in result.err
        assert len(result.err.strip().splitlines()) == 1 or result.code == 2
        assert len(result.err) < 600
        assert sorted(tmp_path.rglob("*")) == before, "a file was left behind"
        return result.code, result.err

    return run


TABLES = {
    "text": (b"a,name\n1,2\n3,Bob\n", 3, r'column "name", row 2: "Bob" is not a number; .*--exclude name'),
    "missing": (b"a,b\n1,2\n3,\n", 3, r'column "b", row 2: the value is missing'),
    "NA": (b"a,b\n1,2\nNA,4\n", 3, r'column "a", row 2: the value is missing'),
    "infinite": (b"a,b\n1,inf\n", 3, r'column "b", row 1: the value is infinite'),
    "ragged": (b"a,b\n1,2\n1,2,3\n", 3, r'row 2 has 3 cells, but there are 2 columns: "1,2,3"'),
    "empty": (b"", 3, "is empty"),
    "only a header": (b"a,b\n", 3, "has a header, but no rows"),
    "one row": (b"a,b\n1,2\n", 3, "has 1 row, and fitting needs at least 2"),
    "no text": (b"\x00\x01\x02" * 99, 3, "is not a text file"),
    "picture": (b"\x89PNG\r\n\x1a\n" * 9, 3, "is a PNG image, not a table of text"),
    "UTF-16": ("a,b\n1,2\n".encode("utf-16")[:-1], 3, "begins like UTF-16 but is damaged"),
    "latin-1": ("a,ö\n1,2\n".encode("latin-1"), 3, "UTF-8"),
    "latin-1 cell": ("a,b\n1,ö\n".encode("latin-1"), 3, "UTF-8"),
    "same name twice": (b"a,a\n1,2\n", 3, 'two columns are called "a"'),
    "no name": (b",a\n0,1\n1,2\n", 3, "column 1 has no name.*index=False"),
    "decimal comma": (b"a;b\n1,5;2\n", 3, '"1,5" has a decimal comma'),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_a_bad_table_is_refused_with_its_place(name, suffix, refused, tmp_path):
    content, code, sentence = TABLES[name]
    path = tmp_path / f"bad{suffix}"
    path.write_bytes(gzip.compress(content) if suffix.endswith("gz") else content)
    found, message = refused("fit", path, "-o", tmp_path / "m")
    assert found == code
    assert re.search(sentence, message)
    assert str(path) in message


def test_a_bad_cell_far_down_is_found(refused, isthmus, folder, tmp_path):
    lines = ["a,b,c,d", *["1,2,3,4"] * 400_000]
    lines[300_001] = "1,2,x,4"
    (tmp_path / "long.csv").write_text("\n".join(lines))
    code, message = refused("encode", folder / "model", tmp_path / "long.csv", "-o", tmp_path / "codes.csv")
    assert code == 3
    assert 'column "c", row 300001: "x" is not a number' in message


@pytest.mark.parametrize("name", ["t.parquet", "t.feather", "t.npy", "t.npz", "t.csv.gz"])
@pytest.mark.parametrize("content", [b"", b"no such thing " * 99])
def test_files_of_another_kind_are_refused(name, content, refused, tmp_path):
    (tmp_path / name).write_bytes(content)
    code, message = refused("fit", tmp_path / name, "-o", tmp_path / "m")
    assert code == 3
    assert name in message


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros(5), "reshape"),
        (np.zeros((5, 2), complex), "needs numbers"),
        (np.array([["a"]]), "needs numbers"),
        (np.array([[1.0, np.nan], [1, 2]]), 'column "x1", row 1: the value is missing'),
        (np.zeros((0, 3)), "has no rows"),
        (np.zeros((3, 0)), "no column"),
    ],
)
def test_arrays_that_are_no_tables_are_refused(array, sentence, refused, tmp_path):
    np.save(tmp_path / "t.npy", array)
    code, message = refused("fit", tmp_path / "t.npy", "-o", tmp_path / "m")
    assert code == 3
    assert sentence in message


def test_a_pickle_in_an_array_file_is_not_loaded(refused, tmp_path):
    np.save(tmp_path / "t.npy", np.array([[{}]], dtype=object), allow_pickle=True)
    assert refused("fit", tmp_path / "t.npy", "-o", tmp_path / "m")[0] == 3


@pytest.mark.parametrize("name", ["t.npy", "t.parquet", "t.feather", "t.npz"])
def test_truncated_files_are_refused(name, refused, isthmus, folder, tmp_path):
    assert isthmus("encode", folder / "model", folder / "table.csv", "-o", tmp_path / name).code == 0
    content = (tmp_path / name).read_bytes()
    for length in (len(content) - 1, len(content) // 2, 20):
        (tmp_path / name).write_bytes(content[:length])
        assert refused("fit", tmp_path / name, "-o", tmp_path / "m")[0] == 3


def test_columns_of_parquet_that_hold_no_numbers_are_named(refused, tmp_path):
    table = pyarrow.table({"a": [1, 2], "when": pyarrow.array([0, 1], pyarrow.timestamp("ms"))})
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    code, message = refused("fit", tmp_path / "t.parquet", "-o", tmp_path / "m")
    assert code == 3
    assert 'column "when" holds "timestamp[ms]", not numbers' in message


def test_other_columns_than_the_models_are_named(refused, folder, tmp_path):
    (tmp_path / "t.csv").write_text("a,b,c,dd\n1,2,3,4\n")
    code, message = refused("encode", folder / "model", tmp_path / "t.csv", "-o", tmp_path / "o.csv")
    assert code == 6
    assert 'lacks 1 of the 4 columns that the model needs: "d"; the nearest is "dd"' in message
    np.save(tmp_path / "t.npy", np.zeros((3, 7)))
    code, message = refused("encode", folder / "model", tmp_path / "t.npy", "-o", tmp_path / "o.csv")
    assert code == 6
    assert "has 7 columns, and the model needs 4" in message


def test_codes_of_another_model_are_refused(refused, folder, tmp_path):
    (tmp_path / "codes.csv").write_text("autoencoder0\n1\n")
    code, message = refused("decode", folder / "model", tmp_path / "codes.csv", "-o", tmp_path / "o.csv")
    assert code == 6
    assert '"autoencoder1"' in message


@pytest.mark.parametrize("option", ["--columns", "--exclude"])
def test_columns_that_do_not_exist_are_named(option, refused, folder, tmp_path):
    code, message = refused("fit", folder / "table.csv", "-o", tmp_path / "m", option, "bb,id")
    assert code == 3
    assert 'has no column "bb"; the nearest is "b"' in message


@pytest.mark.parametrize(
    "arguments",
    [
        ["--code-size", "0"], ["--code-size", "many"], ["--layers", "x"], ["--layers", "3,0"],
        ["--activation", "swish"], ["--loss", "mae"], ["--noise", "dirt"], ["--noise", "masking:2"],
        ["--scale", "some"], ["--learning-rate", "-1"], ["--batch-size", "none"], ["--format", "xls"],
        ["--device", "tpu9"], ["--max-epochs", "x"], ["--nonsense"], ["--output", "-"],
    ],
)  # fmt: skip
def test_wrong_options_are_usage_errors(arguments, refused, folder, tmp_path):
    code, message = refused("fit", folder / "table.csv", "-o", tmp_path / "m", "--exclude", "id", *arguments)
    assert code == 2
    assert "unexpected" not in message


def test_cross_entropy_names_the_column_that_is_out_of_range(refused, folder, tmp_path):
    code, message = refused("fit", folder / "table.csv", "-o", tmp_path / "m", "--exclude", "id", "--loss", "bce")
    assert code == 3
    assert "column 'a' ranges from" in message


@pytest.mark.parametrize("content", [b"", b"\x80\x04}", b"PK\x03\x04" + b"0" * 99, b"a,b\n1,2\n"])
def test_a_wrong_model_is_refused(content, refused, folder, tmp_path):
    (tmp_path / "m").write_bytes(content)
    for arguments in (
        ["info", tmp_path / "m"],
        ["encode", tmp_path / "m", folder / "table.csv", "-o", tmp_path / "o.csv"],
    ):
        code, message = refused(*arguments)
        assert code == 4
        assert str(tmp_path / "m") in message


def test_missing_files_are_named(refused, folder, tmp_path):
    assert refused("fit", tmp_path / "none.csv", "-o", tmp_path / "m")[0] == 3
    assert refused("info", tmp_path / "none")[0] == 4
    assert refused("fit", tmp_path, "-o", tmp_path / "m", "--format", "csv")[0] == 3


@pytest.mark.parametrize("output", ["no/such/folder/out.csv", "x" * 300 + ".csv"])
def test_an_unwritable_output_is_refused(output, refused, folder, tmp_path):
    code, message = refused("encode", folder / "model", folder / "table.csv", "-o", tmp_path / output)
    assert code == 5
    assert "cannot be written" in message
    assert refused("fit", folder / "table.csv", "-o", tmp_path / output, "--exclude", "id")[0] == 5


def test_neither_the_table_nor_the_model_is_ever_the_output(refused, folder, tmp_path):
    for name in ("table.csv", "model"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "link.csv").symlink_to(tmp_path / "table.csv")
    table, model = tmp_path / "table.csv", tmp_path / "model"
    for output in (table, tmp_path / "link.csv", model):
        for command in ("encode", "reconstruct"):
            code, message = refused(command, model, table, "-o", output, "--output-format", "csv")
            assert code == 5
            assert message == f"isthmus: {output}: is the input; choose another name for the output.\n"
    code, message = refused("fit", table, "-o", tmp_path / "link.csv", "--exclude", "id")
    assert code == 5
    assert "is the input" in message
    for name in ("table.csv", "model"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_what_is_no_table_by_its_name_is_refused(refused, folder, tmp_path):
    (tmp_path / "scores.xlsx").write_bytes(b"PK\x03\x04" + bytes(99))
    (tmp_path / "folder.csv").mkdir()
    for name, sentence in (
        ("scores.xlsx", "spreadsheets cannot be read or written; use CSV"),
        ("folder.csv", "is a folder, not a table"),
        (".", "is a folder, not a table"),
        ("table", "the format is not clear from the name"),
    ):
        for code, arguments in (
            (3, ["encode", folder / "model", tmp_path / name, "-o", tmp_path / "o.csv"]),
            (5, ["encode", folder / "model", folder / "table.csv", "-o", tmp_path / name]),
        ):
            found, message = refused(*arguments)
            assert found == code
            assert message.startswith(f"isthmus: {tmp_path / name}: {sentence}")


def test_an_old_output_stays_until_the_new_one_is_whole(refused, isthmus, folder, tmp_path):
    (tmp_path / "o.csv").write_text("old")
    (tmp_path / "t.csv").write_text("a,b,c,d\n" + "1,2,3,4\n" * 50_000 + "1,2,3,x\n")
    assert refused("encode", folder / "model", tmp_path / "t.csv", "-o", tmp_path / "o.csv")[0] == 3
    assert (tmp_path / "o.csv").read_text() == "old"


def test_a_full_disk_is_one_sentence(refused, isthmus, folder):
    result = isthmus("encode", folder / "model", folder / "table.csv", "-o", "/dev/full", "--output-format", "csv")
    assert result.code == 5
    assert "full" in result.err
    assert "Traceback" not in result.err


def test_a_column_cannot_be_kept_under_the_name_of_a_code(refused, folder, tmp_path):
    (tmp_path / "t.csv").write_text("autoencoder0,a,b,c,d\n9,1,2,3,4\n")
    code, message = refused(
        "encode", folder / "model", tmp_path / "t.csv", "-o", tmp_path / "o.csv", "--keep", "autoencoder0"
    )
    assert code == 5
    assert '"autoencoder0" cannot be kept' in message


def test_the_documentation_lists_every_exit_code():
    text = (ROOT / "docs" / "command-line.md").read_text()
    table = {int(code): name for code, name in re.findall(r"^\| (\d+) \| .*? \| (?:`(\w+)`)? *\|$", text, re.M)}
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.IsthmusError)]
    assert len(classes) > 6
    for error in classes:
        assert table[error.exit_code] in ("", error.__name__)
    assert {0, 130} <= set(table)
    assert library.errors is errors
