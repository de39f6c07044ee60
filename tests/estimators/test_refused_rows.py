"""Rows that cannot be used get a sentence: the value, its column and its row, and whether it is X's or the target's."""

import datetime
import decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

import isthmus
from isthmus import Autoencoder, ConvAutoencoder
from isthmus.errors import InputError

X = np.random.default_rng(0).normal(size=(30, 4))
CITY = "column 'city', row 1"
DAYS = [datetime.datetime(2020, 1, 1 + i) for i in range(3)]


def frame(city, **options):
    return pd.DataFrame({"x": [1.0, 2.0, 3.0], "city": city}, **options)


BAD_CELLS = {
    "text": (frame([1, "a", 3]), f"X has 'a' in {CITY}, which is not a number"),
    "text with an index": (frame([1, "a", 3], index=["u", "v", "w"]), "X has 'a' in column 'city', row 'v', which"),
    "years as labels": (frame([1, "a", 3]).set_axis([2001, 2002], axis=1), "X has 'a' in column 2002, row 1, which"),
    "a category": (frame(pd.Categorical([1, "a", 1])), f"X has 'a' in {CITY}, which is not a number"),
    "a list": (frame([1, [2], 3]), rf"X has \[2\] in {CITY}, which is not a number"),
    "a date": (frame([1, datetime.date(2020, 1, 1), 3]), rf"X has datetime.date\(2020, 1, 1\) in {CITY}, which is"),
    "a period": (frame(pd.period_range("2020", periods=3)), r"X has Period\(.* in column 'city', row 0, which is not"),
    "a large int": (frame([1, 10**400, 3]), rf"X has a number too large \(1000.*\) in {CITY}"),
    "NaN": (frame([1, np.nan, 3]), rf"X has a missing value \(NaN\) in {CITY}; impute"),
    "NA": (frame(pd.array([1, None, 3], dtype="Int64")), rf"X has a missing value \(NaN\) in {CITY}; impute"),
    "no bool": (frame(pd.array([True, None, False], dtype="boolean")), rf"X has a missing value \(<NA>\) in {CITY}"),
    "None": (frame(np.array([1, None, 3], dtype=object)), rf"X has a missing value \(None\) in {CITY}"),
    "infinity": (frame([1, -np.inf, 3]), rf"X has an infinite value \(-inf\) in {CITY}; replace"),
    "text in polars": (pl.DataFrame({"x": [1, 2], "city": ["1", "a"]}), f"X has 'a' in {CITY}, which is not a number"),
    "null in polars": (pl.DataFrame({"x": [1, 2], "city": [1, None]}), rf"X has a missing value \(None\) in {CITY}"),
    "text in Arrow": (pa.table({"x": [1, 2], "city": ["1", "a"]}), f"X has 'a' in {CITY}, which is not a number"),
    "text in an array": (np.array([[1, 2], [3, "a"]], dtype=object), r"X has 'a' at X\[1, 1\], which is not a number"),
    "text in a list": ([[1, 2], ["a", 3]], r"X has 'a' at X\[1, 0\], which is not a number"),
    "NaN in an array": (np.array([[1, 2], [np.nan, 3]]), r"X has a missing value \(NaN\) at X\[1, 0\]; impute"),
    "NaN in sparse rows": (sparse.csr_array([[0, 2], [np.nan, 3]]), r"X has a missing value \(NaN\) at X\[1, 0\]"),
}
BAD_TYPES = {
    "dates": (pd.DataFrame({"x": DAYS, "city": DAYS}), "column 'x' of X has the type datetime64"),
    "dates and numbers": (frame(DAYS), "column 'city' of X has the type datetime64"),
    "dates of a zone": (
        frame(pd.date_range("2020", periods=3, tz="UTC")),
        r"column 'city' of X has the type datetime64",
    ),
    "durations": (frame(pd.to_timedelta([1, 2, 3])), "column 'city' of X has the type timedelta64.*durations"),
    "dates in polars": (pl.DataFrame({"x": DAYS}), "column 'x' of X has the type Datetime"),
    "durations in polars": (pl.DataFrame({"x": [datetime.timedelta(1)] * 3}), "column 'x' .* Duration.*durations"),
    "dates in Arrow": (pa.table({"x": [DAYS[0].date()] * 3}), "column 'x' of X has the type Date"),
    "an array of dates": (np.array([["2020", "2021"], ["2022", "2023"]], dtype="M8[s]"), "X has the type datetime64"),
    "complex numbers": (frame([1j, 2, 3]), "column 'city' of X has the type complex128, which is complex"),
    "a structured array": (
        np.zeros(3, dtype=[("a", "f8"), ("b", "f8")]),
        "X has the type .*structured_to_unstructured",
    ),
    "a lazy frame": (pl.LazyFrame({"x": [1.0, 2.0]}), r"X is a LazyFrame.*X.collect\(\) first"),
}


