"""The rooms of the house and their arrows: docs/architecture.md says who may import whom, and the source obeys.

Every import counts, deferred ones and those for type checkers included.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import isthmus

PACKAGE = Path(isthmus.__file__).parent
PAGE = (PACKAGE.parents[1] / "docs" / "architecture.md").read_text(encoding="utf-8")
FILES = {
    ".".join(("isthmus", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
ROOT = {"isthmus", "isthmus._version"}  # whoever imports these enters no room


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(node: ast.AST, *, at_once: bool) -> Iterator[str]:
    """Modules, and names within them, that a file imports; ``at_once``: only when it is itself imported."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute"
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        elif not (at_once and waits(child)):
            yield from imports(child, at_once=at_once)


def waits(node: ast.AST) -> bool:
    """Whether the imports within a node do not happen when its file is imported."""
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    return is_function or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")


def files_imported_by(module: str, *, at_once: bool = False) -> set[str]:
    """Files of Isthmus that a file imports by name."""
    found = set()
    for name in imports(parsed(FILES[module]), at_once=at_once):
        if name.split(".")[0] == "isthmus":
            found.add(name if name in FILES else name.rpartition(".")[0])
    return found - {module}


def packages_imported_by(module: str, *, at_once: bool = False) -> set[str]:
    """Packages of others that a file imports."""
    names = {name.split(".")[0] for name in imports(parsed(FILES[module]), at_once=at_once)}
    return names - set(sys.stdlib_module_names) - {"isthmus"}


def room(module: str) -> str:
    """The room that a file is in: "networks" for isthmus.networks.dense."""
    return module.split(".")[1]


def rooms() -> dict[str, tuple[int, set[str]]]:
    """Floor of each room, and the rooms that it may import, as the page's table has them."""
    rows = re.findall(r"^\| (\d) \| `(\w+)/?` \| [^|]* \| ([^|]*) \|$", PAGE, flags=re.MULTILINE)
    return {name: (int(floor), set(re.findall(r"\w+", allowed))) for floor, name, allowed in rows}


ROOMS = rooms()


def arrows() -> dict[str, set[str]]:
    """The rooms that each room imports."""
    found: dict[str, set[str]] = {name: set() for name in ROOMS}
    for module in FILES.keys() - ROOT:
        found[room(module)] |= {room(other) for other in files_imported_by(module) - ROOT} - {room(module)}
    return found


def test_the_page_names_every_room():
    assert set(ROOMS) == {room(module) for module in FILES.keys() - ROOT}


def test_arrows_are_those_of_the_page():
    assert arrows() == {name: allowed for name, (_, allowed) in ROOMS.items()}


def test_arrows_point_down():
    up = [(name, other) for name, (floor, allowed) in ROOMS.items() for other in allowed if ROOMS[other][0] >= floor]
    assert up == []


