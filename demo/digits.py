"""The demo: scikit-learn's digits through the command line, beside PCA on the same held-out rows.

    python demo/digits.py FOLDER

Writes the rows as CSV files, fits, encodes and decodes them with the commands that anybody would type, prints a table
of errors, and draws digits before and after.
"""

import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

CODES = 16
SHOWN = 12
ZOOM = 6
MARGIN = 8


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.data))
    train, test = digits.data[order[450:]], digits.data[order[:450]]
    for name, rows in (("train", train), ("test", test)):
        np.savetxt(
            folder / f"{name}.csv", rows, fmt="%g", delimiter=",", header=",".join(digits.feature_names), comments=""
        )

    began = time.perf_counter()
    run(folder, f"isthmus fit train.csv -o digits.safetensors --code-size {CODES} --scale global --max-epochs 100")
    seconds = time.perf_counter() - began
    run(folder, "isthmus encode digits.safetensors test.csv -o codes.csv")
    run(folder, "isthmus decode digits.safetensors codes.csv -o decoded.csv")
    run(folder, "isthmus info digits.safetensors")

    decoded = np.loadtxt(folder / "decoded.csv", delimiter=",", skiprows=1)
    began = time.perf_counter()
    pca = PCA(CODES).fit(train)
    pca_seconds = time.perf_counter() - began
    by_pca = pca.inverse_transform(pca.transform(test))
    draw(
        folder / "digits.png", {"as they are": test, f"PCA, {CODES} codes": by_pca, f"Isthmus, {CODES} codes": decoded}
    )

    variance = np.mean((test - train.mean(axis=0)) ** 2)
    table = Table(title=f"{len(test)} held-out digits of 64 pixels in {CODES} codes")
    for heading in ("", "mean squared error", "variance lost", "seconds to fit"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, rows, spent in (("PCA", by_pca, pca_seconds), ("Isthmus", decoded, seconds)):
        error = np.mean((rows - test) ** 2)
        table.add_row(name, f"{error:.3f}", f"{error / variance:.1%}", f"{spent:.2f}")
    console = Console()
    console.print(table)
    console.print("(The seconds of Isthmus are those of the whole command, start-up included.)\n")
    for name, what in (
        ("digits.safetensors", "the model"),
        ("codes.csv", f"the {CODES} codes of each held-out digit"),
        ("decoded.csv", "the digits from their codes"),
        ("digits.png", "digits before and after"),
    ):
        print(f"{folder / name}: {what}")


def run(folder: Path, command: str) -> None:
    """Run a command of Isthmus in the folder, as a user would."""
    print(f"$ {command}", flush=True)
    name, *arguments = shlex.split(command)
    program = shutil.which(name, path=str(Path(sys.executable).parent)) or name
    subprocess.run([program, *arguments], cwd=folder, check=True)


def draw(path: Path, rows: dict[str, np.ndarray]) -> None:
    """A picture with a line of digits for each array of rows, and its name beside it."""
    size, label = 8 * ZOOM, 130
    picture = Image.new("L", (label + SHOWN * (size + MARGIN), MARGIN + len(rows) * (size + MARGIN)), 255)
    pen = ImageDraw.Draw(picture)
    for i, (name, values) in enumerate(rows.items()):
        top = MARGIN + i * (size + MARGIN)
        pen.text((MARGIN, top + size // 2 - 6), name, fill=0)
        for j, row in enumerate(values[:SHOWN]):
            pixels = (255 - np.clip(row.reshape(8, 8), 0, 16) * (255 / 16)).astype(np.uint8)
            picture.paste(
                Image.fromarray(pixels).resize((size, size), Image.Resampling.NEAREST),
                (label + j * (size + MARGIN), top),
            )
    picture.save(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
