"""isthmus.clean: what is given comes back clean, in its own kind, at any resolution, with nothing blurred."""

import colorsys
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from page_networks import PAPER, saved, whitened, whitening_network
from PIL import Image, ImageCms
from scipy import ndimage

import isthmus
from isthmus.errors import InputError, ModelFileError, ParameterError
from isthmus.networks import ConvolutionalAutoencoder, start_convolutional
from isthmus.pages import cleaning, detail, kinds, restraint, shipped
from isthmus.pages import paper as papers
from isthmus.pages.cleaning import clean_page
from isthmus.pages.colour import coloured, marks

ROOT = Path(__file__).parents[2]


def rmse(page, other) -> float:
    return float(np.sqrt(np.mean((page / 255 - other / 255) ** 2)))


@pytest.mark.parametrize("dpi", [100, 150, 200, 300, 600])
def test_paper_becomes_white_and_strokes_stay_sharp_at_any_resolution(pages, whitening, dpi):
    clean, dirty = pages[dpi]
    cleaned = clean_page(dirty, network=whitening, dpi=dpi)
    ideal = whitened(dirty / 255) * 255
    assert rmse(dirty, ideal) > 0.1
    assert rmse(cleaned, ideal) < (0.01 if dpi <= 200 else 0.03)
    assert (cleaned[clean == 255] >= 250).mean() > 0.99
    if dpi > 200:
        factor = dpi // 150
        small = Image.fromarray(dirty).reduce(factor)
        coarse = Image.fromarray(np.round(whitened(np.asarray(small) / 255) * 255).astype(np.uint8))
        enlarged = np.asarray(coarse.resize(dirty.shape[::-1], Image.Resampling.LANCZOS))
        assert rmse(cleaned, ideal) < 0.4 * rmse(enlarged, ideal)


@pytest.mark.parametrize("dpi", [100, 200])
def test_at_the_scale_of_the_network_it_is_the_network(pages, whitening, dpi):
    _, dirty = pages[dpi]
    assert np.array_equal(clean_page(dirty, network=whitening, dpi=dpi), np.round(255 * whitened(dirty / 255)))


