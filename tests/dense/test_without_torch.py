"""Tables need no torch and no pyarrow: everything that can be done with them works where neither can be imported."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def run_without_torch(*arguments):
    return subprocess.run(
        [sys.executable, TESTS / "without.py", "torch,pyarrow", *map(str, arguments)],
        capture_output=True, text=True, check=False, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def test_everything_with_tables_works(tmp_path):
    found = run_without_torch(TESTS / "dense" / "every_feature.py", tmp_path)
    assert found.returncode == 0, found.stderr
    assert found.stdout.endswith("all done without torch\n")
    assert found.stderr.count('pip install "isthmus[images]"') == 3


def test_what_needs_torch_fails_there(tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import sklearn\nprint('ready')\nfrom isthmus.networks import DenseAutoencoder\n")
    found = run_without_torch(program)
    assert found.stdout == "ready\n"
    assert found.returncode == 1
    assert "No module named 'torch'" in found.stderr
