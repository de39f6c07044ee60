"""Results as CSV, JSON and Markdown."""

import csv
import json
import math

from isthmus.report.formats import csv_text, json_text, markdown_table


def test_csv_has_all_digits_and_empty_cells_for_missing_numbers():
    rows = [[1 / 3, "a,b", None], [math.nan, "c", math.inf]]
    text = csv_text(["x", "y", "z"], rows)
    assert list(csv.reader(text.splitlines())) == [["x", "y", "z"], [repr(1 / 3), "a,b", ""], ["", "c", ""]]


def test_json_has_null_for_missing_numbers():
    text = json_text({"ü": [1 / 3, (math.nan, {"b": -math.inf})], "c": None})
    assert json.loads(text) == {"ü": [1 / 3, [None, {"b": None}]], "c": None}
    assert "ü" in text


def test_a_bar_in_a_cell_does_not_end_it():
    text = markdown_table(["", "RMSE"], ["---", "---:"], [["a|b", "**1**"]])
    assert text == "|  | RMSE |\n|---|---:|\n| a\\|b | **1** |"
