"""Patches to train on: real pairs, and texts and sheets put together that never met."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.ndimage import affine_transform, gaussian_filter

from pairs import Material, on_sheet, printed

Image = np.ndarray


@dataclass
class Source:
    """Draws patches of noisy and clean pages.

    Parameters
    ----------
    material : Material
        What was taken apart of real pairs.
    made_pages : list of array
        Clean pages that the project makes.
    made_sheets : list of array
        Sheets of dirt that the project makes, larger than a patch.
    made_pairs : list of array of shape (2, height, width)
        Noisy and clean pages as the project makes them.
    size : int
        Rows and columns of a patch.
    shares : tuple of float
        How often a patch is a real pair, a made pair, a clean page left as it is; the others are recombined.
    darkness : tuple of float
        Mean and standard deviation of the logarithm of the power that darkens a sheet, or makes it paler, when it is
        recombined.
    """

    material: Material
    made_pages: list[Image] = field(default_factory=list)
    made_sheets: list[Image] = field(default_factory=list)
    made_pairs: list[Image] = field(default_factory=list)
    size: int = 128
    shares: tuple[float, float, float] = (0.45, 0.25, 0.05)
    darkness: tuple[float, float] = (0.0, 0.35)

    def add(self, folder: Path) -> None:
        """Use what ``material.py`` made."""
        for path in sorted(folder.glob("*.npz")):
            with np.load(path) as made:
                for name in made.files:
                    getattr(self, name).extend(made[name])

    def batch(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """``n`` noisy patches and their clean versions, each of shape (n, 1, size, size)."""
        pairs = [self.draw(rng) for _ in range(n)]
        noisy, clean = (np.stack(part).astype(np.float32)[:, None] for part in zip(*pairs, strict=True))
        return noisy, clean

    def draw(self, rng: np.random.Generator) -> tuple[Image, Image]:
        pairs = self.material.pairs
        real, made, untouched = self.shares
        if not pairs:
            real, made = 0.0, real + made
        u = rng.random()
        if u < real:
            pair = pairs[rng.integers(len(pairs))]
            return self._crop(rng, pair.noisy, pair.clean)
        if u < real + made and self.made_pairs:
            return self._crop(rng, *self._pick(rng, self.made_pairs))
        if u < real + made + untouched and self.made_pages:
            (clean,) = self._crop(rng, self._pick(rng, self.made_pages))
            return clean, clean
        return self._recombined(rng)

    def _recombined(self, rng: np.random.Generator) -> tuple[Image, Image]:
        own, other = self.material.taking_light, self.material.taking_contrast
        if rng.random() < 0.4:
            own, other = other, own
        text, clean = self._text(rng, own.texts)
        sheet = self._sheet(rng, own.sheets, other.sheets)
        if own is self.material.taking_contrast:
            sheet = np.maximum(sheet, 0.35)  # where all contrast is gone, there is nothing to learn
        noisy = on_sheet(text, sheet, own.table)
        # The text has the noise of the light sheet that it comes from; on a dark one it is not less.
        noisy = noisy + (clean < 0.995) * np.sqrt(1 - sheet**2) * rng.normal(0, 0.018, noisy.shape)
        if rng.random() < 0.3:
            noisy = noisy + rng.normal(0, rng.uniform(0, 0.012), noisy.shape)
        return np.clip(noisy, 0, 1), clean

    def _text(self, rng: np.random.Generator, texts: list[tuple[Image, Image]]) -> tuple[Image, Image]:
        if not self.made_pages or (texts and rng.random() < 0.85):
            text, clean = self._crop(rng, *texts[rng.integers(len(texts))])
            return text, clean
        (clean,) = self._crop(rng, self._pick(rng, self.made_pages))
        text = 1 - (1 - printed(clean)) * rng.uniform(0.85, 1.02)  # light and heavy printing
        if rng.random() < 0.2:
            text = gaussian_filter(text, rng.uniform(0.3, 0.5))
        return text + (text < 0.99) * rng.normal(0, 0.015, text.shape), clean

    def _sheet(self, rng: np.random.Generator, own: list[Image], other: list[Image]) -> Image:
        u = rng.random()
        if self.made_sheets and (u < 0.4 or not own):
            sheet = self._warped(rng, self._pick(rng, self.made_sheets))
        else:
            sheet = self._warped(rng, self._pick(rng, own if u < 0.85 or not other else other))
        if rng.random() < 0.3:
            pool = own + other + self.made_sheets
            second = self._warped(rng, self._pick(rng, pool))
            sheet = np.minimum(sheet, second) if rng.random() < 0.4 else sheet * second / max(second.max(), 0.5)
        dark = np.exp(rng.normal(*self.darkness))
        light = np.clip(rng.normal(0.92, 0.05), 0.75, 1)  # the paper's own grey
        top = np.percentile(sheet, 90)
        return np.clip(light * np.clip(sheet / top, 0, 1.1) ** dark, 0.02, 1)

    def _warped(self, rng: np.random.Generator, sheet: Image) -> Image:
        """A patch of a sheet, turned, flipped and scaled; mirrored at the sheet's edges."""
        n = self.size
        if rng.random() < 0.4:  # without resampling, which blurs the grain
            (patch,) = self._crop(rng, sheet)
            patch = np.rot90(patch, rng.integers(4))
            return patch[:, ::-1] if rng.random() < 0.5 else patch
        angle, scale = rng.uniform(0, 2 * np.pi), np.exp(rng.normal(0, 0.3))
        turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        if rng.random() < 0.5:
            turn = turn @ np.diag([1, -1])
        centre = rng.uniform(0, 1, 2) * sheet.shape
        offset = centre - turn @ [n / 2, n / 2]
        return shares(affine_transform(sheet, turn, offset, (n, n), order=1, mode="mirror"))

    def _crop(self, rng: np.random.Generator, *images: Image) -> tuple[Image, ...]:
        n = self.size
        height, width = images[0].shape
        if height < n or width < n:
            pad = ((0, max(0, n - height)), (0, max(0, n - width)))
            images = tuple(np.pad(image, pad, mode="reflect") for image in images)
            height, width = images[0].shape
        top, left = rng.integers(height - n + 1), rng.integers(width - n + 1)
        return tuple(shares(image[top : top + n, left : left + n]) for image in images)

    def _pick(self, rng: np.random.Generator, images: list[Image]) -> Image:
        return images[rng.integers(len(images))]


def shares(image: Image) -> Image:
    """Grey as a share of white; 8 bits a pixel are kept in memory."""
    return image.astype(np.float32) / 255 if image.dtype == np.uint8 else image
