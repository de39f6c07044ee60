"""The angle of a page, and pages that are turned straight."""

import warnings

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

import isthmus
from document_pages import reopened, saved
from isthmus.pages.documents import clean_document
from isthmus.pages.skew import find_skew

SIZE = (600, 840)


def text_page(size: tuple[int, int] = SIZE, *, columns: int = 1) -> Image.Image:
    """A page of text, in columns whose lines are not at the same heights."""
    page = Image.new("L", size, 255)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(13)
    width = (size[0] - 120) // columns
    rng = np.random.default_rng(4)
    for column in range(columns):
        for row in range(90 + 7 * column, size[1] - 100, 20):
            line = " ".join(rng.permutation(("Lines of print that are level " * 4).split()))
            draw.text((60 + column * (width + 20), row), line[: int(rng.integers(width // 9, width // 6))], 20, font)
    return page


def askew(page: Image.Image, degrees: float) -> Image.Image:
    """The page turned clockwise."""
    return page.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=255)


@pytest.mark.parametrize("degrees", [-9.6, -3.14, -0.4, 0.0, 0.25, 1.42, 9.9])
@pytest.mark.parametrize("kind", ["grey", "black and white", "colour"])
def test_the_angle_of_text_is_found(degrees, kind):
    page = askew(text_page(), degrees)
    if kind == "black and white":
        page = page.point(lambda value: 255 * (value > 140))
    pixels = np.asarray(page)
    if kind == "colour":
        pixels = np.dstack([pixels, pixels, pixels // 2 + 90])
    found = find_skew(pixels)
    assert found.degrees == pytest.approx(degrees, abs=0.1)
    assert not found.is_down


@pytest.mark.parametrize("degrees", [-2.0, 0.0, 3.7])
def test_columns_whose_lines_are_not_level_with_each_other_do_not_mislead(degrees):
    page = askew(text_page((1100, 800), columns=2), degrees)
    assert find_skew(np.asarray(page)).degrees == pytest.approx(degrees, abs=0.1)


@pytest.mark.parametrize("turns", [1, 3])
def test_pages_on_their_sides_have_lines_that_run_down(turns):
    found = find_skew(np.rot90(np.asarray(askew(text_page(), 1.5)), turns))
    assert found.degrees == pytest.approx(1.5, abs=0.1)
    assert found.is_down


def photograph() -> np.ndarray:
    coarse = np.random.default_rng(0).integers(0, 255, (30, 24)).astype(np.uint8)
    return np.asarray(Image.fromarray(coarse).resize(SIZE, Image.Resampling.BICUBIC))


def marks_in_all_directions() -> np.ndarray:
    """A map: names at many angles."""
    page = Image.new("L", SIZE, 255)
    rng, font = np.random.default_rng(1), ImageFont.load_default(16)
    for angle in rng.uniform(-80, 80, 60):
        name = Image.new("L", (120, 120), 255)
        ImageDraw.Draw(name).text((10, 50), "Hill and vale", fill=0, font=font)
        page.paste(name.rotate(float(angle), fillcolor=255), tuple(rng.integers(0, (480, 720)).tolist()))
    return np.asarray(page)


@pytest.mark.parametrize(
    ("pixels", "problem"),
    [
        (photograph(), "cannot be found surely"),
        (marks_in_all_directions(), "cannot be found surely"),
        (np.random.default_rng(2).integers(0, 255, SIZE[::-1]).astype(np.uint8), "cannot be found surely"),
        (np.full((500, 400), 230, np.uint8), "too few marks"),
        (np.zeros((500, 400), np.uint8), "too few marks"),
        (np.full((5, 1), 9, np.uint8), "too few marks"),
        (np.asarray(askew(text_page(), 11)), "more than 10 degrees"),
    ],
    ids=["photograph", "map", "noise", "empty", "black", "tiny", "too far"],
)
def test_what_has_no_sure_angle_is_left(pixels, problem):
    found = find_skew(pixels)
    assert found.degrees is None
    assert found.lines is None
    assert problem in found.problem
    with pytest.warns(isthmus.SkewedPageWarning, match=problem):
        assert np.array_equal(isthmus.clean(pixels, strength=0, deskew=True), pixels)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "F", "I;16"])
def test_images_are_turned_straight_in_every_mode(mode):
    page = askew(text_page(), -2.2)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(page).astype(np.uint16) * 257)
    elif mode == "F":
        image = Image.fromarray(np.asarray(page).astype(np.float32) / 255)
    else:
        image = page.convert(mode)
    image.info["dpi"] = (150, 150)
    found = isthmus.clean(image, strength=0, deskew=True)
    assert (found.mode, found.size, found.info["dpi"]) == (mode, image.size, (150, 150))
    grey = np.asarray(found).astype(float)
    seen = grey / 257 if mode == "I;16" else grey * 255 if mode == "F" else np.asarray(found.convert("L"))
    assert find_skew(seen.astype(np.uint8)).degrees == pytest.approx(0, abs=0.06)
    assert np.corrcoef(seen.ravel(), np.asarray(text_page()).ravel())[0, 1] > 0.7


@pytest.mark.parametrize("kind", ["uint8", "uint16", "bool", "float32", "float64", "with alpha"])
def test_arrays_are_turned_straight(kind):
    page = np.asarray(askew(text_page(), 4.5))
    arrays = {
        "uint8": page, "uint16": page.astype(np.uint16) * 257, "bool": page > 140, "float32": page.astype("f4") / 255,
        "float64": page / 255, "with alpha": np.dstack([page, page, page, np.full_like(page, 200)]),
    }  # fmt: skip
    found = isthmus.clean(arrays[kind], strength=0, deskew=True)
    assert (found.dtype, found.shape) == (arrays[kind].dtype, arrays[kind].shape)
    seen = found[..., 0] if found.ndim == 3 else found
    assert np.corrcoef(seen.ravel(), np.asarray(text_page()).ravel())[0, 1] > 0.7
    assert kind != "with alpha" or (found[..., 3] == 200).all()


def test_straight_pages_stay_as_they_are_without_a_word():
    page = np.asarray(text_page())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(isthmus.clean(page, strength=0, deskew=True), page)


def test_pages_are_cleaned_and_then_turned(tmp_path):
    page = np.asarray(askew(text_page(), 3)).astype(int) - 40
    page[300:500, 200:400] -= 30  # a stain
    source = tmp_path / "in.png"
    source.write_bytes(saved(Image.fromarray(page.clip(0, 255).astype(np.uint8)), "PNG", dpi=(100, 100)))
    report = clean_document(source, tmp_path / "out.png", deskew=True, review=tmp_path / "look")
    (picture,) = report.pictures
    assert picture.turned == pytest.approx(-3, abs=0.1)
    found = reopened(tmp_path / "out.png")
    assert find_skew(np.asarray(found)).degrees == pytest.approx(0, abs=0.06)
    assert np.asarray(found)[0, 0] > 240  # the corners are clean paper
    (after,) = (tmp_path / "look").glob("*/*-after.jpg")
    assert np.abs(np.asarray(reopened(after)).astype(int) - np.asarray(found)).mean() < 3
    (red,) = (tmp_path / "look").glob("*/*-removed.jpg")
    assert find_skew(np.asarray(reopened(red))).degrees == pytest.approx(0, abs=0.1)
    (before,) = (tmp_path / "look").glob("*/*-before.jpg")
    assert find_skew(np.asarray(reopened(before))).degrees == pytest.approx(3, abs=0.2)
