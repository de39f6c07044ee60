"""Rows and images to work on; only numpy is imported, so that no library is in memory that is not measured."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROWS_AT_ONCE = 50_000


def rows_of(n_rows: int, n_columns: int) -> Iterator[np.ndarray]:
    """Rows in parts, whose columns depend on each other."""
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(max(1, n_columns // 4), n_columns))
    for start in range(0, n_rows, ROWS_AT_ONCE):
        count = min(ROWS_AT_ONCE, n_rows - start)
        yield rng.normal(size=(count, len(mixing))) @ mixing + 0.1 * rng.normal(size=(count, n_columns))


def table(rows: int, columns: int) -> np.ndarray:
    """Rows of unit scale, whole."""
    made = np.concatenate([part.astype(np.float32) for part in rows_of(rows, columns)])
    made /= made.std()
    return made


def noise_images(images: int, size: int) -> np.ndarray:
    """Images whose pixels are chance, in [0, 1]."""
    return np.random.default_rng(0).random((images, size, size), dtype=np.float32)


def fashion(folder: str, part: str, rows: int) -> np.ndarray:
    """The first images of a part of Fashion-MNIST ("train" or "t10k")."""
    return images(Path(folder, f"{part}-images-idx3-ubyte.gz"))[:rows]


def images(path: Path) -> np.ndarray:
    """Rows of 784 pixels in [0, 1]."""
    with gzip.open(path) as file:
        return np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784).astype(np.float32) / 255


MAKERS = {"table": table, "images": noise_images, "fashion": fashion}


def made(kind: str, **options: Any) -> np.ndarray:
    """The data that a case names."""
    return MAKERS[kind](**options)
