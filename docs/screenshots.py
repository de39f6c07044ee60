"""Make the pictures of docs/images: python docs/screenshots.py (needs Chromium; `apt install chromium`).

The report is on rows of the digits that the model was not fitted on.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from isthmus import Autoencoder
from isthmus.report import report

IMAGES = Path(__file__).parent / "images"
SIZES = {"report": (1280, 1180)}


def main() -> None:
    """Fit, report, and take a picture in each colour scheme."""
    data = load_digits()
    X = pd.DataFrame(data.data, columns=data.feature_names)
    train, test, _, digit = train_test_split(X, data.target, test_size=500, random_state=0)
    model = Autoencoder(8, random_state=0).fit(train)
    page = report(
        model,
        test,
        image_shape=(8, 8),
        colour=np.asarray(digit),
        colour_name="digit",
        title="Handwritten digits in 8 codes",
    )
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        page.save(path)
        for name, dark in (("report.png", False), ("report-dark.png", True)):
            photograph(path, IMAGES / name, *SIZES["report"], dark=dark)
            print(IMAGES / name, file=sys.stderr)


def photograph(page: Path, picture: Path, width: int, height: int, *, dark: bool) -> None:
    """The top of a page as Chromium draws it."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        sys.exit("there is no Chromium: apt install chromium brings it")
    with tempfile.TemporaryDirectory() as profile:
        scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
        subprocess.run(
            [
                program,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                f"--user-data-dir={profile}",
                f"--window-size={width},{height}",
                f"--screenshot={picture}",
                *scheme,
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
        )


if __name__ == "__main__":
    main()
