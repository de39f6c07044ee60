"""What is on white paper already, pictures, and images that are no pages come back as they are."""

import numpy as np
import pytest
from page_networks import whitened
from PIL import Image, ImageDraw
from sklearn.datasets import load_digits, load_sample_image

from isthmus.pages.cleaning import clean_page
from isthmus.pages.kinds import is_drawn, is_page
from isthmus.pages.restraint import share_of_change
from isthmus.synthetic_pages import Fonts, dirt_sheet, draw_page
from isthmus.synthetic_pages.area import Area
from isthmus.synthetic_pages.pictures import scene


def printed(kind: str = "text", size_mm: tuple[float, float] = (80, 110), dpi: int = 150) -> np.ndarray:
    page = draw_page(np.random.default_rng(3), dpi, size_mm, Fonts("pillow"), kind=kind).pixels
    return np.round(255 * page).astype(np.uint8)


def photograph(name: str) -> np.ndarray:
    """A grey photograph, of those that scikit-learn brings or computed."""
    if name.endswith("jpg"):
        return np.round(load_sample_image(name) @ (0.299, 0.587, 0.114)).astype(np.uint8)
    return np.round(255 * scene(np.random.default_rng(int(name)), Area(300, 420, 150))).astype(np.uint8)


def rmse(page: np.ndarray, other: np.ndarray) -> float:
    return float(np.sqrt(np.mean((page / 255 - other / 255) ** 2)))


def share(page: np.ndarray) -> np.ndarray:
    """By what a network makes of the page that takes everything brighter than ``PAPER`` for paper."""
    seen = page / np.float32(255)
    return share_of_change(seen, whitened(seen))


KINDS = ("text", "contents", "form", "tables", "letter", "handwriting")


@pytest.mark.parametrize(
    ("kind", "dpi"),
    [
        *((kind, 100) for kind in KINDS), ("contents", 150), ("text", 300),
        *(pytest.param(kind, dpi, marks=pytest.mark.slow) for dpi in (150, 300) for kind in KINDS
          if (kind, dpi) not in (("contents", 150), ("text", 300))),
    ],
)  # fmt: skip
def test_a_clean_page_hardly_changes(whitening, kind, dpi):
    """This network would make all of its light greys lighter."""
    page = printed(kind, dpi=dpi)
    colours = np.stack([page] * 3, -1)
    assert rmse(np.round(255 * whitened(page / 255)), page) > 0.02
    assert rmse(clean_page(page, network=whitening, dpi=dpi), page) < 0.005
    assert rmse(clean_page(colours, network=whitening, dpi=dpi), colours) < 0.005


@pytest.mark.parametrize("name", ["china.jpg", "flower.jpg", "0", "1", "2"])
def test_a_photograph_keeps_its_bytes(whitening, name):
    picture = photograph(name)
    assert rmse(np.round(255 * whitened(picture / 255)), picture) > 0.05  # the network alone would bleach it
    assert np.array_equal(clean_page(picture, network=whitening, dpi=150), picture)


@pytest.mark.parametrize("name", ["china.jpg", "flower.jpg", "1"])
@pytest.mark.parametrize("dpi", [150, 300])
def test_a_photograph_on_a_clean_page_stays(whitening, name, dpi):
    page, picture = np.full((900, 760), 255, np.uint8), photograph(name)
    page[:380, :649] = printed(size_mm=(70, 110))[:380, :649]
    page[420 : 420 + picture.shape[0], 60 : 60 + picture.shape[1]] = picture
    assert rmse(clean_page(page, network=whitening, dpi=dpi), page) < 0.01


def test_even_shades_on_a_clean_page_stay(whitening):
    page = printed("tables")
    between = np.flatnonzero(page[:, 40:400].min(axis=1) == 255)  # rows without print
    rows = slice(between[between >= 100][0], between[between <= 200][-1])
    page[rows, 40:400] = np.minimum(page[rows, 40:400], 220)
    assert page[rows, 40:400].min() < 50
    assert rmse(clean_page(page, network=whitening, dpi=150), page) < 0.005


@pytest.mark.parametrize("colour", [(200, 120, 60), (180, 200, 255), (215, 215, 215)])
def test_shapes_of_one_colour_on_a_clean_page_stay(whitening, colour):
    page = np.stack([printed("letter")] * 3, axis=-1)
    down, right = np.ogrid[: page.shape[0], : page.shape[1]]
    page[np.hypot(down - 60, right - 70) < 45] = colour
    assert rmse(clean_page(page, network=whitening, dpi=150), page) < 0.005


@pytest.mark.parametrize("paper", [0.72, 0.85, 0.93])
def test_all_of_a_page_on_paper_that_is_not_white_is_cleaned(paper):
    assert (share(np.round(printed() * paper).astype(np.uint8)) == 1).all()


def scanned(page: np.ndarray, level: float = 0.97) -> np.ndarray:
    """The page as scanners show it: paper that is not quite white, and grain."""
    grain = np.random.default_rng(5).normal(0, 1.5, page.shape)
    return np.clip(np.round(page * level + grain), 0, 255).astype(np.uint8)


def drawn_on_clean_paper(name: str) -> np.ndarray:
    page = printed("letter", (110, 150))
    if name == "faint letters":
        faint = printed("text", (60, 150))
        page = np.vstack([page, np.round(255 - (255 - faint.astype(float)) * 0.25).astype(np.uint8)])
    elif name == "tints":
        for top, shade in (50, 0.9), (170, 0.75), (290, 0.3):
            page[top : top + 90, 40:-40] = page[top : top + 90, 40:-40] * shade
    elif name == "reversed letters":
        page[50:150, 40:-40] = 255 - 0.8 * page[50:150, 40:-40]
    elif name == "figure with letters":
        figure = np.linspace(0.72, 0.93, 400)[None]
        letters = page[400:600, 60:460].copy()
        page[80:320] = 255
        page[100:300, 60:460] = letters * figure
    elif name == "pale ground":
        page[200:] = np.minimum(page[200:], 250)
    return page


