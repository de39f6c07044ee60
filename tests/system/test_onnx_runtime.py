"""Nothing is sent: onnxruntime is loaded without its reports, whose session and store it would begin as files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "isthmus"

CLEAN = """
import numpy as np, isthmus
page = np.random.default_rng(0).integers(180, 200, (60, 80)).astype(np.uint8)
isthmus.clean(page, dpi=150)
"""
EXPORT = """
import sys, numpy as np
from isthmus import Autoencoder
model = Autoencoder(1, encoder_layers=1, max_epochs=1).fit(np.random.default_rng(0).normal(size=(60, 3)))
model.export(sys.argv[1] + "/model.onnx")
"""


@pytest.mark.parametrize("program", [CLEAN, EXPORT], ids=["clean", "export"])
def test_nothing_is_sent_and_no_files_of_reports_are_left(program: str, tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    for folder in folders.values():
        folder.mkdir()
    surroundings = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    surroundings |= {name: str(folder) for name, folder in folders.items()}
    (tmp_path / "out").mkdir()
    subprocess.run([sys.executable, "-W", "ignore", "-c", program, str(tmp_path / "out")], env=surroundings, check=True)
    assert [path for folder in folders.values() for path in folder.rglob("*") if path.is_file()] == []


def test_onnxruntime_is_imported_in_one_place() -> None:
    found = [path for path in SOURCE.rglob("*.py") if "import onnxruntime" in path.read_text()]
    assert found == [SOURCE / "system" / "onnx_runtime.py"]
