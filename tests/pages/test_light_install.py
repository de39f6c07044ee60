"""Pages are cleaned without torch, scikit-learn and pyarrow, to the pixels that torch would give."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pikepdf
import pytest
import torch
from PIL import Image

import isthmus
from isthmus.pages.onnx_networks import OnnxNetwork
from isthmus.pages.shipped import FOLDER, INK, SHIPPED, PageNetwork, load_network
from isthmus.pages.tiled import apply_to_page
from isthmus.pages.torch_networks import TorchNetwork
from isthmus.synthetic_pages import Fonts, clean_page, noisy_page
from isthmus.system.threads import at_most_threads

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "page_network" / "networks"
REFUSED = "torch,sklearn,pyarrow,onnx,skimage,matplotlib"

PROGRAM = """
import sys
import numpy as np
from PIL import Image
import isthmus
from isthmus.cli import main

folder = sys.argv[1]
page = np.load(f"{folder}/page.npy")
np.save(f"{folder}/array.npy", isthmus.clean(page, dpi=150))
for name in ("png", "pdf"):
    assert main(["clean", f"{folder}/page.{name}", "-o", f"{folder}/clean.{name}", "-q"]) == 0
report = isthmus.clean_document(f"{folder}/page.png", f"{folder}/two.png", jobs=1, deskew=True)
assert report.n_cleaned == 1
assert not {"torch", "sklearn", "pyarrow"} & sys.modules.keys()
print("cleaned")
code = main(["clean", f"{folder}/page.png", "-o", f"{folder}/own.png", "--network", f"{folder}/page.npy"])
sys.exit(code)
"""


def torch_network(name: str) -> TorchNetwork:
    return TorchNetwork(isthmus.load(MODELS / f"{name}.safetensors").module_.convolutional)


@pytest.fixture(scope="module")
def noisy() -> np.ndarray:
    rng, fonts = np.random.default_rng(5), Fonts("pillow")
    page = noisy_page(clean_page(rng, 150, (90, 70), fonts), rng, 150, fonts=fonts)
    return np.round(255 * page).astype(np.uint8)


def run_without(refused, *arguments):
    return subprocess.run(
        [sys.executable, ROOT / "tests" / "without.py", refused, *map(str, arguments)], capture_output=True, text=True,
        check=False, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def test_everything_about_pages_works_and_gives_the_same_pixels(noisy, tmp_path):
    np.save(tmp_path / "page.npy", noisy)
    Image.fromarray(noisy).save(tmp_path / "page.png", dpi=(150, 150))
    Image.fromarray(noisy).save(tmp_path / "page.pdf", resolution=150)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    found = run_without(REFUSED, program, tmp_path)
    assert found.stdout == "cleaned\n", found.stderr
    assert found.returncode == 7
    assert found.stderr.splitlines()[-1].endswith('torch, which is not installed: pip install "isthmus[images]".')
    with_torch = PageNetwork(torch_network("pages"), torch_network(INK))
    expected = isthmus.clean(noisy, network=with_torch, dpi=150)
    assert np.abs(expected.astype(int) - noisy).max() > 50
    assert_same_pixels(np.load(tmp_path / "array.npy"), expected)
    assert_same_pixels(np.asarray(Image.open(tmp_path / "clean.png")), expected)
    with pikepdf.open(tmp_path / "clean.pdf") as pdf:
        (image,) = pdf.pages[0].Resources.XObject.values()
        in_pdf = np.asarray(pikepdf.PdfImage(image).as_pil_image())
    assert np.abs(in_pdf.astype(int) - expected).mean() < 3  # it is a JPEG


def assert_same_pixels(found: np.ndarray, expected: np.ndarray) -> None:
    difference = np.abs(found.astype(int) - expected)
    assert difference.max() <= 1
    assert np.count_nonzero(difference) <= max(1, found.size / 1e5)


def test_the_refusal_bites(tmp_path):
    program = tmp_path / "program.py"
    for module in REFUSED.split(","):
        program.write_text(f"import isthmus\nprint('ready')\nimport {module}\n")
        found = run_without(REFUSED, program)
        assert (found.stdout, found.returncode) == ("ready\n", 1)
        assert f"No module named '{module}'" in found.stderr


@pytest.mark.parametrize("name", [*SHIPPED, INK])
@pytest.mark.parametrize("shape", [(1754, 1240), (877, 623), (301, 67), (16, 33), (1, 1), (2, 161)])
def test_networks_are_those_of_torch_on_pages_of_any_size(name, shape):
    of_onnx, of_torch = OnnxNetwork(FOLDER / f"{name}.onnx"), torch_network(name)
    facts = [(network.grid, network.halo, network.values_per_pixel) for network in (of_onnx, of_torch)]
    assert facts[0] == facts[1]
    page = np.random.default_rng(0).random((3 if name == INK else 1, *shape), dtype=np.float32)
    assert np.abs(of_onnx(page) - of_torch(page)).max() < 1e-5


def test_tiles_and_threads_change_nothing_and_results_repeat():
    network = OnnxNetwork(FOLDER / f"{INK}.onnx")
    page = np.random.default_rng(0).random((3, 500, 333), dtype=np.float32)
    whole = apply_to_page(network, page)
    assert np.array_equal(apply_to_page(network, page), whole)
    assert np.abs(apply_to_page(network, page, tile_bytes=2**22) - whole).max() < 1e-5
    with at_most_threads(1):
        assert np.array_equal(apply_to_page(network, page), whole)


def test_the_number_of_threads_is_that_of_torch_and_linear_algebra():
    network = OnnxNetwork(FOLDER / "reference.onnx")
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        network(np.ones((1, 8, 8), np.float32))
        assert network.n_threads == 1
    finally:
        torch.set_num_threads(before)
    with at_most_threads(1):
        network(np.ones((1, 8, 8), np.float32))
        assert network.n_threads == 1


def test_the_onnx_files_are_what_their_script_writes(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "page_network")
    from export import exported

    files = exported("reference"), (FOLDER / "reference.onnx").read_bytes()
    models = [onnx.load_from_string(content) for content in files]
    for model in models:
        model.producer_version = ""
    assert models[0] == models[1]


def test_networks_of_the_package_are_kept_between_pages():
    assert load_network("pages").tone is load_network("pages").tone