@pytest.mark.parametrize("kind", [*BAD_CELLS, *BAD_TYPES])
def test_a_value_that_is_no_finite_number_is_named_with_its_place(kind):
    rows, sentence = (BAD_CELLS | BAD_TYPES)[kind]
    with pytest.raises(InputError, match=f"^{sentence}") as caught:
        Autoencoder(1).fit(rows)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("kind", ["text", "NaN", "dates"])
def test_every_entry_point_names_it(kind):
    rows, sentence = (BAD_CELLS | BAD_TYPES)[kind]
    good = frame([1.0, 2.0, 4.0])
    model = Autoencoder(1, max_epochs=1).fit(good)
    images = ConvAutoencoder(1, max_epochs=1).fit(good)
    for method in ("transform", "reconstruct", "reconstruction_error", "score", "partial_fit", "fit", "code_influence"):
        with pytest.raises(InputError, match=f"^{sentence}"):
            getattr(model, method)(rows)
        if method != "code_influence":
            with pytest.raises(InputError, match=f"^{sentence}"):
                getattr(images, method)(rows)
    with pytest.raises(InputError, match=f"^{sentence}"):
        isthmus.compare(rows)
    with pytest.raises(InputError, match=f"^{sentence}"):
        isthmus.tune(rows)
    with pytest.raises(InputError, match=f"^{sentence.replace('X', 'target')}"):
        isthmus.compare(good, target=rows)
    with pytest.raises(InputError, match=r"^X has 'b' in column 'code', row 0"):
        model.inverse_transform(pd.DataFrame({"code": ["b"]}))


def test_numbers_in_other_types_are_taken():
    expected = Autoencoder(1, max_epochs=1, random_state=0).fit(frame([0.0, 1.0, 1.0])).mean_
    for column in (
        [False, True, True],
        pd.array([0, 1, 1], dtype="Int64"),
        np.array([0, 1.0, True], dtype=object),
        [decimal.Decimal(0), decimal.Decimal(1), decimal.Decimal(1)],
    ):
        model = Autoencoder(1, max_epochs=1, random_state=0).fit(frame(column))
        np.testing.assert_array_equal(model.mean_, expected)


BAD_TARGETS = {
    "NaN": (np.where(X[1, 2] == X, np.nan, X), r"target has a missing value \(NaN\) at target\[1, 2\]"),
    "infinity": (np.where(X[1, 2] == X, np.inf, X), r"target has an infinite value \(inf\) at target\[1, 2\]"),
    "text": (np.where(X[1, 2] == X, "a", X.astype(object)), r"target has 'a' at target\[1, 2\], which is not a number"),
    "rows": (X[:-1], r"target has 29 (rows|images of 1 × 4 × 1), (but|and) X (has )?30"),
    "columns": (X[:, :3], r"target has (3 columns|images of 1 × 3 × 1)"),
    "too many columns": (np.c_[X, X], r"target has (8 columns|images of 1 × 8 × 1)"),
    "one dimension": (X[:, 0], r"target: Expected 2D array, got 1D array"),
    "dates": (X.astype("M8[s]"), r"target has the type datetime64"),
    "a frame": (pd.DataFrame(X, columns=list("abcd")).assign(b="u"), r"target has 'u' in column 'b', row 0"),
    "too large": (X * 1e200, r"column \d of target has values up to"),
}


@pytest.mark.parametrize("kind", BAD_TARGETS)
@pytest.mark.parametrize("estimator", [Autoencoder(2, max_epochs=1), ConvAutoencoder(2, max_epochs=1)], ids=str)
def test_a_wrong_target_is_called_the_target(estimator, kind):
    target, sentence = BAD_TARGETS[kind]
    fitted = type(estimator)(**estimator.get_params()).fit(X)
    methods = [type(estimator)(**estimator.get_params()).fit, fitted.fit, fitted.partial_fit]
    methods += [] if kind == "too large" else [fitted.score, fitted.reconstruction_error]
    for method in methods:
        with pytest.raises(ValueError, match=f"^{sentence}"):
            method(X, target=target)


def test_a_target_with_columns_in_another_order_is_refused():
    rows = pd.DataFrame(X, columns=list("abcd"))
    with pytest.raises(
        ValueError, match=r"^target must have the columns that the model was fitted on, in the same order"
    ):
        Autoencoder(2, max_epochs=1).fit(rows, target=rows[list("badc")])