NAMES = ["text", "faint letters", "tints", "reversed letters", "figure with letters", "pale ground"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_changes_on_clean_paper_that_is_not_quite_white(whitening, name):
    """This network would make paper and tints white, and faint letters."""
    page = drawn_on_clean_paper(name)
    for scan in page, scanned(page):
        assert np.array_equal(clean_page(scan, network=whitening, dpi=150), scan)


def drawn_map(noise: float = 0.0, soft: bool = False) -> np.ndarray:
    """Areas of several greys without white paper, names and lines, as a program draws them."""
    image = Image.new("L", (320, 440), 232)
    draw = ImageDraw.Draw(image)
    for number, level in enumerate((214, 196, 222, 205)):
        left, top = 30 + 40 * number, 40 + 90 * number
        draw.polygon([(left, top), (left + 130, top + 20), (left + 90, top + 80), (left - 10, top + 60)], level)
        for line in range(3):
            draw.text((left + 10, top + 14 + 24 * line), "Upper Riverside Meadow", 30, font_size=14)
    draw.line([(0, 200), (160, 260), (320, 180)], 170, 6)
    page = np.asarray(image, float)
    if soft:
        down, across = np.mgrid[0:440, 0:320]
        page = page * (1 - 0.1 * np.exp(-((down - 250) ** 2 + (across - 90) ** 2) / 1500))
    return np.round(page + noise * np.random.default_rng(0).normal(size=page.shape)).clip(0, 255).astype(np.uint8)


def test_what_a_program_drew_keeps_its_bytes(whitening):
    page = drawn_map()
    page[:, :14] = 40  # no border of a scanner
    assert np.array_equal(clean_page(page, network=whitening, dpi=150), page)
    assert not np.array_equal(clean_page(drawn_map(noise=1), network=whitening, dpi=150), page)


@pytest.mark.parametrize("scanned", [{"noise": 1.0}, {"soft": True}])
def test_what_was_scanned_or_has_a_soft_stain_was_not_drawn(scanned):
    assert is_drawn(drawn_map())
    assert not is_drawn(drawn_map(**scanned))


def test_folds_and_shadows_on_light_paper_are_dirt():
    folded, shaded = (scanned(printed("letter", (110, 150))).astype(float) for _ in range(2))
    rows, columns = np.indices(folded.shape)
    folded[np.abs(rows - 300 - columns / 30) < 2] -= 40
    shaded[:, -120:] -= np.linspace(0, 60, 120)
    for page, place, least in (folded, np.s_[303:313, 100:400], 0.3), (shaded, np.s_[:, -30:], 0.9):
        seen = (np.clip(page, 0, 255) / 255).astype(np.float32)
        assert share_of_change(seen, whitened(seen))[place].mean() > least


def test_a_stain_on_a_white_page_is_cleaned_and_what_is_far_from_it_stays():
    page = printed("text", (200, 110)).astype(float)
    page[150:250, 150:250] *= np.random.default_rng(0).normal(0.8, 0.02, (100, 100))
    found = share(np.round(page).astype(np.uint8))
    assert (found[150:250, 150:250] == 1).all()
    assert not found[500:].any()


def test_where_much_of_a_page_is_dirty_all_of_it_is_cleaned():
    page = printed("text", (200, 110)).astype(float)
    page[: len(page) // 3] *= np.linspace(0.75, 0.9, page.shape[1])
    assert (share(np.round(page).astype(np.uint8)) == 1).all()


@pytest.mark.parametrize("seed", range(6))
def test_sheets_without_print_are_pages_however_dirty(seed):
    sheet = dirt_sheet(np.random.default_rng(seed), 400, 500, 150, level=1.6)
    assert is_page(sheet, np.ones_like(sheet))
    assert share_of_change(sheet, np.ones_like(sheet)).max() == 1


@pytest.mark.parametrize("seed", range(4))
def test_print_on_dirty_paper_is_a_page_even_if_the_network_found_no_paper(seed):
    sheet = dirt_sheet(np.random.default_rng(seed), 472, 650, 150)
    page = (printed() / np.float32(255)) * sheet
    assert is_page(page, np.full_like(page, 0.5))
    assert not is_page(photograph("china.jpg") / np.float32(255), np.full((427, 640), 0.5, np.float32))


def test_large_bold_letters_are_print_although_most_is_ink():
    digits = 1 - load_digits().images[:108].reshape(9, 12, 8, 8).transpose(0, 2, 1, 3).reshape(72, 96) / 16
    page = digits.repeat(6, axis=0).repeat(6, axis=1).astype(np.float32) * 0.8
    assert (page < 0.75).mean() > 0.4
    assert is_page(page, page)


@pytest.mark.parametrize("seed", range(5))
def test_a_blank_sheet_on_white_is_no_picture(seed):
    page = np.ones((440, 560), np.float32)
    page[20:420, 30:530] = dirt_sheet(np.random.default_rng(seed), 400, 500, 150, level=1.6)
    assert share_of_change(page, np.ones_like(page))[60:380, 70:490].min() == 1


def test_black_pages_stay_black(whitening):
    page = np.zeros((200, 300), np.uint8)
    assert np.array_equal(clean_page(page, network=whitening, dpi=150), page)
    assert np.array_equal(clean_page(255 - printed(), network=whitening, dpi=150), 255 - printed())
