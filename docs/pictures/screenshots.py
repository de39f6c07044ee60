"""Draw docs/images/report.png and tuning.png, light and dark. Needs Chromium.

    python docs/pictures/screenshots.py [report] [tuning]

The report shows digits that the model was not fitted on. The search has sixteen trials on measurements of cells.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import train_test_split

from isthmus import Autoencoder, tune
from isthmus.report import Report, report

IMAGES = Path(__file__).parents[1] / "images"
SIZES = {"report": (1280, 1180), "tuning": (1280, 1560)}


def main() -> None:
    """Fit, write the reports, and take a picture in each colour scheme."""
    IMAGES.mkdir(exist_ok=True)
    chosen = sys.argv[1:] or list(SIZES)
    for name, made in {"report": model_report, "tuning": search_report}.items():
        if name not in chosen:
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "report.html"
            made().save(path)
            if name == "tuning":
                alone = "<style>main > :not(#tuning), body > :not(main) { display: none }</style></head>"
                path.write_text(path.read_text(encoding="utf-8").replace("</head>", alone, 1), encoding="utf-8")
            for file, dark in ((f"{name}.png", False), (f"{name}-dark.png", True)):
                photograph(path.as_uri(), IMAGES / file, *SIZES[name], dark=dark)
                print(IMAGES / file, file=sys.stderr)


def search_report() -> Report:
    """Run a search with ordered codes and report on rows that no trial has seen."""
    data = load_breast_cancer()
    X = pd.DataFrame(data.data, columns=data.feature_names)
    estimator = Autoencoder(12, scale="standard", max_epochs=30)
    search = tune(X, estimator, objective="both", n_trials=16, folds=1)
    return search.report(X.iloc[search.test_index_], title="Measurements of cells, tuned")


def model_report() -> Report:
    """Fit a model of digits and report on rows that it has not seen."""
    data = load_digits()
    X = pd.DataFrame(data.data, columns=data.feature_names)
    train, test, _, digit = train_test_split(X, data.target, test_size=500, random_state=0)
    model = Autoencoder(8, random_state=0).fit(train)
    return report(
        model,
        test,
        image_shape=(8, 8),
        colour=np.asarray(digit),
        colour_name="digit",
        title="Handwritten digits in 8 codes",
    )


def photograph(address: str, picture: Path, width: int, height: int, *, dark: bool) -> None:
    """Photograph the top of a page with Chromium."""
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
                address,
            ],
            check=True,
            capture_output=True,
        )


if __name__ == "__main__":
    main()
