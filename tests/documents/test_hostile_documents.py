"""A sample of what benchmarks/hostile_documents.py reads in thousands."""

import importlib.util
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "hostile_documents.py"


def test_mutated_files_and_bombs_neither_crash_nor_hang():
    spec = importlib.util.spec_from_file_location("hostile_documents", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    assert module.run(76, seed=1) == []
