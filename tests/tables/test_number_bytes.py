"""Numbers become the text that Python writes, but for ".0"."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.tables.number_bytes import number_bytes


def written_by_python(value):
    """The text of a number; of float32 NumPy knows the fewest digits."""
    return repr(float(str(value))).removesuffix(".0")


def assert_like_python(values):
    found = number_bytes(values, b"\n").decode().split("\n")
    assert found == [*map(written_by_python, values.ravel()), ""]


@given(st.lists(st.floats(), min_size=1, max_size=20))
def test_float64_is_written_as_by_python(values):
    assert_like_python(np.array(values))


@given(st.lists(st.floats(width=32), min_size=1, max_size=20))
def test_float32_is_written_in_the_fewest_digits(values):
    assert_like_python(np.array(values, np.float32))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_many_numbers_are_written_as_by_python(dtype):
    rng, n = np.random.default_rng(0), 10_000
    signed, powers = rng.normal(size=n), rng.integers(-120, 120, n)
    bits = rng.integers(0, 256, (n, np.dtype(dtype).itemsize), np.uint8).view(dtype).ravel()
    of_two, of_ten = 2.0**powers, 10.0 ** (powers // 4) * rng.integers(1, 1000, n)
    large = (2.0**53 + rng.integers(-50, 50, n)) * rng.integers(1, 99, n)
    for values in (signed, signed.round(2), of_two, np.nextafter(of_two, 0), of_ten, np.nextafter(of_ten, 0), large):
        assert_like_python(values.astype(dtype))
    assert_like_python(bits)


@given(n_rows=st.integers(1, 5), n_columns=st.integers(1, 4), start=st.sampled_from([0, 8190, 8192]))
def test_numbers_of_a_row_are_followed_by_their_marks(n_rows, n_columns, start):
    values = np.arange((start + n_rows) * n_columns, dtype=np.float64).reshape(-1, n_columns)
    lines = number_bytes(values, b";" * (n_columns - 1) + b"\n").decode().splitlines()
    assert lines == [";".join(f"{value:.0f}" for value in row) for row in values]
