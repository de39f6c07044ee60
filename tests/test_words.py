"""Words for messages."""

import pytest

from isthmus.words import counted, generic_names, joined, listed, percent


@pytest.mark.parametrize(
    ("count", "plain", "typeset"), [(1, "1 row", "1\u00a0row"), (1797, "1797 rows", "1,797\u00a0rows")]
)
def test_a_noun_has_the_number_of_its_count(count, plain, typeset):
    assert counted(count, "row") == plain
    assert counted(count, "row", typeset=True) == typeset


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"), (4.6e-15, "0 %"), (-4.6e-15, "0 %"), (1e-9, "less than 0.01 %"), (0.001234, "0.123 %"),
        (0.5, "50 %"), (0.98765, "98.8 %"), (0.99996, "more than 99.99 %"), (1 - 1e-15, "100 %"), (1, "100 %"),
        (5.78, "578 %"), (12345.6, "1234560 %"), (-0.25, "-25 %"),
    ],
)  # fmt: skip
def test_little_is_not_said_to_be_nothing_unless_it_is_rounding(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(("parts", "sentence"), [("", ""), ("a", "a"), ("ab", "a and b"), ("abc", "a, b and c")])
def test_the_last_part_is_joined_by_a_word(parts, sentence):
    assert joined(list(parts)) == sentence


def test_long_lists_are_cut():
    assert listed(["a", "b\n", "c"], 2) == r'"a", "b\n" and 1 more'


def test_columns_without_names_are_called_as_scikit_learn_calls_them():
    assert generic_names(3) == ("x0", "x1", "x2")
