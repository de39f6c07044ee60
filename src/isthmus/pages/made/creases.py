"""Folds and wrinkles: how the light falls on paper that has been folded or crumpled."""

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter
from scipy.spatial import Delaunay

from isthmus.pages.made.area import Area, Grey, clouds, noise


def folds(rng: np.random.Generator, area: Area) -> Grey:
    """Straight folds across the page, as shade to be added to 1: a thin ridge, and planes that tilt away from it."""
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
    """Add the shade of one fold, looked up by the distance from its line in mm."""
    reach = float(max(abs(distance.min()), abs(distance.max()))) + 1
    step = max(area.pixel / 4, 0.02)
    d = np.arange(-reach, reach + step, step, dtype=np.float32)
    left, right = rng.normal(0, 0.035, 2)
    slope = np.where(d < 0, left * np.exp(d / rng.uniform(3, 25)), right * np.exp(-d / rng.uniform(3, 25)))
    width = max(rng.uniform(0.1, 0.35), area.pixel / 2)
    ridge = rng.normal(0.03, 0.07) * np.exp(-((d / width) ** 2))
    beside = rng.normal(0, 0.05) * np.exp(-(((d - rng.choice([-1, 1]) * 1.6 * width) / (1.3 * width)) ** 2))
    places = ((distance + np.float32(reach)) * np.float32(1 / step)).astype(np.int32)
    shade += slope.astype(np.float32)[places]
    worn = np.clip(1 + np.float32(0.6) * wear, 0.1, 2)
    shade += (ridge + beside).astype(np.float32)[places] * worn


def wrinkles(rng: np.random.Generator, area: Area) -> Grey:
    """Crumpled paper, as shade to be added to 1: facets of many sizes that catch the light, some with sharp edges."""
    spacing = rng.uniform(7, 20)
    azimuth = rng.uniform(0, 2 * np.pi)
    depth = rng.uniform(0.02, 0.09)
    coarse = _facets(rng, area, spacing, azimuth)
    fine = _facets(rng, area, spacing * rng.uniform(0.35, 0.55), azimuth + rng.normal(0, 0.3))
    sharp = np.clip(np.float32(0.5) + np.float32(0.6) * noise(rng, area, spacing), 0, 1)
    soft = gaussian_filter(coarse, 1.2 / area.pixel, truncate=2.5)
    shade = coarse * sharp + soft * (1 - sharp)
    shade += np.float32(rng.uniform(0.3, 0.7)) * (1 - sharp) * fine
    shade = gaussian_filter(shade, rng.uniform(0.1, 0.25) / area.pixel, truncate=3)
    shade += np.float32(0.3) * clouds(rng, area, spacing, octaves=4, gain=0.7)
    even: Grey = shade * np.float32(depth / (shade.std() + 1e-6))
    return even


def _facets(rng: np.random.Generator, area: Area, spacing: float, azimuth: float) -> Grey:
    """Triangles between random points, each lit by its slope, with bright and dark lines where they meet."""
    margin = 2 * spacing
    count = max(int((area.height_mm + 2 * margin) * (area.width_mm + 2 * margin) / spacing**2), 8)
    points = rng.uniform(-margin, (area.width_mm + margin, area.height_mm + margin), (count, 2))
    heights = rng.normal(0, 0.3 * spacing, count)
    mesh = Delaunay(points)
    corners, z = points[mesh.simplices], heights[mesh.simplices]
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    u, v = z[:, 1] - z[:, 0], z[:, 2] - z[:, 0]
    determinant = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    gx, gy = (u * b[:, 1] - v * a[:, 1]) / determinant, (v * a[:, 0] - u * b[:, 0]) / determinant
    lit = np.tanh(gx * np.cos(azimuth) + gy * np.sin(azimuth))
    image = Image.new("F", (area.width, area.height))
    draw = ImageDraw.Draw(image)
    for triangle, value in zip((corners / area.pixel).reshape(-1, 6).tolist(), lit.tolist(), strict=True):
        draw.polygon(triangle, fill=value)
    return np.asarray(image).copy()
