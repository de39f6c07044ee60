"""The plugin in the real OCRmyPDF: pages are cleaned for reading, or for good, and not at all without its options."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pikepdf
import pytest
from ocrmypdf.cli import get_options_and_plugins
from ocrmypdf.exceptions import BadArgsError
from PIL import Image, ImageDraw, ImageFont

from document_pages import reopened, saved
from isthmus.pages import ocrmypdf_plugin

DPI = 150
QUICKLY = ["--output-type", "pdf", "--rasterizer", "pypdfium", "--optimize", "0"]


def stained_page() -> np.ndarray:
    """Large words on paper with a stain."""
    paper = np.random.default_rng(0).normal(215, 3, (600, 800))
    rows, columns = np.ogrid[:600, :800]
    paper[((rows - 300) / 150) ** 2 + ((columns - 500) / 200) ** 2 < 1] *= 0.8
    image = Image.fromarray(np.clip(paper, 0, 255).astype(np.uint8))
    font = ImageFont.load_default(30)
    for row in range(40, 560, 60):
        ImageDraw.Draw(image).text((60, row), "Paper that was once clean", fill=25, font=font)
    return np.asarray(image)


@pytest.fixture
def scan(tmp_path):
    import img2pdf

    image, resolution = Image.fromarray(stained_page()), (DPI, DPI)
    pages = [saved(image, "PNG", dpi=resolution), saved(image, "JPEG", dpi=resolution, quality=90)]
    (tmp_path / "scan.pdf").write_bytes(img2pdf.convert(pages))
    return tmp_path / "scan.pdf"


def run(scan, *arguments):
    """OCRmyPDF's exit code, what it said, and the folder of its intermediate files, which -k keeps."""
    work = scan.parent / "work"
    work.mkdir()
    command = [sys.executable, "-m", "ocrmypdf", *QUICKLY, *arguments, str(scan), str(scan.parent / "out.pdf")]
    found = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"TMPDIR": str(work)})
    return found.returncode, found.stderr, next(iter(work.iterdir()), work)


def pixels(path) -> np.ndarray:
    with reopened(path) as image:
        return np.asarray(image.convert("L")).astype(int)


def images(path) -> list[tuple[str, bytes, np.ndarray, list[float]]]:
    """By page the last filter of its image, the image's data and pixels, and the size of the page."""
    found = []
    with pikepdf.open(path) as pdf:
        for page in pdf.pages:
            (image,) = (drawn for drawn in page.Resources.XObject.values() if drawn.Subtype == "/Image")
            filters = image.Filter if isinstance(image.Filter, pikepdf.Array) else [image.Filter]
            grey = np.asarray(pikepdf.PdfImage(image).as_pil_image().convert("L")).astype(int)
            found.append((str(filters[-1]), image.read_raw_bytes(), grey, [float(side) for side in page.mediabox]))
    return found


WITHOUT = """
import sys
import ocrmypdf

if __name__ == "__main__":
    ocrmypdf.ocr(*sys.argv[1:], ocr_engine="none", output_type="pdf", rasterizer="pypdfium", optimize=0, mode="force",
                 use_threads=True, jobs=1, progress_bar=False)
    assert "isthmus.pages.ocrmypdf_plugin" in sys.modules
    print(sorted(name for name in ("torch", "sklearn", "scipy", "isthmus.pages.cleaning", "isthmus.documents")
                 if name in sys.modules))
"""


def test_without_its_options_it_does_nothing_and_imports_nothing(scan):
    command = [sys.executable, "-c", WITHOUT, str(scan), str(scan.parent / "out.pdf")]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
    (_, _, grey, _), _ = images(scan.parent / "out.pdf")
    assert np.array_equal(grey, stained_page())


def test_pages_are_cleaned_before_they_are_read_and_after_the_filters_of_others(scan):
    smaller = ["--tesseract-downsample-large-images", "--tesseract-downsample-above", "600"]
    code, said, work = run(scan, "-k", "--ocr-engine", "none", "--isthmus-clean", *smaller)
    assert code == 0, said
    for number in (1, 2):
        read = pixels(work / f"{number:06}_ocr.png")
        assert read.shape == (450, 600)
        assert read[120:330, 240:520].mean() > 235  # paper and a fifth of ink, where the stain was
        assert np.percentile(read, 1) < 90
    assert [image[:2] for image in images(scan.parent / "out.pdf")] == [image[:2] for image in images(scan)]


def test_clean_pages_are_shown_in_their_format_and_size(scan):
    engine = [] if shutil.which("tesseract") else ["--ocr-engine", "none"]
    sidecar = scan.parent / "text.txt"
    code, said, _ = run(scan, "--force-ocr", "--isthmus-clean-final", "--sidecar", str(sidecar), *engine)
    assert code == 0, said
    shown = images(scan.parent / "out.pdf")
    assert shown[1][0] == "/DCTDecode"
    for (_, _, before, size), (_, _, after, new_size) in zip(images(scan), shown, strict=True):
        assert after.shape == before.shape
        assert np.allclose(new_size, size, atol=0.5)
        assert (after[before > 140] > 235).mean() > 0.98
        assert after[before < 60].mean() < 90
    if not engine:
        assert sidecar.read_text().count("Paper that was once clean") > 12


def test_a_network_that_is_missing_is_said_in_a_sentence(scan):
    code, said, _ = run(scan, "--ocr-engine", "none", "--isthmus-clean", "--isthmus-network", "none.safetensors")
    assert code == 1
    assert "--isthmus-network: none.safetensors: there is no such model file" in said
    assert "Traceback" not in said
    assert not (scan.parent / "out.pdf").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--isthmus-clean", "--isthmus-strength", "1.5"], r"must be between 0 and 1\. Got 1\.5"),
        (["--isthmus-clean-final"], "needs --deskew or --force-ocr"),
    ],
)
def test_options_that_cannot_be_are_refused(arguments, words):
    options, _ = get_options_and_plugins([*arguments, "in.pdf", "out.pdf"])
    with pytest.raises(BadArgsError, match=words):
        ocrmypdf_plugin.check_options(options)


def test_pages_of_pdfs_are_shown_clean_where_they_are_straightened():
    options, _ = get_options_and_plugins(["--isthmus-clean-final", "--deskew", "in.pdf", "out.pdf"])
    ocrmypdf_plugin.check_options(options)