@pytest.mark.parametrize("dpi", [300, 600])
def test_seen_at_the_scale_of_the_network_it_is_what_the_network_made(pages, whitening, dpi):
    _, dirty = pages[dpi]
    small = np.asarray(Image.fromarray(dirty).reduce(dpi // 150))
    cleaned = np.asarray(Image.fromarray(clean_page(dirty, network=whitening, dpi=dpi)).reduce(dpi // 150))
    assert np.abs(cleaned / 255 - whitened(small / 255)).mean() < 0.004


@pytest.mark.parametrize("dpi", [100, 150, 200])
def test_what_the_network_leaves_alone_is_the_same_to_the_bit(pages, identity, dpi):
    _, dirty = pages[dpi]
    for pixels in (dirty, np.stack([dirty] * 3, axis=-1), dirty.astype(np.uint16) * 257, dirty / np.float32(255)):
        assert np.array_equal(clean_page(pixels, network=identity, dpi=dpi), pixels)


@pytest.mark.parametrize("dpi", [300, 600])
def test_what_the_network_leaves_alone_hardly_changes_at_other_scales(pages, identity, dpi):
    _, dirty = pages[dpi]
    assert rmse(clean_page(dirty, network=identity, dpi=dpi), dirty) < 0.005


def test_a_photograph_keeps_its_grain(identity):
    rng = np.random.default_rng(0)
    light = np.clip(0.5 + 0.3 * np.sin(np.arange(400) / 60)[:, None] * np.cos(np.arange(400) / 45)[None], 0, 1)
    photograph = np.round(255 * np.clip(light + rng.normal(0, 0.02, light.shape), 0, 1)).astype(np.uint8)
    assert rmse(clean_page(photograph, network=identity, dpi=300), photograph) < 0.003


def test_coarse_pages_are_cleaned_enlarged(pages, whitening):
    clean, dirty = (np.asarray(Image.fromarray(page).reduce(2)) for page in pages[150])
    cleaned = clean_page(dirty, network=whitening, dpi=75)
    assert cleaned.shape == dirty.shape
    assert (cleaned[clean == 255] >= 250).mean() > 0.97
    assert rmse(cleaned, whitened(dirty / 255) * 255) < 0.06


def test_strength_is_the_share_of_the_change(pages, whitening):
    _, dirty = pages[150]
    whole = clean_page(dirty, network=whitening, dpi=150).astype(float)
    assert np.array_equal(clean_page(dirty, network="not looked at", strength=0), dirty)
    half = clean_page(dirty, network=whitening, dpi=150, strength=0.5)
    assert np.abs(half - (dirty + whole) / 2).max() <= 1


def test_the_input_is_not_touched(pages, whitening):
    dirty = pages[300][1].copy()
    dirty.flags.writeable = False
    clean_page(dirty, network=whitening)
    assert np.array_equal(dirty, pages[300][1])


def test_bands_do_not_show(pages, whitening, monkeypatch):
    for pixels in (pages[300][1], np.stack([pages[300][1]] * 3, axis=-1), pages[150][1]):
        dpi = 150 if len(pixels) == len(pages[150][1]) else 300
        whole = clean_page(pixels, network=whitening, dpi=dpi)
        monkeypatch.setattr(cleaning, "_BAND", 20_000)
        assert np.array_equal(clean_page(pixels, network=whitening, dpi=dpi), whole)
        monkeypatch.undo()


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (7, 5), (301, 203)])
@pytest.mark.parametrize("dpi", [None, 75, 150, 300, 700])
def test_any_size_comes_back_in_its_own(whitening, size, dpi):
    page = np.full((*size, 3), 220, np.uint8)
    assert (clean_page(page, network=whitening, dpi=dpi) >= 254).all()
    assert (clean_page(page[..., 0], network=whitening, dpi=dpi) >= 254).all()


ARRAYS = {
    "uint8": lambda grey: grey,
    "uint16": lambda grey: grey.astype(np.uint16) * 257,
    "float32": lambda grey: grey.astype(np.float32) / 255,
    "float64": lambda grey: grey / 255,
    "bool": lambda grey: grey > 127,
    "one channel": lambda grey: grey[..., None],
    "grey and alpha": lambda grey: np.stack([grey, np.full_like(grey, 200)], axis=-1),
    "RGB": lambda grey: np.stack([grey] * 3, axis=-1),
    "RGBA": lambda grey: np.stack([*[grey] * 3, np.full_like(grey, 200)], axis=-1),
    "16-bit RGB": lambda grey: np.stack([grey.astype(np.uint16) * 257] * 3, axis=-1),
    "not contiguous": lambda grey: np.stack([grey] * 3)[0][::-1, ::-1][::-1, ::-1],
}


@pytest.mark.parametrize("kind", ARRAYS)
@pytest.mark.parametrize("dpi", [150, 300])
def test_every_kind_of_array_comes_back_as_it_is(pages, whitening, kind, dpi):
    clean, dirty = pages[dpi]
    given = ARRAYS[kind](dirty)
    result = isthmus.clean(given, network=whitening, dpi=dpi)
    assert (result.shape, result.dtype) == (given.shape, given.dtype)
    expected = ARRAYS[kind](clean_page(dirty, network=whitening, dpi=dpi))
    white = {"uint8": 255, "uint16": 65535, "bool": 1}.get(result.dtype.name, 1)
    difference = np.abs(result.astype(float) - expected) / white
    assert difference.mean() < (0.02 if kind == "bool" else 0.002)
    paper = clean == 255
    colours = result[..., : 1 if kind in {"one channel", "grey and alpha"} else 3] if result.ndim == 3 else result
    assert (colours[paper] / white > 0.99).mean() > 0.99
    if "alpha" in kind or kind == "RGBA":
        assert (result[..., -1] == 200).all()


PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I;16", "F", "RGBa", "La"]
)
def test_every_mode_of_image_comes_back_in_its_own(pages, whitening, mode):
    clean, dirty = pages[300]
    if mode == "I;16":
        image = Image.fromarray(dirty.astype(np.uint16) * 257)
    elif mode == "F":
        image = Image.fromarray(dirty.astype(np.float32) / 255)
    else:
        image = Image.fromarray(dirty)
        for step in {"RGBa": ("RGBA",), "La": ("LA",), "LAB": ("RGB",), "HSV": ("RGB",)}.get(mode, ()):
            image = image.convert(step)
        image = image.convert(mode)
    image.info |= {"dpi": (300, 300), "icc_profile": PROFILE}
    result = isthmus.clean(image, network=whitening)
    assert (result.mode, result.size) == (image.mode, image.size)
    assert result.info == image.info
    grey = np.asarray(result.convert("RGB").convert("L") if mode in {"HSV", "YCbCr"} else
                      result.convert("RGBA" if mode == "RGBa" else "LA").convert("L") if mode in {"RGBa", "La"} else
                      result if mode in {"I;16", "F"} else result.convert("L"))  # fmt: skip
    white = {"I;16": 65535, "F": 1}.get(mode, 255)
    # Black and white was drawn in dots, which no letter is told from.
    assert (grey[clean == 255] > 0.98 * white).mean() > (0.8 if mode == "1" else 0.99)
    assert grey[clean < 30].mean() < 0.2 * white


def test_the_resolution_of_an_image_is_believed_and_dpi_comes_first(pages, whitening):
    _, dirty = pages[300]
    image = Image.fromarray(dirty)
    image.info["dpi"] = (300, 300)
    told = np.asarray(isthmus.clean(image, network=whitening))
    assert np.array_equal(told, clean_page(dirty, network=whitening, dpi=300))
    corrected = np.asarray(isthmus.clean(image, network=whitening, dpi=150))
    assert np.array_equal(corrected, clean_page(dirty, network=whitening, dpi=150))
    assert not np.array_equal(told, corrected)


def colour_page() -> tuple[np.ndarray, dict[str, tuple[slice, slice]]]:
    """Black, red and blue on yellowish paper, a yellow marker, and a brown stain; as it is on white paper in [0, 1]."""
    page = np.ones((240, 320, 3))
    places = {}
    for i, (name, colour) in enumerate(
        {
            "black": (0.05, 0.05, 0.05),
            "red": (0.8, 0.1, 0.15),
            "blue": (0.15, 0.2, 0.7),
            "marker": (1, 0.95, 0.3),
        }.items()
    ):
        places[name] = (slice(20, 60), slice(20 + 70 * i, 60 + 70 * i))
        page[places[name]] = colour
    places["stain"] = (slice(140, 200), slice(60, 200))
    page[places["stain"]] = (0.93, 0.85, 0.74)
    return page, places


@pytest.mark.parametrize("dpi", [150, 300])
def test_paper_becomes_neutral_and_ink_keeps_its_colour(whitening, dpi):
    ideal, places = colour_page()
    noise = np.random.default_rng(0).normal(0, 1, (*ideal.shape[:2], 1))  # without it, it would have been drawn
    seen = np.round(255 * ideal * [0.95, 0.9, 0.8] + noise).clip(0, 255).astype(np.uint8)
    cleaned = clean_page(seen, network=whitening, dpi=dpi) / 255
    paper = np.ones(seen.shape[:2], bool)
    for rows, columns in places.values():
        paper[rows, columns] = False
    assert (cleaned[paper] > 0.99).mean() > 0.99
    for name in ("red", "blue", "marker"):
        rows, columns = places[name]
        middle = cleaned[rows.start + 10 : rows.stop - 10, columns.start + 10 : columns.stop - 10].mean((0, 1))
        assert np.abs(middle - ideal[rows.start + 20, columns.start + 20]).max() < 0.1, name
    assert cleaned[places["black"]].max() < 0.2
    assert cleaned[places["stain"]].mean() > 0.98


@pytest.mark.parametrize("strongest", [255, 200, 150])
def test_stains_are_brown_and_marks_are_not(strongest):
    """Hues at 40 % saturation; the brightest of them may be a marker's ink whatever its hue."""
    hues = np.arange(0, 360, 5)
    colours = [colorsys.hsv_to_rgb(hue / 360, 0.4, strongest / 255) for hue in hues.tolist()]
    found = marks(np.array(colours, np.float32).T[..., None])[:, 0]
    brown = (hues >= 20) & (hues <= 50) & (strongest < 240)
    assert (found[brown] < 0.01).all()
    assert (found[(hues < 5) | (hues > 60) | (strongest == 255)] > (0.25 if strongest == 150 else 0.9)).all()
    assert marks(np.full((3, 2, 2), 0.4, np.float32)).max() == 0


def test_a_page_without_white_keeps_its_colours(identity):
    photograph = (np.random.default_rng(0).random((90, 120, 3)) * 100).astype(np.uint8)
    assert np.array_equal(clean_page(photograph, network=identity, dpi=150), photograph)


BAD_ARRAYS = {
    "no pixels": (np.empty((0, 4), np.uint8), "must have pixels"),
    "one row of numbers": (np.zeros(4, np.uint8), r"Got \(4,\) instead"),
    "five channels": (np.zeros((4, 4, 5), np.uint8), r"Got \(4, 4, 5\) instead"),
    "integers": (np.zeros((4, 4), np.int64), "Got int64 instead"),
    "floats beyond 1": (np.full((4, 4), 200.0), "Got 200 to 200 instead"),
    "NaN": (np.full((4, 4), np.nan), "Got nan to nan instead"),
    "text": (np.array([["a"]]), "Got <U1 instead"),
}


@pytest.mark.parametrize("name", BAD_ARRAYS)
def test_what_is_no_page_is_refused(name, whitening):
    array, sentence = BAD_ARRAYS[name]
    with pytest.raises(InputError, match=sentence):
        isthmus.clean(array, network=whitening)


def test_damaged_and_odd_images_are_refused(tmp_path, whitening):
    Image.fromarray(np.zeros((300, 300), np.uint8)).save(tmp_path / "page.png")
    content = (tmp_path / "page.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(content[: len(content) // 2])
    with Image.open(tmp_path / "cut.png") as image, pytest.raises(InputError, match="damaged"):
        isthmus.clean(image, network=whitening)
    with pytest.raises(InputError, match="Got 'I' instead; convert it first"):
        isthmus.clean(Image.new("I", (4, 4)), network=whitening)


@pytest.mark.parametrize(
    "parameter",
    [{"strength": -0.1}, {"strength": 1.1}, {"dpi": 0}, {"dpi": -3}, {"dpi": 9}, {"dpi": 1e9}, {"dpi": float("nan")}],
)
def test_parameters_are_checked(parameter, whitening):
    (name,) = parameter
    with pytest.raises(ParameterError, match=f"'{name}' parameter of clean must be"):
        isthmus.clean(np.zeros((4, 4), np.uint8), network=whitening, **parameter)


def test_coarse_pages_are_cleaned_with_a_warning(pages, whitening):
    _, dirty = pages[100]
    image = Image.fromarray(dirty)
    image.info["dpi"] = (75, 75)
    for given, parameters in ((image, {}), (image.convert("F").point(lambda grey: grey / 255), {"dpi": 75}),
                              (dirty, {"dpi": 75}), (np.dstack([dirty] * 4), {"dpi": 75})):  # fmt: skip
        with pytest.warns(isthmus.CoarsePageWarning, match="at 75 dpi cleaning can damage letters: scan at 150 dpi"):
            isthmus.clean(given, network=whitening, **parameters)
    isthmus.clean(image, network=whitening, dpi=100)


def test_warnings_name_the_line_that_called_clean():
    """In a process of its own: checks of types at run time add calls between."""
    program = """
import numpy as np, isthmus
from PIL import Image
page = np.full((64, 48), 200, np.uint8)
for given in (page, Image.fromarray(page), Image.fromarray(page / np.float32(255))):
    isthmus.clean(given, dpi=75)
"""
    command = [sys.executable, "-W", "always", "-c", program]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stderr
    assert said.count("<string>:6: CoarsePageWarning") == 3


def test_networks_come_from_files_estimators_and_names(pages, whitening, tmp_path, monkeypatch):
    _, dirty = pages[150]
    expected = clean_page(dirty, network=whitening)
    assert np.array_equal(clean_page(dirty, network=isthmus.load(whitening)), expected)
    home = shipped.FOLDER
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    shutil.copy(home / "pages.onnx", tmp_path)
    for name in ("reference", "pages"):  # the latter needs the network that finds ink, too
        with pytest.raises(ModelFileError, match=f"The network '{name}' is missing from this installation"):
            clean_page(dirty, network=name)
    shutil.copy(home / "ink.onnx", tmp_path)
    assert not np.array_equal(clean_page(dirty, network="pages"), dirty)


def test_a_network_file_that_changes_is_read_again(pages, tmp_path):
    _, dirty = pages[150]
    path = tmp_path / "network"
    saved(whitening_network(), path)
    first = clean_page(dirty, network=path)
    other = ConvolutionalAutoencoder((4,), start="identity")
    start_convolutional(other, torch.Generator().manual_seed(0))
    saved(other, path)
    assert not np.array_equal(clean_page(dirty, network=path), first)


def test_networks_of_other_things_are_refused(tmp_path):
    page = np.zeros((8, 8), np.uint8)
    with pytest.raises(ModelFileError, match=r"nowhere: there is no such model file; .*'pages' and 'reference'"):
        clean_page(page, network=tmp_path / "nowhere")
    (tmp_path / "text").write_text("no model")
    with pytest.raises(ModelFileError, match="text"):
        clean_page(page, network=tmp_path / "text")
    rows = np.random.default_rng(0).normal(size=(20, 4))
    isthmus.Autoencoder(2, max_epochs=1, random_state=0).fit(rows).save(tmp_path / "rows")
    with pytest.raises(ModelFileError, match="rows: is a model of rows, an Autoencoder"):
        clean_page(page, network=tmp_path / "rows")
    colours = ConvolutionalAutoencoder((2,), channels=3)
    start_convolutional(colours, torch.Generator().manual_seed(0))
    images = np.random.default_rng(0).random((2, 8, 8, 3)).astype(np.float32)
    isthmus.ConvAutoencoder.from_network(colours, images, device="cpu").save(tmp_path / "colours")
    with pytest.raises(ModelFileError, match="is not a network for pages"):
        clean_page(page, network=tmp_path / "colours")
    levels = isthmus.ConvAutoencoder((2,), max_epochs=1, random_state=0, device="cpu").fit(255 * images[..., 0])
    with pytest.raises(ParameterError, match=r"pages need a network of grey in \[0, 1\]"):
        clean_page(page, network=levels)


def test_the_scale_of_a_network_is_its_own(pages):
    """An estimator that was fitted to pages, with a scale, sees them in its units."""
    _, dirty = pages[100]
    images = np.stack([dirty[:48, :64], dirty[48:96, :64]]) / np.float32(255)
    model = isthmus.ConvAutoencoder((4,), scale="standard", max_epochs=1, random_state=0, device="cpu").fit(images)
    expected = np.clip(model.reconstruct((dirty / np.float32(255))[None])[0], 0, 1)
    cleaned = clean_page(dirty / np.float32(255), network=model, dpi=100)
    assert np.abs(cleaned - expected).max() < 1e-5


def test_paper_is_what_the_fixture_says(pages):
    assert all((dirty[clean == 255] > 255 * PAPER).all() for clean, dirty in pages.values())


def test_a_page_too_large_for_the_network_is_left_and_its_resolution_helps(tmp_path):
    page = Image.fromarray(np.full((300, 200), 180, np.uint8))  # no letters tell the resolution
    page.save(tmp_path / "in.png")
    report = isthmus.clean_document(tmp_path / "in.png", tmp_path / "out.png", max_megapixels=0.06)
    assert "0.06 megapixels at the 150 dpi of the network, more than 0.00429, and is left" in report.pictures[0].note
    assert (tmp_path / "out.png").read_bytes() == (tmp_path / "in.png").read_bytes()
    report = isthmus.clean_document(tmp_path / "in.png", tmp_path / "out.png", max_megapixels=0.06, dpi=600)
    assert report.pictures[0].note is None


@pytest.mark.slow
@pytest.mark.parametrize("channels", [(), (3,)], ids=["grey", "colour"])
def test_a_page_as_large_as_the_limit_needs_at_most_a_gibibyte(channels, tmp_path):
    """In a process of its own; the page took 1.7 to 4 GB."""
    program = """
import sys, numpy as np
from benchmarks.memory import most_memory
from isthmus import clean
from isthmus.pages.documents import clean_document
from isthmus.system.memory import give_back_freed_memory
give_back_freed_memory()
clean(np.full((64, 64), 200, np.uint8))
start = most_memory()
report = clean_document(sys.argv[1], sys.argv[2], review=sys.argv[3])
print(report.n_changed, most_memory() - start)
"""
    side = int((250e6 / (3 if channels else 1)) ** 0.5)
    page = np.full((side, side, *channels), 215, np.uint8)
    page[::60, ::4], page[1::60, ::4] = 20, 90
    Image.fromarray(page).save(tmp_path / "in.png", dpi=(600, 600), compress_level=1)
    del page
    command = [sys.executable, "-c", program, *(str(tmp_path / name) for name in ("in.png", "out.png", "review"))]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    assert found[0] == "1"
    assert float(found[1]) < 1074


@pytest.mark.parametrize("colour", [False, True])
def test_what_is_found_out_in_bands_is_what_is_found_out_at_once(whitening, pages, monkeypatch, colour):
    page = pages[300][1]
    if colour:
        page = np.stack([page, page * 0.97, page * 0.9], axis=2).astype(np.uint8)
    at_once = clean_page(page, network=whitening, dpi=300)
    monkeypatch.setattr(detail, "_BAND", 20_000)
    monkeypatch.setattr(kinds, "_ROWS", 7)
    monkeypatch.setattr(restraint, "_BAND", 10_000)
    monkeypatch.setattr(papers, "_BAND", 60)
    assert np.array_equal(clean_page(page, network=whitening, dpi=300), at_once)
    seen = np.float32(page if page.ndim == 2 else page[..., 0]) / 255
    shaded = seen < 0.97
    flat = ndimage.maximum_filter(seen, 3) - ndimage.minimum_filter(seen, 3) <= 2.5 / 255
    patches, count = ndimage.label(ndimage.grey_opening((shaded & flat).view(np.uint8), 5).view(bool))
    even = ndimage.standard_deviation(seen, patches, np.arange(count + 1)) < 0.8 / 255
    assert np.array_equal(restraint._even_patches(seen, shaded, 0.0), (patches > 0) & even[patches])


def test_ink_found_in_stripes_is_what_is_found_at_once(pages, monkeypatch):
    network = shipped.load_network("pages")
    page = np.vstack([pages[150][1]] * 2).astype(np.float32)[None] / 255
    at_once = network.ink_on(page)
    monkeypatch.setattr(shipped, "_MOST_AT_ONCE", 1)
    monkeypatch.setattr(shipped, "_STRIPE", 1)
    assert np.allclose(network.ink_on(page), at_once, atol=1e-5)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "CMYK", "F", "1"])
