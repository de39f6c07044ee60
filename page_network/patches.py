"""Patches to train on: real pairs, synthetic pairs, and new combinations of texts and sheets."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.ndimage import affine_transform, gaussian_filter

from pairs import Material, on_sheet, printed

Image = np.ndarray


@dataclass
class Source:
    """Draws random patches of noisy pages with their clean versions.

    Parameters
    ----------
    material : Material
        Sheets and texts from real pairs.
    synthetic_pages : list of ndarray
        Clean synthetic pages.
    synthetic_sheets : list of ndarray
        Synthetic sheets of dirt, larger than a patch.
    synthetic_pairs : list of ndarray of shape (2, height, width)
        Noisy and clean synthetic pages.
    size : int
        Rows and columns of a patch.
    shares : tuple of float
        Shares of patches from real pairs, from synthetic pairs, and of clean pages on both sides. The others are
        recombined.
    darkness : tuple of float
        Mean and standard deviation of the logarithm of the power that darkens a recombined sheet.
    """

    material: Material
    synthetic_pages: list[Image] = field(default_factory=list)
    synthetic_sheets: list[Image] = field(default_factory=list)
    synthetic_pairs: list[Image] = field(default_factory=list)
    size: int = 128
    shares: tuple[float, float, float] = (0.45, 0.25, 0.05)
    darkness: tuple[float, float] = (0.0, 0.35)

    def add(self, folder: Path) -> None:
        """Add the arrays that ``material.py`` wrote."""
        for path in sorted(folder.glob("*.npz")):
            with np.load(path) as arrays:
                for name in arrays.files:
                    getattr(self, name).extend(arrays[name])

    def batch(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """``n`` noisy patches and their clean versions, each of shape (n, 1, size, size)."""
        pairs = [self.draw(rng) for _ in range(n)]
        noisy, clean = (np.stack(part).astype(np.float32)[:, None] for part in zip(*pairs, strict=True))
        return noisy, clean

    def draw(self, rng: np.random.Generator) -> tuple[Image, Image]:
        """One noisy patch and its clean version."""
        pairs = self.material.pairs
        real, synthetic, untouched = self.shares
        if not pairs:
            real, synthetic = 0.0, real + synthetic
        u = rng.random()
        if u < real:
            pair = pairs[rng.integers(len(pairs))]
            noisy, clean = self._crop(rng, pair.noisy, pair.clean)
            return noisy, clean
        if u < real + synthetic and self.synthetic_pairs:
            noisy, clean = self._crop(rng, *self._pick(rng, self.synthetic_pairs))
            return noisy, clean
        if u < real + synthetic + untouched and self.synthetic_pages:
            (clean,) = self._crop(rng, self._pick(rng, self.synthetic_pages))
            return clean, clean
        return self._recombined(rng)

    def _recombined(self, rng: np.random.Generator) -> tuple[Image, Image]:
        own, other = self.material.taking_light, self.material.taking_contrast
        if rng.random() < 0.4:
            own, other = other, own
        text, clean = self._text(rng, own.texts)
        sheet = self._sheet(rng, own.sheets, other.sheets)
        if own is self.material.taking_contrast:
            sheet = np.maximum(sheet, 0.35)  # without any contrast there is nothing to learn
        noisy = on_sheet(text, sheet, own.table)
        # The text has the noise of the light sheet that it comes from; on a dark sheet it needs as much.
        noisy = noisy + (clean < 0.995) * np.sqrt(1 - sheet**2) * rng.normal(0, 0.018, noisy.shape)
        if rng.random() < 0.3:
            noisy = noisy + rng.normal(0, rng.uniform(0, 0.012), noisy.shape)
        return np.clip(noisy, 0, 1), clean

    def _text(self, rng: np.random.Generator, texts: list[tuple[Image, Image]]) -> tuple[Image, Image]:
        if not self.synthetic_pages or (texts and rng.random() < 0.85):
            text, clean = self._crop(rng, *texts[rng.integers(len(texts))])
            return text, clean
        (clean,) = self._crop(rng, self._pick(rng, self.synthetic_pages))
        text = 1 - (1 - printed(clean)) * rng.uniform(0.85, 1.02)  # light and heavy printing
        if rng.random() < 0.2:
            text = gaussian_filter(text, rng.uniform(0.3, 0.5))
        return text + (text < 0.99) * rng.normal(0, 0.015, text.shape), clean

    def _sheet(self, rng: np.random.Generator, own: list[Image], other: list[Image]) -> Image:
        u = rng.random()
        if self.synthetic_sheets and (u < 0.4 or not own):
            sheet = self._warped(rng, self._pick(rng, self.synthetic_sheets))
        else:
            sheet = self._warped(rng, self._pick(rng, own if u < 0.85 or not other else other))
        if rng.random() < 0.3:
            pool = own + other + self.synthetic_sheets
            second = self._warped(rng, self._pick(rng, pool))
            sheet = np.minimum(sheet, second) if rng.random() < 0.4 else sheet * second / max(second.max(), 0.5)
        dark = np.exp(rng.normal(*self.darkness))
        light = np.clip(rng.normal(0.92, 0.05), 0.75, 1)  # the grey of the paper
        top = np.percentile(sheet, 90)
        return np.clip(light * np.clip(sheet / top, 0, 1.1) ** dark, 0.02, 1)

    def _warped(self, rng: np.random.Generator, sheet: Image) -> Image:
        """A patch of a sheet, rotated, flipped and scaled; mirrored at the edges of the sheet."""
        n = self.size
        if rng.random() < 0.4:  # without resampling, which would blur the grain
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
    """Grey in [0, 1]; images are kept in memory with 8 bits per pixel."""
    return image.astype(np.float32) / 255 if image.dtype == np.uint8 else image
