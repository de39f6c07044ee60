"""Every import is declared, and an error names the libraries that are missing and the command that installs them."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

import isthmus
from isthmus.errors import MissingExtraError
from isthmus.system.extras import EXTRAS, require

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
MODULES = {"scikit-learn": "sklearn", "scikit-image": "skimage", "pillow": "PIL"}
BROUGHT = {"sqlalchemy": "optuna", "cycler": "matplotlib"}  # used through the library that requires them


def names(requirements: list[str]) -> set[str]:
    return {re.match(r"[\w-]+", requirement)[0] for requirement in requirements}


def imported(path: Path) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add(node.module)
    return {module.split(".")[0] for module in modules} - set(sys.stdlib_module_names) - {"isthmus", "_typeshed"}


def test_every_library_that_is_imported_is_declared():
    declared = names(PROJECT["dependencies"]).union(*map(names, PROJECT["optional-dependencies"].values()))
    modules = {MODULES.get(name, name) for name in declared}
    for path in Path(isthmus.__file__).parent.rglob("*.py"):
        assert {BROUGHT.get(name, name) for name in imported(path)} <= modules, path


def test_the_extras_are_those_of_the_package():
    declared = {extra: names(requirements) for extra, requirements in PROJECT["optional-dependencies"].items()}
    assert {extra: set(found.modules) for extra, found in EXTRAS.items()} == {
        extra: libraries - {"isthmus"}
        for extra, libraries in declared.items()
        if extra not in ("all", "ocrmypdf", "postgresql", "test", "lint")
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