def test_images_become_black_and_white(pages, whitening, mode):
    clean, dirty = pages[150]
    grey = Image.fromarray(dirty)
    image = grey.convert("F").point(lambda value: value / 255) if mode == "F" else grey.convert(mode)
    image.info["dpi"] = (150, 150)
    result = isthmus.clean(image, network=whitening, bilevel=True)
    assert (result.mode, result.size, result.info["dpi"]) == ("1", image.size, (150, 150))
    if mode != "1":
        assert (np.asarray(result) == (clean > 127)).mean() > 0.98


def test_arrays_become_black_and_white(pages, whitening):
    clean, dirty = pages[150]
    for array in (dirty, dirty.astype(np.uint16) * 257, dirty / 255, np.dstack([dirty] * 3), np.dstack([dirty] * 4)):
        result = isthmus.clean(array, network=whitening, dpi=150, bilevel=True)
        assert result.dtype == bool
        assert result.shape == dirty.shape
        assert (result == (clean > 127)).mean() > 0.98


def test_the_noise_of_black_shadows_has_no_colour():
    """Over paper of a lightness of 2 %, one step of a channel is half of the colour."""
    seen = np.full((3, 4, 4), 0.02, np.float32)
    seen[1] = 0.012
    paper = np.full((3, 4, 4), 0.02, np.float32)
    result = coloured(seen, paper, np.full((4, 4), 0.6, np.float32))
    np.testing.assert_allclose(result, 0.6, atol=1e-6)
    in_light = coloured(seen * 40, paper * 40, np.full((4, 4), 0.6, np.float32))
    assert np.ptp(in_light, axis=0).min() > 0.2
