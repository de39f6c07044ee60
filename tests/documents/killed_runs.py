"""Runs of ``isthmus clean`` that are killed, at moments spread over a whole run, and what they leave.

A document of many pages and a folder of documents are cleaned once without disturbance, and then again and again, with
one job and with several, and killed (SIGKILL) after a share of that time. Every file that stands under its final name
must then have the bytes of the undisturbed run; all processes must end; and the next run must finish the rest and
leave nothing but it, in the folder of the outputs and in that for temporary files.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

ISTHMUS = [sys.executable, "-c", "import sys; from isthmus.cli import main; sys.exit(main())", "clean"]
N_PAGES = 12
PATIENCE = 600.0  # seconds for the processes of a killed run to end
SWEPT_FROM = 1.1  # seconds after which a file that nobody has locked is a leftover


def run(place: Path, moments: int, options: Sequence[str] = ()) -> list[str]:
    """Kill runs at so many moments, and list what was wrong afterwards."""
    make_documents(place)
    tasks = {
        source: whole_run(place, source, options) for source in ("many.tif", "many.pdf", "folder")
    }  # what comes out, and after how many seconds
    wrong: list[str] = []
    for number in range(moments):
        source = list(tasks)[number % len(tasks)]
        expected, seconds = tasks[source]
        jobs, share = 1 + number % 2, (number + 1) / (moments + 1)
        found = killed(place, source, jobs, options, seconds=share * seconds, expected=expected)
        wrong += [f"{source}, {jobs} jobs, killed after {share:.0%}: {what}" for what in found]
    return wrong


def make_documents(place: Path) -> None:
    """A TIFF and a PDF of many pages, and a folder of small documents."""
    pages = [scanned_page(number) for number in range(N_PAGES)]
    (place / "folder" / "deep").mkdir(parents=True)
    (place / "tmp").mkdir()
    pages[0].save(place / "many.tif", save_all=True, append_images=pages[1:], compression="tiff_lzw", dpi=(150, 150))
    pages[0].save(place / "many.pdf", save_all=True, append_images=pages[1:], resolution=150)
    for number, page in enumerate(pages):
        page.save(place / "folder" / ("deep" if number % 2 else ".") / f"{number}.png", dpi=(150, 150))


def scanned_page(number: int) -> Image.Image:
    """Text on paper with a shadow."""
    paper = np.random.default_rng(number).normal(210, 4, (700, 500)) * np.linspace(0.8, 1, 500)
    image = Image.fromarray(paper.clip(0, 255).astype(np.uint8))
    for row in range(20, 680, 24):
        ImageDraw.Draw(image).text((30, row), f"{number}: killed in line {row}, and begun again", fill=30, font_size=16)
    return image


def whole_run(place: Path, source: str, options: Sequence[str]) -> tuple[dict[str, bytes], float]:
    """What a run that nobody disturbs writes, and how long it takes."""
    begun = time.monotonic()
    finish(place, source, 1, options)
    seconds = time.monotonic() - begun
    expected = outputs(place)
    shutil.rmtree(place / "out")
    return expected, seconds


def killed(
    place: Path, source: str, jobs: int, options: Sequence[str], *, seconds: float, expected: dict[str, bytes]
) -> list[str]:
    """Kill a run and start it again; what is not as it should be."""
    (place / "out").mkdir()
    with subprocess.Popen(
        command(place, source, jobs, options),
        env=environment(place),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
        wrong = [] if ended(process.pid) else [f"processes go on {PATIENCE:g} s later"]
    wrong += [
        f"{name} is not whole"
        for name, content in outputs(place).items()
        if not Path(name).name.startswith(".isthmus-") and content != expected[name]
    ]
    time.sleep(SWEPT_FROM)
    said = finish(place, source, jobs, options)
    found = outputs(place)
    wrong += [f"the next run leaves {name}" for name in found.keys() - expected.keys()]
    wrong += [
        f"the next run does not write {name} as before: {said.splitlines()[:1]}"
        for name in expected
        if found.get(name) != expected[name]
    ]
    wrong += [f"{path.name} stays in the temporary folder" for path in (place / "tmp").iterdir()]
    shutil.rmtree(place / "out")
    return wrong


def finish(place: Path, source: str, jobs: int, options: Sequence[str]) -> str:
    """Run the command to its end, and give what it said."""
    (place / "out").mkdir(exist_ok=True)
    found = subprocess.run(
        command(place, source, jobs, options), env=environment(place), capture_output=True, text=True, check=False
    )
    return found.stderr


def command(place: Path, source: str, jobs: int, options: Sequence[str]) -> list[str]:
    """The command line for a document, or for a folder of them."""
    output = place / "out" if source == "folder" else place / "out" / source
    return [*ISTHMUS, str(place / source), "-o", str(output), "--jobs", str(jobs), *options]


def environment(place: Path) -> dict[str, str]:
    """One thread, and a folder for temporary files of its own."""
    return os.environ | {"TMPDIR": str(place / "tmp"), "OMP_NUM_THREADS": "1"}


def outputs(place: Path) -> dict[str, bytes]:
    """All files in the folder of outputs, by their names in it."""
    folder = place / "out"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def ended(session: int) -> bool:
    """Whether all processes of a session are gone in time."""
    until = time.monotonic() + PATIENCE
    while running(session):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def running(session: int) -> list[int]:
    """The processes of a session (proc(5)), but for those that have ended and are not yet waited for."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state, *fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # has ended meanwhile
        if int(fields[2]) == session and state not in {"Z", "X"}:
            found.append(int(entry.name))
    return found
