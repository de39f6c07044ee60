"""The recipes of docs/deploy.md do what they say."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from isthmus import Autoencoder

PAGE = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
ROWS = np.random.default_rng(0).normal(size=(60, 4)) @ np.diag([1, 10, 100, 1000])


def run_in(folder: Path, program: str) -> dict[str, object]:
    """The names that a program has made when it ends."""
    names: dict[str, object] = {}
    before = Path.cwd()
    os.chdir(folder)
    try:
        exec(compile(program, "docs/deploy.md", "exec"), names)
    finally:
        os.chdir(before)
    return names


def save_table(path, rows, names):
    np.savetxt(path, rows, delimiter=",", header=",".join(names), comments="", fmt="%.17g")


def test_onnxruntime_in_python(tmp_path):
    frame = pd.DataFrame(ROWS, columns=list("abcd"))
    model = Autoencoder(2, max_epochs=2, scale="standard", random_state=0).fit(frame)
    model.export(tmp_path / "model.onnx")
    save_table(tmp_path / "unseen.csv", ROWS, "abcd")
    found = run_in(tmp_path, PROGRAMS[0])
    assert found["columns"] == list("abcd")
    np.testing.assert_allclose(found["codes"], model.transform(frame), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("options", [
    {}, {"loss": "bce"}, {"activation": "identity", "whiten": True}, {"start": "random", "activation": "tanh"},
], ids=str)  # fmt: skip
def test_a_decoder_with_numpy_alone(options, tmp_path):
    rows = (1 + np.tanh(ROWS / 100)) / 2 if options.get("loss") else ROWS
    model = Autoencoder(2, scale="none" if options.get("loss") else "standard", random_state=0, **options)
    model.partial_fit(rows).save(tmp_path / "model.safetensors")
    codes = model.transform(rows)
    save_table(tmp_path / "codes.csv", codes, ["first", "second"])
    np.testing.assert_allclose(run_in(tmp_path, PROGRAMS[1])["rows"], model.inverse_transform(codes), rtol=1e-9)


def test_the_decoder_has_thirty_lines_and_imports_numpy_only(tmp_path):
    lines = [line for line in PROGRAMS[1].splitlines() if line.strip()]
    assert len(lines) <= 32
    assert set(re.findall(r"^import (\w+)", PROGRAMS[1], re.MULTILINE)) == {"json", "pathlib", "numpy"}


def test_scale_standard_is_a_standard_scaler_in_front(tmp_path):
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    options = {"max_epochs": 2, "random_state": 0}
    alone = Autoencoder(2, scale="standard", **options).fit(ROWS)
    pipeline = make_pipeline(StandardScaler(), Autoencoder(2, scale="none", **options)).fit(ROWS)
    np.testing.assert_allclose(alone.transform(ROWS), pipeline.transform(ROWS), rtol=1e-4, atol=1e-5)


def test_the_python_recipe_needs_nothing_of_isthmus(tmp_path):
    Autoencoder(2, max_epochs=2, random_state=0).fit(ROWS).export(tmp_path / "model.onnx")
    save_table(tmp_path / "unseen.csv", ROWS, "abcd")
    check = "\nimport sys\nassert not {'isthmus', 'sklearn', 'scipy', 'torch'} & set(sys.modules)\nprint(codes.shape)\n"
    (tmp_path / "program.py").write_text(PROGRAMS[0] + check)
    done = subprocess.run([sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "(60, 2)\n", done.stderr
