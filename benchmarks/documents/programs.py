"""Other programs that clean pages or read them, run in a folder with one thread a process."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What OCRmyPDF does to a document beside cleaning it is left out.
_NOTHING_ELSE = (
    "--output-type",
    "pdf",
    "--rasterizer",
    "pypdfium",
    "--ocr-engine",
    "none",
    "--optimize",
    "0",
    "--quiet",
)


def run(folder: Path, program: str, *arguments: str) -> str:
    """What a program of this environment or of the system prints; temporary files go to the folder, too."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    modules = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = os.environ | {
        "PATH": places, "PYTHONPATH": modules, "OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1", "TMPDIR": str(folder),
    }  # fmt: skip
    found = subprocess.run(
        [program, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if found.returncode:
        sys.exit(f"{program} ends with {found.returncode}: {found.stderr}")
    return found.stdout


def clean_by_ocrmypdf(folder: Path, source: str, output: str, jobs: int) -> None:
    """A PDF through OCRmyPDF --clean-final, which has unpaper clean the pages."""
    run(folder, "ocrmypdf", "--clean-final", *_NOTHING_ELSE, "--jobs", str(jobs), source, output)
