"""Draw parts of pages whose ink is known: print, handwriting, rules, stamps, pictures; faint or strong; and their dirt.

    python page_network/ink_pages.py FOLDER --fonts FONTS --parts 1600 [--pairs PAIRS]

FONTS is a folder of TrueType and OpenType fonts; docs/notes/page-network.md names the packages. PAIRS is the folder of
NoisyOffice's simulated pages; with it, a part in ten is cut from those of part TR. Every part is three images of
SIDE × SIDE pixels: the noisy page, its ink at full strength (white elsewhere), and the skeleton of the ink. Letters
have the size of pages at about 150 dpi.
"""

import argparse
import io
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage
from skimage.morphology import skeletonize

from isthmus.synthetic_pages import Settings, synthetic_pair
from pairs import read_pairs

SIDE = 416
FINER = 2
"""Strokes are drawn at this scale and reduced."""

LETTERS = "eeeeeettttaaaaooooiiiinnnnssshhhrrrddlllluuccmmffyywwggppbbvvkxjqzäöüßéèçñ"
HANDS = (
    "joscelyn", "dancing", "breip", "bwht", "ecolier", "femke", "kristi", "klee", "dkg", "humor", "kaushan", "kiloji",
    "rufscript", "tomson", "havana", "isabella", "blanken", "gamaliel", "lobster", "z003",
)  # fmt: skip
NO_TEXT = ("symbol", "math", "dingbat", "d050000l", "emoji")
COLOURS = [
    (0.75, 0.1, 0.1),
    (0.85, 0.25, 0.1),
    (0.1, 0.2, 0.65),
    (0.15, 0.15, 0.4),
    (0.1, 0.45, 0.2),
    (0.45, 0.15, 0.5),
    (0.4, 0.25, 0.12),
]
MARKERS = [(1, 0.95, 0.2), (1, 0.45, 0.7), (0.5, 1, 0.4), (1, 0.7, 0.2), (0.4, 0.85, 1)]

Mask = np.ndarray


@lru_cache(maxsize=1)
def fonts_in(folder: str) -> tuple[list[str], list[str]]:
    """Fonts of print and of handwriting that have letters."""
    found = [p for p in sorted(Path(folder).rglob("*")) if p.suffix.lower() in {".ttf", ".otf", ".pfb", ".t1"}]
    paths = [str(p) for p in found if not any(word in p.name.lower() for word in NO_TEXT)]
    with_letters = [p for p in paths if _has_letters(p)]
    hands = [p for p in with_letters if any(word in p.lower() for word in HANDS)]
    return [p for p in with_letters if p not in set(hands)], hands


def _has_letters(path: str) -> bool:
    try:
        font = ImageFont.truetype(path, 20)
        drawn = {font.getmask(letter).getbbox() and bytes(font.getmask(letter)) for letter in "aegn"}
    except OSError:
        return False
    return len(drawn) == 4 and None not in drawn


