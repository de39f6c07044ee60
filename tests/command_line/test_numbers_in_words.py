"""Counts agree with their nouns, and shares that are rounding alone are nothing."""

import json
import re

import numpy as np
import pytest

# A 1 before a plural; not the end of another number, as in "11 codes".
ONE_OF_MANY = re.compile(r"(?<![\d.,x])1[ \u00a0](codes|rows|columns|trials|epochs|folds|pages|nodes|layers|colours)\b")


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    """A table whose columns are multiples of each other, so that one code keeps everything."""
    path = tmp_path_factory.mktemp("line") / "line.csv"
    np.savetxt(
        path, np.outer(np.random.default_rng(0).normal(size=40), [1, 2, 3]), delimiter=",", header="a,b,c", comments=""
    )
    return path


def test_one_code_is_singular_and_rounding_is_nothing(isthmus, line, tmp_path):
    options = ["--code-size", "1", "--activation", "identity", "--max-epochs", "1"]
    result = isthmus("fit", line, "-o", tmp_path / "m", *options)
    assert "40 rows of 3 columns, 1 code: 0 % of the variance is lost, and with PCA 0 %" in result.err
    shown = isthmus("info", tmp_path / "m").out
    assert re.search(r"^  PCA, 1 code  .* 0 %$", shown, re.MULTILINE)
    assert json.loads(isthmus("info", tmp_path / "m", "--json").out)["PCA's error"] < 1e-20
    compared = isthmus("compare", line, "--code-sizes", "1", "--quiet")
    pytest.importorskip("matplotlib")
    report = isthmus("report", tmp_path / "m", line, "-o", "-")
    for text in (result.err, shown, compared.out, report.out):
        assert not ONE_OF_MANY.findall(text)


def test_one_trial_is_singular(isthmus, line, tmp_path):
    pytest.importorskip("optuna")
    result = isthmus("tune", line, "-o", tmp_path / "m", "--trials", "1", "--max-epochs", "1")
    assert result.code == 0
    assert re.search(r"^1 trial on 32 rows", result.out)
    assert not ONE_OF_MANY.findall(result.out + result.err)
