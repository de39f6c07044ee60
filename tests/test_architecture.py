"""Who may import whom (docs/architecture.md), read from the source."""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import isthmus

PACKAGE = Path(isthmus.__file__).parent
DOCUMENT = PACKAGE.parents[1] / "docs" / "architecture.md"


def imports(node: ast.AST, *, at_once: bool) -> Iterator[str]:
    """Modules that a file imports; ``at_once`` leaves out what functions import, and what is for type checkers."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute"
            names = [f"isthmus.{alias.name}" for alias in child.names]
            yield from names if child.module == "isthmus" else [str(child.module)]
        elif not (at_once and _waits(child)):
            yield from imports(child, at_once=at_once)


def _waits(node: ast.AST) -> bool:
    """Whether nothing within a node is imported when its file is."""
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    return is_function or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")


def piece(module: str) -> str:
    """The part of Isthmus that a module belongs to: "networks" for isthmus.networks.dense."""
    return [*module.split("."), "__init__"][1]


def arrows(*, at_once: bool) -> dict[str, set[str]]:
    """By piece, the modules that it imports."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        found[first].update(imports(ast.parse(path.read_text()), at_once=at_once))
    return found


ALL, AT_ONCE = arrows(at_once=False), arrows(at_once=True)


def within(name: str, found: dict[str, set[str]] = ALL) -> set[str]:
    """The other pieces of Isthmus that a piece imports."""
    return {piece(module) for module in found[name] if module.split(".")[0] == "isthmus"} - {name}


def outside(name: str) -> set[str]:
    """The packages of others that a piece imports."""
    return {module.split(".")[0] for module in ALL[name]} - set(sys.stdlib_module_names) - {"isthmus"}


def test_networks_are_torch_and_nothing_else():
    assert within("networks") == set()
    assert outside("networks") <= {"torch", "numpy", "jaxtyping"}


def test_training_knows_networks_and_no_estimator():
    assert within("training") <= {"networks", "rows"}


def test_data_knows_no_estimator():
    assert within("data") <= {"atomic", "errors", "standard_output"}
    assert not outside("data") & {"torch", "sklearn"}


@pytest.mark.parametrize("name", sorted(set(ALL) - {"cli"}))
def test_nothing_imports_the_command_line(name):
    assert "cli" not in within(name)


def test_estimators_do_without_what_is_built_on_them():
    for name in ("dense", "base"):
        assert not within(name, AT_ONCE) & {"comparison", "report", "cli", "data"}


def test_nobody_imports_whoever_imports_it():
    ranks: dict[str, int] = {}

    def rank(name: str, path: tuple[str, ...] = ()) -> int:
        assert name not in path, " → ".join([*path, name])
        if name not in ranks:
            ranks[name] = 1 + max((rank(other, (*path, name)) for other in within(name, AT_ONCE)), default=0)
        return ranks[name]

    assert {rank(name) for name in AT_ONCE} >= {1, 2, 3}


def test_optional_parts_are_imported_where_they_are_used():
    optional = {"matplotlib", "jinja2", "skimage", "jiwer", "pandas", "polars", "optuna", "sqlalchemy"}
    assert {name: found for name, modules in AT_ONCE.items()
            if (found := {module.split(".")[0] for module in modules} & optional)} == {}  # fmt: skip


def test_the_page_names_every_piece():
    page = DOCUMENT.read_text()
    pieces = {f"{name}/" if (PACKAGE / name).is_dir() else f"{name}.py" for name in ALL}
    assert sorted(name for name in pieces - {"_version.py"} if name not in page) == []
