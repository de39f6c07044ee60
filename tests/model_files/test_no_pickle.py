"""Nothing in the package can run code from a file."""

import ast
from pathlib import Path

import isthmus

PACKAGE = Path(isthmus.__file__).parent
MODULES = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
CALLS = {"eval", "exec"}


def offences(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            found.append(node.module)
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in CALLS or name in ("torch.load", "torch.jit.load"):
                found.append(name)
            if any(
                k.arg == "allow_pickle" and not (isinstance(k.value, ast.Constant) and k.value.value is False)
                for k in node.keywords
            ):
                found.append(f"{name}(allow_pickle=…)")
    return found


def test_the_package_never_unpickles():
    files = list(PACKAGE.rglob("*.py"))
    assert len(files) > 10
    assert {str(f): o for f in files if (o := offences(ast.parse(f.read_text())))} == {}


def test_the_search_finds_what_it_looks_for():
    source = "import pickle\nfrom joblib import load\ntorch.load(f)\nnp.load(f, allow_pickle=True)\neval('1')"
    assert len(offences(ast.parse(source))) == 5
