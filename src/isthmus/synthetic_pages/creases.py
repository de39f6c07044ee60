"""Folds and wrinkles: the light on folded or crumpled paper."""

import numpy as np
from jaxtyping import Float32
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter
from scipy.spatial import Delaunay

from isthmus.synthetic_pages.area import Area, Grey, clouds, noise, resize


def folds(rng: np.random.Generator, area: Area) -> Grey:
    """Straight folds across the page, as shade to add to 1: a thin ridge, and planes that tilt away from it."""
    shade = np.float32(rng.uniform(0.004, 0.015)) * clouds(rng, area, rng.uniform(10, 30), octaves=3)
    main = rng.uniform(0, np.pi)
    wear = noise(rng, area, rng.uniform(1.5, 6))
    for _ in range(rng.integers(2, 9)):
        angle = main + rng.choice([0, 0, np.pi / 2, np.pi / 4, -np.pi / 4]) + rng.normal(0, 0.06)
        cy, cx = rng.uniform(0, area.height_mm), rng.uniform(0, area.width_mm)
        d = np.float32(np.cos(angle)) * (area.x - np.float32(cx)) + np.float32(np.sin(angle)) * (
            area.y - np.float32(cy)
        )
        d += np.float32(rng.uniform(0, 0.15)) * wear
        _add_fold(rng, area, shade, d, wear)
    return shade


def _add_fold(
    rng: np.random.Generator,
    area: Area,
    shade: Grey,
    distance: Grey,
    wear: Grey,
) -> None:
    """Add the shade of one fold, a function of the distance from its line in mm."""
    reach = float(max(abs(distance.min()), abs(distance.max()))) + 1
    step = max(area.pixel / 2, 0.05)
    d = np.arange(-reach, reach + step, step, dtype=np.float32)
    left, right = rng.normal(0, 0.035, 2)
    slope = np.where(d < 0, left * np.exp(d / rng.uniform(3, 25)), right * np.exp(-d / rng.uniform(3, 25)))
    shade += slope.astype(np.float32).take(((distance + np.float32(reach)) * np.float32(1 / step)).astype(np.int32))
    width = max(rng.uniform(0.1, 0.35), area.pixel / 2)
    near = np.flatnonzero(np.abs(distance) < 5 * width)
    d = distance.ravel()[near]
    ridge = rng.normal(0.03, 0.07) * np.exp(-((d / width) ** 2))
    ridge += rng.normal(0, 0.05) * np.exp(-(((d - rng.choice([-1, 1]) * 1.6 * width) / (1.3 * width)) ** 2))
    shade.ravel()[near] += ridge * np.clip(1 + np.float32(0.6) * wear.ravel()[near], 0.1, 2)


def wrinkles(rng: np.random.Generator, area: Area) -> Grey:
    """Crumpled paper, as shade to add to 1: facets of several sizes that catch the light.

    Crumpled paper folds along ridges and is nearly flat between them. Its slope is constant on each facet; mostly the
    changes at the ridges are visible, bright on one side and dark on the other.
    """
    azimuth = rng.uniform(0, 2 * np.pi)
    spacing = float(np.exp(rng.uniform(np.log(7), np.log(20))))
    margin = 3.0
    slopes = _facets(rng, area, spacing, azimuth, margin)
    slopes += np.float32(rng.uniform(0.4, 0.9)) * _facets(rng, area, spacing * rng.uniform(0.35, 0.6), azimuth, margin)
    slopes += np.float32(rng.uniform(0.1, 0.5)) * _facets(
        rng, area, max(spacing * rng.uniform(0.15, 0.25), 2.7), azimuth, margin
    )
    slopes = _bent(rng, area, slopes, margin)
    slopes = gaussian_filter(slopes, rng.uniform(0.08, 0.2) / area.pixel, truncate=2.5)
    wide = _blur(slopes, spacing * rng.uniform(0.1, 0.22) / area.pixel)
    shade = slopes - np.float32(rng.uniform(0.5, 0.85)) * wide
    sharp = np.clip(np.float32(0.6) + np.float32(0.5) * noise(rng, area, 0.6 * spacing), 0.05, 1)
    soft = _blur(shade, 0.7 / area.pixel)
    shade = soft + (shade - soft) * sharp
    even: Grey = shade * np.float32(rng.uniform(0.02, 0.09) / (shade.std() + 1e-6))
    return even


def _facets(rng: np.random.Generator, area: Area, spacing: float, azimuth: float, margin: float) -> Grey:
    """The slopes, towards the light, of triangles between random points on the page and a margin around it."""
    around = margin + 2 * spacing
    count = max(int((area.height_mm + 2 * around) * (area.width_mm + 2 * around) / spacing**2), 8)
    points = rng.uniform(-around, (area.width_mm + around, area.height_mm + around), (count, 2))
    heights = rng.normal(0, 0.35 * spacing, count)
    triangles = Delaunay(points).simplices
    corners, z = points[triangles], heights[triangles]
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    u, v = z[:, 1] - z[:, 0], z[:, 2] - z[:, 0]
    determinant = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    gx, gy = (u * b[:, 1] - v * a[:, 1]) / determinant, (v * a[:, 0] - u * b[:, 0]) / determinant
    slopes = np.tanh(gx * np.cos(azimuth) + gy * np.sin(azimuth))
    wider = round(2 * margin / area.pixel)
    image = Image.new("F", (area.width + wider, area.height + wider))
    draw = ImageDraw.Draw(image)
    pixels = ((corners + margin) / area.pixel).reshape(-1, 6)
    for triangle, slope in zip(pixels.tolist(), slopes.tolist(), strict=True):
        draw.polygon(triangle, fill=slope)
    return np.asarray(image).copy()


def _bent(rng: np.random.Generator, area: Area, values: Float32[np.ndarray, "rows columns"], margin: float) -> Grey:
    """Crop the margin and shift all points by smooth noise, so that no edge stays straight."""
    reach, bumps = np.float32(rng.uniform(0.15, 0.45) / area.pixel), rng.uniform(2, 5)
    rows, columns = (
        (reach * clouds(rng, area, bumps, octaves=3, gain=0.45) + np.float32(margin / area.pixel) + steps).astype(
            np.intp
        )
        for steps in (np.arange(area.height, dtype=np.float32)[:, None], np.arange(area.width, dtype=np.float32)[None])
    )
    height, width = values.shape
    np.clip(rows, 0, height - 1, out=rows)
    np.clip(columns, 0, width - 1, out=columns)
    bent: Grey = values.take(rows * width + columns)
    return bent


def _blur(values: Grey, sigma: float) -> Grey:
    """A Gaussian blur; a wide one is computed on fewer pixels."""
    step = max(int(sigma / 1.5), 1)
    height, width = values.shape
    coarse = np.asarray(Image.fromarray(values).reduce(step)) if step > 1 else values
    blurred: Grey = gaussian_filter(coarse, sigma / step, truncate=3)
    return resize(blurred, height, width, (0, 0, width / step, height / step)) if step > 1 else blurred
