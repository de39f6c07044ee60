"""What a photograph shows beyond the sheet stays, and the sheet is cleaned to its edges. The photograph is drawn."""

import numpy as np
import pytest
from page_networks import whitened
from PIL import Image

from isthmus.pages.beyond import beyond_the_sheet
from isthmus.pages.restraint import share_of_change
from isthmus.synthetic_pages import Fonts, clean_page, dirt_sheet


@pytest.fixture(scope="module")
def photograph() -> tuple[np.ndarray, np.ndarray]:
    """A page in perspective on a dark table with grain, in uneven light; and where the sheet is."""
    page = (0.92 * clean_page(np.random.default_rng(2), 150, (150, 110), Fonts("pillow"), kind="text")).astype(
        np.float32
    )
    (height, width), (tall, wide) = page.shape, (page.shape[0] + 160, page.shape[1] + 200)
    equations, values = [], []
    corners = ((70, 60), (0, 0)), ((wide - 110, 90), (width, 0)), ((110, tall - 50), (0, height)), \
              ((wide - 60, tall - 70), (width, height))  # fmt: skip
    for (x, y), (u, v) in corners:
        equations += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    bend = np.linalg.solve(np.array(equations, float), np.array(values, float))
    seen, sheet = (
        np.asarray(Image.fromarray(each).transform(
            (wide, tall), Image.Transform.PERSPECTIVE, bend, Image.Resampling.BILINEAR))
        for each in (page, np.ones_like(page))
    )  # fmt: skip
    rows, columns = np.indices(seen.shape)
    rng = np.random.default_rng(0)
    table = 0.27 + 0.05 * np.sin(rows / 9 + 3 * np.sin(columns / 60)) + rng.normal(0, 0.015, seen.shape)
    light = 0.62 + 0.38 * (0.6 * columns / wide + 0.4 * rows / tall)
    return np.clip((seen + (1 - sheet) * table) * light, 0, 1).astype(np.float32), sheet


def test_beyond_the_sheet_nothing_is_cleaned_and_the_sheet_is_cleaned_to_its_edges(photograph):
    page, sheet = photograph
    share = share_of_change(page, whitened(page))
    assert (share[sheet == 0] == 0).mean() > 0.99
    inner = np.asarray(Image.fromarray(sheet).reduce(10)) == 1  # squares of 10 pixels that are all sheet
    cleaned = np.asarray(Image.fromarray(share).reduce(10))
    assert (cleaned[inner] == 1).mean() > 0.98


@pytest.mark.parametrize("seed", range(4))
def test_stains_and_shadows_at_the_edge_belong_to_the_sheet(seed):
    sheet = dirt_sheet(np.random.default_rng(seed), 472, 650, 150, level=1.6).astype(np.float32)
    assert beyond_the_sheet(sheet) is None
    sheet[:, :120] *= np.linspace(0.2, 1, 120, dtype=np.float32)  # the fold of a book
    assert beyond_the_sheet(sheet) is None


def test_a_dark_stain_with_a_sharp_edge_in_a_corner_belongs_to_the_sheet():
    sheet = dirt_sheet(np.random.default_rng(1), 472, 650, 150, level=0.5).astype(np.float32)
    down, across = np.ogrid[:472, :650]
    sheet[(down - 60) ** 2 + (across - 80) ** 2 < 190**2] *= 0.35
    assert beyond_the_sheet(sheet) is None