def test_no_files_import_each_other_in_a_circle():
    done: set[str] = set()

    def walk(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " → ".join([*path[path.index(module) :], module])
        if module not in done:
            for other in sorted(files_imported_by(module) - {"isthmus"}):
                walk(other, (*path, module))
            done.add(module)

    for module in sorted(FILES.keys() - {"isthmus"}):
        walk(module, ())
    assert len(done) == len(FILES) - 1


def test_nothing_is_imported_by_a_string_but_the_public_names():
    calls = r"(?<![.\w])(?:importlib\.|runpy\.)?(import_module|__import__|exec|eval|run_module)\("
    found = {
        module: set(re.findall(calls, path.read_text(encoding="utf-8"))) - {"find_spec"}
        for module, path in FILES.items()
    }
    # A child process runs the module that its command line names, as ``python -m`` would.
    allowed = {"isthmus": {"import_module"}, "isthmus.system.child": {"run_module"}}
    assert {module: names for module, names in found.items() if names} == allowed


def names_with_underscore(folder: Path) -> set[str]:
    """Private names that the files of a folder define."""
    found = set()
    for path in folder.glob("*.py"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                found.add(node.attr)
    return {name for name in found if name.startswith("_")}


@pytest.mark.parametrize("name", sorted(ROOMS))
def test_no_private_name_crosses_a_folder(name):
    crossing = []
    for module, path in FILES.items():
        if module in ROOT or room(module) != name:
            continue
        own = names_with_underscore(path.parent)
        for imported in imports(parsed(path), at_once=False):
            package, _, last = imported.rpartition(".")
            if imported.startswith("isthmus.") and last.startswith("_") and imported != "isthmus._version.__version__":
                inside = FILES.get(package, path).parent == path.parent
                crossing += [] if inside or last.startswith("__") else [f"{module} imports {imported}"]
        for node in ast.walk(parsed(path)):
            if not isinstance(node, ast.Attribute) or not re.match(r"_(?!replace$)[a-z]", node.attr):
                continue
            owner = ast.unparse(node.value)
            if owner not in ("self", "cls", "super()") and node.attr not in own and not is_foreign(owner):
                crossing.append(f"{module}: {owner}.{node.attr}")
    assert crossing == []


def is_foreign(owner: str) -> bool:
    """Whether a private name is that of another library, which offers no public one."""
    return owner.split(".", maxsplit=1)[0] in ("torch", "network", "engine", "np", "pdf", "study", "trial")


def test_networks_are_torch_and_nothing_else():
    modules = [module for module in FILES if module.startswith("isthmus.networks")]
    assert set().union(*map(packages_imported_by, modules)) <= {"torch", "numpy", "jaxtyping"}


def imported_with(module: str) -> set[str]:
    """All files that the import of one brings, itself and the packages around it included."""
    found: set[str] = set()
    waiting = {module}
    while waiting:
        current = waiting.pop()
        found.add(current)
        parents = {current.rsplit(".", i)[0] for i in range(1, current.count(".") + 1)}
        waiting |= (files_imported_by(current, at_once=True) | parents) - found
    return found


# Files about torch; all others can be imported without it.
OF_TORCH = (
    r"isthmus\.(networks\b.*|pages\.torch_networks|dense\.torch_operations|training\.modules|fitting\.convolutional"
    r"|model_files\.images|estimators\.(convolutional|image_exporting|image_rows)|export\.(convolutions|images))"
)


@pytest.mark.parametrize("module", [name for name in FILES if not re.fullmatch(OF_TORCH, name)])
def test_no_torch_where_none_is_needed(module):
    """Tables are fitted, and models of them used, without torch."""
    assert [name for name in imported_with(module) if "torch" in packages_imported_by(name, at_once=True)] == []


@pytest.mark.parametrize("module", ["isthmus", "isthmus.cli.app"])
def test_the_command_line_starts_without_heavy_libraries(module):
    heavy = {"torch", "sklearn", "scipy", "numpy", "pyarrow", "narwhals", "rich", "PIL"}
    assert {name: found for name in imported_with(module) if (found := packages_imported_by(name, at_once=True) & heavy)} == {}  # noqa: E501  # fmt: skip


def test_optional_parts_are_imported_where_they_are_used():
    optional = {
        "matplotlib", "jinja2", "skimage", "jiwer", "pandas", "polars", "optuna", "sqlalchemy", "pikepdf", "pypdfium2",
        "pyarrow", "onnx", "onnxruntime",
    }  # fmt: skip
    of_onnx = ("check", "convolutions", "dense", "file", "graph", "images", "steps", "two_paths")
    of_an_extra = {module for module in FILES if module.startswith(("isthmus.documents.pdf", "isthmus.tables.arrow"))}
    of_an_extra |= {f"isthmus.export.{name}" for name in of_onnx}
    for module in FILES.keys() - of_an_extra:
        brought = imported_with(module)
        assert not brought & of_an_extra, module
        assert set().union(*(packages_imported_by(name, at_once=True) for name in brought)) & optional == set(), module


def test_rows_walk_through_few_files():
    section = PAGE.split("## The walk of X")[1].split("\n## ")[0]
    stops = re.findall(r"^\d+\. `([\w/.]+)`", section, flags=re.MULTILINE)
    assert 1 < len(stops) <= 10
    assert len(set(stops)) == len(stops)
    assert [stop for stop in stops if not (PACKAGE / stop).is_file()] == []
