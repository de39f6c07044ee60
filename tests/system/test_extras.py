"""What is missing is named, with the one command that installs it."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from isthmus.errors import MissingExtraError
from isthmus.system.extras import EXTRAS, require

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_the_extras_are_those_of_the_package():
    declared = {
        extra: {re.match(r"[\w-]+", requirement)[0] for requirement in requirements}
        for extra, requirements in tomllib.loads(PYPROJECT.read_text())["project"]["optional-dependencies"].items()
    }
    assert {extra: set(found.modules) for extra, found in EXTRAS.items()} == {
        extra: declared[extra] for extra in declared if extra not in ("ocrmypdf", "postgresql", "test", "lint")
    }


@pytest.mark.parametrize("extra", EXTRAS)
def test_all_that_is_missing_is_named(monkeypatch, extra):
    require(extra)
    modules = EXTRAS[extra].modules
    for module in modules.values():
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError) as caught:
        require(extra)
    assert all(library in str(caught.value) for library in modules)
    assert str(caught.value).endswith(f'not installed: pip install "isthmus[{extra}]".')


def test_a_single_library_is_named_alone(monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtraError, match=r"^Plots and reports need jinja2, which is not installed: "):
        require("report")