def part(seed: int, folder: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A noisy part of a page, its ink at full strength, and the skeleton of its ink."""
    rng = np.random.default_rng((seed, 21))
    if rng.random() < 0.2:
        return _of_synthetic_page(seed, rng)
    target, light = np.ones((SIDE, SIDE, 3)), np.ones((SIDE, SIDE, 3))
    through = rng.uniform(0.05, 0.5) if rng.random() < 0.5 else 0.0  # darkness of the back of the page
    grain = rng.uniform(0, 0.12) if rng.random() < 0.45 else 0.0  # deviation of the paper's light
    kind = _kind(rng, first=True)
    for layer in range(rng.choice([1, 2, 3], p=[0.7, 0.22, 0.08])):
        mask = _drawn(rng, folder, first=layer == 0, kind=kind if layer == 0 else None)
        colour = _ink_colour(rng)
        strength = _strength(rng, max(rng.uniform(1.2, 2.5) * through, 2.5 * grain))
        cover = _worn(rng, mask)
        light *= 1 - (strength * cover)[..., None] * (1 - colour)
        target *= 1 - mask[..., None] * (1 - colour * 0.999) / (1 - colour.min())
    if rng.random() < 0.18:
        light, target = _with_boxes(rng, light, target, folder)
    page = _degraded(
        rng, light, _drawn(rng, folder, first=True, kind=kind if rng.random() < 0.7 else None), through, grain
    )
    return _bytes(page), _bytes(target), _skeleton(target)


# Ink ------------------------------------------------------------------------------------------------------------------


def _kind(rng: np.random.Generator, *, first: bool) -> str:
    shares = [0.5, 0.14, 0.2, 0.06, 0.06, 0.04] if first else [0.2, 0.1, 0.25, 0.2, 0.15, 0.1]
    return str(rng.choice(["print", "hand", "pen", "rules", "shapes", "curves"], p=shares))


def _drawn(rng: np.random.Generator, folder: str, *, first: bool, kind: str | None = None) -> Mask:
    """The coverage of one ink, in [0, 1]; of the first one on a page, if it is not an addition to it."""
    image = Image.new("L", (SIDE * FINER, SIDE * FINER), 0)
    draw = ImageDraw.Draw(image)
    kind = kind or _kind(rng, first=first)
    print_fonts, hands = fonts_in(folder)
    if kind in ("print", "hand"):
        _write(rng, draw, print_fonts if kind == "print" else hands)
    elif kind == "pen":
        _pen_lines(rng, draw)
    elif kind == "rules":
        _rules(rng, draw)
    elif kind == "shapes":
        _shapes(rng, draw, print_fonts)
    else:
        _curves(rng, draw)
    if rng.random() < 0.7:
        image = image.rotate(rng.uniform(-3, 3), Image.Resampling.BILINEAR)
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX), np.float32) / 255


def _words(rng: np.random.Generator, count: int) -> str:
    words = []
    for _ in range(count):
        word = "".join(LETTERS[i] for i in rng.integers(0, len(LETTERS), rng.integers(1, 11)))
        if rng.random() < 0.2:
            word = word.capitalize() if rng.random() < 0.7 else word.upper()
        if rng.random() < 0.12:
            word = str(rng.integers(0, 10 ** rng.integers(1, 6)))
        words.append(word + (".,;:-…!?)’"[rng.integers(10)] if rng.random() < 0.18 else ""))
    return " ".join(words) + (" . . . . . . . . . . . . . . . . . . . . 17" if rng.random() < 0.08 else "")


def _write(rng: np.random.Generator, draw: ImageDraw.ImageDraw, fonts: list[str]) -> None:
    size = FINER * float(np.exp(rng.normal(np.log(21), 0.42)))
    font, y = ImageFont.truetype(fonts[rng.integers(len(fonts))], size), rng.uniform(-10, 40)
    lines = rng.integers(1, 4) if rng.random() < 0.15 else 99
    spacing, bolder = rng.uniform(1.05, 1.9), int(rng.random() < 0.06) * (1 + int(size > 50))
    while y < SIDE * FINER and lines > 0:
        x = rng.uniform(-20, 60) + (rng.uniform(0, SIDE) if rng.random() < 0.15 else 0)
        draw.text((x, y), _words(rng, 14), 255, font, stroke_width=bolder)
        y, lines = y + size * spacing, lines - 1
        if rng.random() < 0.05:
            font = ImageFont.truetype(fonts[rng.integers(len(fonts))], size)


def _pen_lines(rng: np.random.Generator, draw: ImageDraw.ImageDraw) -> None:
    """Lines of invented handwriting: loops along a baseline whose width follows the pressure of the pen."""
    size = FINER * float(np.exp(rng.normal(np.log(24), 0.4)))
    width, slant = size * rng.uniform(0.05, 0.16), rng.uniform(-0.1, 0.6)
    y, lines = rng.uniform(0.5, 1.5) * size, rng.integers(1, 3) if rng.random() < 0.3 else 99
    while y < SIDE * FINER + size and lines > 0:
        x = rng.uniform(-20, 80)
        while x < SIDE * FINER:
            points = []
            for _ in range(rng.integers(3, 10)):
                up = size * rng.choice([0.5, 0.55, 0.45, 1.1, 1.2, -0.7], p=[0.25, 0.25, 0.2, 0.12, 0.08, 0.1])
                points += [(x, y), (x + 0.18 * size, y - up), (x + 0.32 * size, y - 0.6 * up), (x + 0.3 * size, y)]
                x += size * rng.uniform(0.3, 0.5)
            _stroke(draw, np.array(points) + rng.normal(0, 0.04 * size, (len(points), 2)), y, slant, width)
            x += size * rng.uniform(0.4, 0.9)
        y, lines = y + size * rng.uniform(1.6, 2.4), lines - 1


def _stroke(draw: ImageDraw.ImageDraw, points: np.ndarray, y: float, slant: float, width: float) -> None:
    """A smooth line through points, slanted from the baseline y on, and wider where the pen goes down."""
    along = np.linspace(0, len(points) - 1, 7 * len(points))
    xs, ys = (ndimage.map_coordinates(points[:, axis], [along], order=3, mode="nearest") for axis in (0, 1))
    xs = xs - (ys - y) * slant
    down = np.gradient(ys) / (np.hypot(np.gradient(xs), np.gradient(ys)) + 1e-6)
    widths = np.maximum(1, width * (0.5 + 0.8 * np.clip(down, 0, 1)) * (1 + 0.15 * np.sin(along * 2)))
    for i in range(len(xs) - 1):
        draw.line([(xs[i], ys[i]), (xs[i + 1], ys[i + 1])], 255, max(1, round(widths[i])))
        radius = widths[i] / 2
        draw.ellipse([xs[i] - radius, ys[i] - radius, xs[i] + radius, ys[i] + radius], 255)


def _rules(rng: np.random.Generator, draw: ImageDraw.ImageDraw) -> None:
    """Ruled paper, graph paper or a table."""
    end, step, width = SIDE * FINER, FINER * rng.uniform(10, 60), int(rng.integers(1, 4))
    both = rng.random() < 0.5
    for at in np.arange(rng.uniform(0, step), end, step):
        draw.line([(0, at), (end, at)], 255, width)
        if both:
            draw.line([(at, 0), (at, end)], 255, width)


def _shapes(rng: np.random.Generator, draw: ImageDraw.ImageDraw, fonts: list[str]) -> None:
    """Bullets, strokes of a marker, stamps, arrows."""
    for _ in range(rng.integers(1, 7)):
        (x, y), size = rng.uniform(0, SIDE * FINER, 2), FINER * float(np.exp(rng.uniform(np.log(4), np.log(90))))
        width = max(1, int(FINER * rng.uniform(1, 8)))
        match rng.integers(5):
            case 0:
                draw.ellipse([x, y, x + size, y + size], fill=255)
            case 1:
                draw.ellipse([x, y, x + 2 * size, y + 2 * size], outline=255, width=width)
            case 2:
                draw.rectangle([x, y, x + 3 * size, y + size], outline=255, width=width)
                draw.text(
                    (x + width + 4, y + width),
                    _words(rng, 2),
                    255,
                    ImageFont.truetype(fonts[rng.integers(len(fonts))], max(12, 0.6 * size)),
                )
            case 3:
                draw.line(
                    [(x, y), *[tuple(rng.uniform(0, SIDE * FINER, 2)) for _ in range(2)]], 255, width, joint="curve"
                )
            case _:
                draw.rectangle([x, y, x + size, y + size], fill=255)


def _curves(rng: np.random.Generator, draw: ImageDraw.ImageDraw) -> None:
    """Lines of a map or a plot, or the hatching of an engraving."""
    if rng.random() < 0.4:
        step, angle = rng.uniform(3, 9) * FINER, rng.uniform(0, np.pi)
        across, along = np.array([-np.sin(angle), np.cos(angle)]), np.array([np.cos(angle), np.sin(angle)])
        centre, reach = rng.uniform(0, SIDE * FINER, 2), rng.uniform(40, 200) * FINER
        for offset in np.arange(-reach, reach, step):
            half = np.sqrt(reach**2 - offset**2)
            ends = [tuple(centre + across * offset + along * side * half) for side in (-1, 1)]
            draw.line(ends, 255, max(1, int(rng.uniform(0.2, 0.5) * step)))
        return
    for _ in range(rng.integers(3, 12)):
        steps = np.cumsum(rng.normal(0, 1, (60, 2)), 0)
        path = ndimage.gaussian_filter1d(steps, 3, axis=0) * rng.uniform(10, 50) + rng.uniform(0, SIDE * FINER, 2)
        draw.line([tuple(p) for p in path], 255, max(1, int(FINER * rng.uniform(0.5, 3))), joint="curve")


def _ink_colour(rng: np.random.Generator) -> np.ndarray:
    """What full ink leaves of red, green and blue."""
    if rng.random() < 0.7:
        return np.full(3, rng.uniform(0, 0.12)) + rng.uniform(0, 0.06, 3)
    return np.clip(np.array(COLOURS[rng.integers(len(COLOURS))]) + rng.normal(0, 0.05, 3), 0, 0.9)


def _strength(rng: np.random.Generator, least: float) -> np.ndarray:
    """How much of its light ink takes, pixel by pixel: faint or strong, uneven over the page and within a word."""
    base = [rng.uniform(0.12, 0.35), rng.uniform(0.3, 0.7), rng.uniform(0.65, 1)][rng.choice(3, p=[0.25, 0.3, 0.45])]
    base = max(base, min(1, least))  # what shows through, and grain, are fainter than the ink of the front
    uneven = (
        1
        + rng.uniform(0, 0.3) * smooth(rng, rng.integers(25, 150))
        + rng.uniform(0, 0.12) * smooth(rng, rng.integers(3, 9))
    )
    return np.clip(base * uneven, 0.06, 1)


def _worn(rng: np.random.Generator, mask: Mask) -> Mask:
    """Ink as it lies: blurred, spread, and sometimes broken."""
    cover = np.clip(ndimage.gaussian_filter(mask, rng.uniform(0.2, 1.1)) * rng.uniform(0.95, 1.3), 0, 1)
    if rng.random() < 0.25:
        cover = cover * (1 - rng.uniform(0.2, 0.8) * (smooth(rng, rng.integers(2, 5)) > rng.uniform(1, 2.2)))
    return cover


def _with_boxes(
    rng: np.random.Generator, light: np.ndarray, target: np.ndarray, folder: str
) -> tuple[np.ndarray, np.ndarray]:
    """Tints, boxes with white letters, strokes of a highlighter, and pictures: all of them stay."""
    light, target = light.copy(), target.copy()
    for _ in range(rng.integers(1, 4)):
        height, width = rng.integers(16, SIDE // 2, 2)
        y, x = rng.integers(0, SIDE - height), rng.integers(0, SIDE - width)
        box = (slice(y, y + height), slice(x, x + width))
        match rng.integers(4):
            case 0:  # white on dark
                letters = _drawn(rng, folder, first=True)[box][..., None]
                dark = rng.uniform(0, 0.5, 3)
                light[box], target[box] = dark + letters * (1 - dark), letters
            case 1:  # a tint under what is there
                tint = rng.uniform(0.7, 0.95, 3)
                light[box] *= tint
                target[box] *= (tint - tint.min()) / (1 - tint.min())
            case 2:
                band = (slice(y, y + rng.integers(12, 40)), box[1])
                marker = np.array(MARKERS[rng.integers(len(MARKERS))])
                light[band] *= marker
                target[band] *= (marker - marker.min()) / (1 - marker.min())
            case _:  # a picture
                picture = 0.5 + 0.22 * sum(smooth(rng, s)[box] * a for s, a in ((60, 1), (20, 0.6), (5, 0.3)))
                light[box], target[box] = np.clip(picture, 0, 0.95)[..., None], 0
    return light, target


# Dirt -----------------------------------------------------------------------------------------------------------------


def smooth(rng: np.random.Generator, scale: int) -> np.ndarray:
    """Noise of mean 0 and deviation 1 that is smooth over about so many pixels."""
    side = max(3, round(SIDE / scale) + 3)
    small = Image.fromarray(rng.normal(size=(side, side)).astype(np.float32))
    whole = round(side * scale)
    noise = np.asarray(small.resize((whole, whole), Image.Resampling.BICUBIC))
    noise = np.pad(noise, ((0, max(0, SIDE - whole)),) * 2, mode="reflect")[:SIDE, :SIDE]
    return (noise - noise.mean()) / (noise.std() + 1e-6)


def _degraded(rng: np.random.Generator, light: np.ndarray, back: Mask, through: float, grain: float) -> np.ndarray:
    """The page as it is scanned, in [0, 1]."""
    tone = np.array([1, rng.uniform(0.9, 1), rng.uniform(0.65, 1)]) if rng.random() < 0.6 else np.ones(3)
    brown = np.array([rng.uniform(0.3, 0.6), rng.uniform(0.6, 0.9), 1.0])
    paper = _paper(rng, grain)
    stains = _stains(rng, back, through)
    page = (
        paper[..., None] * tone * np.clip(1 - stains[..., None] * (brown if rng.random() < 0.6 else 1), 0.02, 1) * light
    )
    return _scanned(rng, page)


def _paper(rng: np.random.Generator, grain: float) -> np.ndarray:
    """The light of the paper: uneven, rough, and in shadow."""
    paper = np.full((SIDE, SIDE), rng.uniform(0.7, 1)) * (1 + rng.uniform(0, 0.08) * smooth(rng, rng.integers(60, 300)))
    paper *= 1 + rng.uniform(0, 0.04) * smooth(rng, rng.integers(4, 40))
    if grain:  # grain and weave
        reach = rng.uniform(0.5, [1.5, 8][rng.integers(2)], 2) * rng.choice([0.6, 1, 2])
        if rng.random() < 0.3:  # streaks
            reach[rng.integers(2)] *= 6
        rough = ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE)), reach)
        paper *= np.clip(1 + grain * rough / rough.std(), 0.3, 1.6)
    if rng.random() < 0.1:  # laid paper
        angle, period = rng.choice([0, np.pi / 2]) + rng.normal(0, 0.03), rng.uniform(2.5, 12)
        down, across = np.mgrid[0:SIDE, 0:SIDE]
        lines = np.sin(2 * np.pi * (across * np.cos(angle) + down * np.sin(angle)) / period)
        paper *= 1 + rng.uniform(0, 0.06) * lines * np.clip(1 + 0.5 * smooth(rng, 60), 0, 2)
    if rng.random() < 0.45:
        down, across = np.mgrid[0:SIDE, 0:SIDE] / SIDE
        paper *= 1 - rng.uniform(0, 0.5) * np.clip(
            across * rng.normal() + down * rng.normal() + rng.uniform(-0.3, 0.3), 0, 1
        )
    return paper


def _stains(rng: np.random.Generator, back: Mask, through: float) -> np.ndarray:
    """What takes light besides ink: stains, the back of the page, folds, specks, and shadows at edges."""
    stains = np.zeros((SIDE, SIDE))
    for _ in range(rng.integers(0, 5)):
        edge, steep = rng.uniform(0.5, 1.8), float(np.exp(rng.uniform(np.log(2), np.log(40))))
        height = smooth(rng, rng.integers(25, 200)) - edge
        stains += rng.uniform(0.03, 0.4) / (1 + np.exp(-steep * np.clip(height, -1, 1)))
        if rng.random() < 0.3:  # dried at the edge
            stains += rng.uniform(0.05, 0.35) * np.exp(-((height * steep / 3) ** 2))
    if through:
        behind = ndimage.gaussian_filter(np.roll(back[:, ::-1], rng.integers(-40, 40), 0), rng.uniform(0.3, 2.5))
        stains += through * behind * np.clip(0.8 + 0.3 * smooth(rng, 100), 0, 1.3)
    if rng.random() < 0.3:  # folds and wrinkles
        for _ in range(rng.integers(1, 8)):
            angle, offset = rng.uniform(0, np.pi), rng.uniform(0, SIDE)
            down, across = np.mgrid[0:SIDE, 0:SIDE]
            distance = across * np.cos(angle) + down * np.sin(angle) - offset + 6 * smooth(rng, 80)
            stains += rng.uniform(-0.15, 0.3) * np.exp(-np.abs(distance) / rng.uniform(0.7, 9))
    if rng.random() < 0.25:  # specks, smaller than a full stop
        specks = ndimage.gaussian_filter(
            (rng.random((SIDE, SIDE)) < 10 ** rng.uniform(-4, -2.3)).astype(float), rng.uniform(0.3, 0.7)
        )
        stains += np.clip(specks * rng.uniform(1, 3), 0, rng.uniform(0.2, 0.8))
    if rng.random() < 0.06:
        rows = slice(0, rng.integers(5, 60)) if rng.random() < 0.5 else slice(SIDE - rng.integers(5, 60), SIDE)
        side = np.zeros((SIDE, SIDE))
        side[rows] = rng.uniform(0.3, 0.95)
        stains += ndimage.gaussian_filter(np.transpose(side) if rng.random() < 0.5 else side, rng.uniform(0.5, 12))
    return stains


def _scanned(rng: np.random.Generator, page: np.ndarray) -> np.ndarray:
    """A page as a scanner or a camera gives it, in [0, 1]."""
    page = ndimage.gaussian_filter(page, (b := rng.uniform(0, 0.8), b, 0))
    if rng.random() < 0.35:
        page = np.repeat(page.mean(2, keepdims=True), 3, 2)
    page = page + rng.normal(0, rng.uniform(0.002, 0.035), (SIDE, SIDE, 1)) + rng.normal(0, 0.006, page.shape)
    page = np.clip(page, 0, 1) ** rng.uniform(0.75, 1.4)
    if rng.random() < 0.35:
        stream = io.BytesIO()
        Image.fromarray(_bytes(page)).save(stream, "JPEG", quality=int(rng.integers(25, 90)))
        page = np.asarray(Image.open(stream)) / 255
    return page


# Parts of other pages -------------------------------------------------------------------------------------------------


def _of_synthetic_page(seed: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    side = (SIDE + 2) * 25.4 / 150
    settings = Settings(
        seed=77_000 + seed, size_mm=(side, side), level=float(rng.uniform(0, 2)), colour=bool(rng.random() < 0.6)
    )
    clean, noisy = synthetic_pair(0, 150, settings)
    return _cut(noisy, clean.pixels, 0, 0)


def of_pair(noisy: np.ndarray, clean: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A part of a pair of a noisy page and a clean one, both grey in [0, 1]."""
    rng = np.random.default_rng((seed, 22))
    noisy, clean = (np.pad(a, [(0, max(0, SIDE - side)) for side in a.shape], mode="symmetric") for a in (noisy, clean))
    return _cut(noisy, clean, *(rng.integers(0, side - SIDE + 1) for side in noisy.shape))


def _cut(noisy: np.ndarray, clean: np.ndarray, y: int, x: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    box = (slice(y, y + SIDE), slice(x, x + SIDE))
    page, light = (np.repeat(a[..., None], 3, 2) if a.ndim == 2 else a for a in (noisy[box], clean[box]))
    darkest = light.min(2, keepdims=True)
    full = np.clip((1 - darkest - 0.03) / 0.5, 0, 1)  # anything that is not paper, at full strength
    hue = (light - darkest) / np.maximum(1 - darkest, 1e-3)
    target = 1 - full * (1 - hue)
    return _bytes(page), _bytes(target), _skeleton(target)


def _skeleton(target: np.ndarray) -> np.ndarray:
    return skeletonize(target.min(2) < 0.5)


def _bytes(values: np.ndarray) -> np.ndarray:
    return (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fonts", required=True)
    parser.add_argument("--pairs", type=Path)
    parser.add_argument("--parts", type=int, default=1600)
    parser.add_argument("--first", type=int, default=0, help="seed of the first part")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    pairs = [pair for pair in read_pairs(arguments.pairs) if pair.part == "TR"] if arguments.pairs else []
    n_cut = arguments.parts // 10 if pairs else 0
    cut = [of_pair(pairs[i % len(pairs)].noisy, pairs[i % len(pairs)].clean, i) for i in range(n_cut)]
    with ProcessPoolExecutor(arguments.workers) as pool:
        drawn = list(
            pool.map(
                partial(part, folder=arguments.fonts),
                range(arguments.first, arguments.first + arguments.parts - n_cut),
                chunksize=8,
            )
        )
    for name, images in zip(("page", "ink", "skeleton"), zip(*drawn, *cut, strict=True), strict=True):
        np.save(arguments.folder / f"{name}.npy", np.stack(images))
    np.save(arguments.folder / "cut.npy", np.arange(arguments.parts) >= arguments.parts - n_cut)


if __name__ == "__main__":
    main()
