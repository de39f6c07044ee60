"""The examples in the docstrings print what they say."""

import doctest
import inspect
import pkgutil
import re
from importlib import import_module

import pytest

import isthmus

MODULES = sorted(module.name for module in pkgutil.walk_packages(isthmus.__path__, "isthmus."))
FINDER = doctest.DocTestFinder(exclude_empty=True)
EXAMPLES = [test for name in MODULES for test in FINDER.find(import_module(name)) if test.examples]


def test_there_are_examples_of_what_is_public():
    tested = {example.name for example in EXAMPLES}
    assert {
        "isthmus.estimators.dense.Autoencoder",
        "isthmus.comparison.measure.compare",
        "isthmus.report.page.report",
    } <= tested


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_the_example_prints_what_it_says(example):
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert runner.run(example, out=said.append).failed == 0, "".join(said)


@pytest.mark.parametrize("name", isthmus.__all__)
def test_docstrings_name_no_files_that_an_installed_package_lacks(name):
    found = getattr(isthmus, name)
    members = (
        [member for attribute, member in vars(found).items() if not attribute.startswith("_")]
        if inspect.isclass(found)
        else []
    )
    for documented in (found, *members):
        assert not re.search(r"\b(docs|benchmarks|page_network|tests)/", inspect.getdoc(documented) or ""), documented
