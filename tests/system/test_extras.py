"""Every import is declared, and an error names the libraries that are missing and the command that installs them."""

import ast
import os
import re
import subprocess
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
        extra: libraries - {"isthmus"} | (declared["pages"] if extra == "evaluate" else set())
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


ANYTHING = Path(__file__).parents[1] / "without.py"
PROGRAM = """
import os, sys
from isthmus.cli import main
from isthmus.errors import MissingExtraError

os.chdir(os.path.dirname(__file__))
with open("table.csv", "w") as file:
    file.writelines(f"{i},{i * i % 7},{i % 5}\\n" for i in range(40))
os.mkdir("folder")
assert main(["fit", "table.csv", "-o", "model", "-q", "--max-epochs", "1"]) == 0
for command in (
    "clean folder -o cleaned", "evaluate-pages folder folder", "evaluate-pages folder --cleaned folder",
    "make-pages made", "tune table.csv -o tuned", "report model table.csv -o page.html",
    "compare table.csv -q --plot plot.svg", "export model -o model.onnx", "encode model table.csv -o codes.parquet",
    "fit table.csv -o other --backend torch",
):
    print(command.split()[0], main(command.split()), file=sys.stderr)

import numpy as np
import isthmus

X = np.random.default_rng(0).normal(size=(40, 3))
model = isthmus.load("model")
for use in (
    lambda: isthmus.clean(X), lambda: isthmus.clean_document("x", "y"), lambda: isthmus.ConvAutoencoder(4),
    lambda: isthmus.tune(X), lambda: isthmus.AutoencoderSearch().fit(X), lambda: model.report(X),
    lambda: model.export("model.onnx"), lambda: model.module_,
    lambda: isthmus.compare(X, code_sizes=[1]).plot(), lambda: __import__("isthmus.pages.evaluation"),
    lambda: __import__("isthmus.synthetic_pages"),
):
    try:
        use()
    except MissingExtraError as error:
        print(error, file=sys.stderr)
"""
COMMANDS = ["pages", "evaluate", "pages", "pages", "tune", "report", "report", "onnx", "arrow", "images"]
NAMES = ["pages", "pages", "images", "tune", "tune", "report", "onnx", "images", "report", "pages", "pages"]


def test_every_command_and_name_says_in_one_line_which_extra_it_needs(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    refused = {module for extra in EXTRAS.values() for module in extra.modules.values()}
    command = [sys.executable, ANYTHING, ",".join(refused), tmp_path / "program.py"]
    found = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    lines = found.stderr.splitlines()
    said = [extra for line in lines for extra in re.findall(r'not installed: pip install "isthmus\[(\w+)\]"\.$', line)]
    assert said == COMMANDS + NAMES
    assert [line.split()[1] for line in lines[1 : 2 * len(COMMANDS) : 2]] == ["7"] * len(COMMANDS)
    assert len(lines) == 2 * len(COMMANDS) + len(NAMES)
