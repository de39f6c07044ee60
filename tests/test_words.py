"""Words for messages."""

import pytest

from isthmus.words import counted, generic_names, joined, listed


@pytest.mark.parametrize(
    ("count", "plain", "typeset"), [(1, "1 row", "1\u00a0row"), (1797, "1797 rows", "1,797\u00a0rows")]
)
def test_a_noun_has_the_number_of_its_count(count, plain, typeset):
    assert counted(count, "row") == plain
    assert counted(count, "row", typeset=True) == typeset


@pytest.mark.parametrize(("parts", "sentence"), [("", ""), ("a", "a"), ("ab", "a and b"), ("abc", "a, b and c")])
def test_the_last_part_is_joined_by_a_word(parts, sentence):
    assert joined(list(parts)) == sentence


def test_long_lists_are_cut():
    assert listed(["a", "b\n", "c"], 2) == r'"a", "b\n" and 1 more'


def test_columns_without_names_are_called_as_scikit_learn_calls_them():
    assert generic_names(3) == ("x0", "x1", "x2")
