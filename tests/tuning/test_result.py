"""The result of a search in words: counts with the right plural, and shares that nobody misreads."""

from dataclasses import replace

import pyarrow as pa
import pytest
from tuning_searches import QUICK

from isthmus import tune


@pytest.fixture(scope="module")
def result(rows):
    from isthmus import Autoencoder

    estimator = Autoencoder(1, scale="standard", max_epochs=2, encoder_layers=(8,))
    return tune(rows, estimator, space=QUICK, n_trials=1, folds=1).result_


def test_one_is_singular(result):
    assert result.heading.startswith("1 trial on 192 rows in one split; 48 rows set aside. Search: ")
    assert "With 1 code it explains" in result.sentence.replace("with 1 code", "With 1 code")
    assert repr(result).startswith("<Result of 1 trial:")
    one = replace(result, n_search=1, test=replace(result.test, n_rows=1))
    assert "1 trial on 1 row in one split; 1 row set aside." in one.heading
    assert "of the 1 row set aside" in one.sentence


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (4.6e-15, "explains 0 % of"),
        (-3e-16, "explains 0 % of"),
        (0.99999999, "explains more than 99.99 % of"),
        (1.0, "explains 100 % of"),
        (-0.25, "explains -25 % of"),
        (0.94071, "explains 94.07 % of"),
    ],
)
def test_shares_are_neither_rounding_nor_more_than_they_are(result, share, said):
    assert said in replace(result, test=replace(result.test, tuned=share)).sentence


def test_what_became_of_the_trials_is_counted(result):
    states = ["complete", "pruned", "pruned", "stopped", "fail", "running"]
    table = pa.table({"trial": list(range(6)), "state": states})
    heading = replace(result, table=table).heading
    assert heading.startswith("4 trials (2 pruned, 1 stopped in the middle, 1 unfinished) on")
