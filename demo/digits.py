"""The demo: the digits of scikit-learn on the command line, compared with PCA on the same held-out rows.

    python demo/digits.py FOLDER [--picture FILE]

Writes the rows to CSV files; runs isthmus fit, encode, decode, compare and report on them; prints a table of errors,
and draws digits before and after.
"""

import argparse
import csv
import io
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

CODES = 16
TEST_ROWS = 450
ZOOM = 8
MARGIN = 8
FIT = f"isthmus fit train.csv -o digits.safetensors --code-size {CODES} --scale global --max-epochs 100"
ENCODE = "isthmus encode digits.safetensors test.csv -o codes.csv"
DECODE = "isthmus decode digits.safetensors codes.csv -o decoded.csv"
COMPARE = "isthmus compare train.csv --code-sizes 2,4,8,16 --scale global --max-epochs 30 --plot compare.svg -q"
REPORT = "isthmus report digits.safetensors test.csv -o report.html --image-shape 8x8"
FILES = {
    "digits.safetensors": "the model",
    "codes.csv": f"the latent code of each held-out digit, {CODES} numbers",
    "decoded.csv": "the digits decoded from their codes",
    "digits.png": "digits before and after",
    "compare.svg": "explained variance by code size, for PCA and Isthmus",
    "report.html": "the report, to open in a browser",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--picture", type=Path, help="file for a copy of digits.png")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    train, test, first = write_rows(folder)

    seconds = run(folder, FIT)
    for command in (ENCODE, DECODE):
        run(folder, command)
    decoded = np.loadtxt(folder / "decoded.csv", delimiter=",", skiprows=1)
    began = time.perf_counter()
    pca = PCA(CODES).fit(train)
    pca_seconds = time.perf_counter() - began
    by_pca = pca.inverse_transform(pca.transform(test))
    lines = {"original": test, f"PCA, {CODES} codes": by_pca, f"Isthmus, {CODES} codes": decoded}
    draw(folder / "digits.png", {name: rows[first] for name, rows in lines.items()})
    if arguments.picture is not None:
        shutil.copyfile(folder / "digits.png", arguments.picture)
    variance = float(np.mean((test - train.mean(axis=0)) ** 2))
    print()
    show_errors(test, {"PCA": (by_pca, pca_seconds), "Isthmus": (decoded, seconds)}, variance)
    for command in (COMPARE, REPORT):
        run(folder, command)
    print()
    for name, what in FILES.items():
        print(f"{folder / name}: {what}")


def write_rows(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Split the digits into training and test rows, write both to CSV files, and find the first 0, 1, … of the test."""
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.data))
    train, test = digits.data[order[TEST_ROWS:]], digits.data[order[:TEST_ROWS]]
    for name, rows in (("train", train), ("test", test)):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(digits.feature_names)
        writer.writerows(rows.astype(int).tolist())
        (folder / f"{name}.csv").write_text(text.getvalue())
    _, first = np.unique(digits.target[order[:TEST_ROWS]], return_index=True)
    return train, test, first


def run(folder: Path, command: str) -> float:
    """Run a command of Isthmus in the folder, as a user would, and return its seconds."""
    print(f"$ {command}", flush=True)
    name, *arguments = shlex.split(command)
    program = shutil.which(name, path=str(Path(sys.executable).parent)) or name
    began = time.perf_counter()
    done = subprocess.run([program, *arguments], cwd=folder, check=False)
    if done.returncode:
        sys.exit(done.returncode)  # the command has printed the reason
    return time.perf_counter() - began


def show_errors(test: np.ndarray, models: dict[str, tuple[np.ndarray, float]], variance: float) -> None:
    """Print the errors of reconstructions in a table."""
    table = Table(title=f"{len(test)} held-out digits of {test.shape[1]} pixels in {CODES} codes")
    for heading in ("", "mean squared error", "variance lost", "seconds to fit"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, (rows, seconds) in models.items():
        error = float(np.mean((rows - test) ** 2))
        table.add_row(name, f"{error:.3f}", f"{error / variance:.1%}", f"{seconds:.2f}")
    Console().print(table)
    print("(The time of Isthmus is that of the whole command, including start-up.)\n", flush=True)


def draw(path: Path, lines: dict[str, np.ndarray]) -> None:
    """Draw a line of digits for each array of rows, with its name beside it."""
    size, font, first = 8 * ZOOM, ImageFont.load_default(15), next(iter(lines.values()))
    label = MARGIN + max(int(font.getlength(name)) for name in lines) + 2 * MARGIN
    picture = Image.new("L", (label + len(first) * (size + MARGIN), MARGIN + len(lines) * (size + MARGIN)), 255)
    pen = ImageDraw.Draw(picture)
    for i, (name, values) in enumerate(lines.items()):
        top = MARGIN + i * (size + MARGIN)
        pen.text((MARGIN, top + size // 2), name, fill=0, font=font, anchor="lm")
        for j, row in enumerate(values):
            pixels = (255 - np.clip(row.reshape(8, 8), 0, 16) * (255 / 16)).astype(np.uint8)
            picture.paste(
                Image.fromarray(pixels).resize((size, size), Image.Resampling.NEAREST),
                (label + j * (size + MARGIN), top),
            )
    picture.save(path)


if __name__ == "__main__":
    main()
