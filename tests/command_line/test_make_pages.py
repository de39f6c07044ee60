"""isthmus make-pages: pairs of pages in a folder."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SMALL = ["--size", "60x80", "--fonts", "pillow", "--quiet"]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.png"))}


def test_pairs_have_names_sizes_and_resolutions(isthmus, tmp_path):
    result = isthmus("make-pages", tmp_path / "new" / "out", "--pages", 2, "--dpi", "100,200", *SMALL[:-1])
    assert result.code == 0
    assert result.out == ""
    assert result.err == f"4 pairs written to {tmp_path}/new/out/clean and {tmp_path}/new/out/dirty.\n"
    names = [f"page-000{page}-{dpi}dpi.png" for page in range(2) for dpi in (100, 200)]
    assert list(files(tmp_path / "new" / "out")) == [f"{part}/{name}" for part in ("clean", "dirty") for name in names]
    for name in names:
        clean, dirty = (Image.open(tmp_path / "new" / "out" / part / name) for part in ("clean", "dirty"))
        dpi = int(name.split("-")[2].removesuffix("dpi.png"))
        assert clean.size == dirty.size == (round(60 / 25.4 * dpi), round(80 / 25.4 * dpi))
        assert clean.mode == dirty.mode == "L"
        assert clean.info["dpi"] == pytest.approx((dpi, dpi), abs=0.1)
        assert np.asarray(clean).max() == 255
        assert not np.array_equal(np.asarray(clean), np.asarray(dirty))


def test_pages_depend_on_seed_and_number_alone(isthmus, tmp_path):
    for name, options in {
        "one": ["--pages", 2],
        "more": ["--pages", 3, "--workers", 2],
        "other": ["--pages", 2, "--seed", 1],
        "dirtier": ["--pages", 2, "--dirt", 2],
    }.items():
        assert isthmus("make-pages", tmp_path / name, *options, *SMALL).code == 0
    one, more, other, dirtier = (files(tmp_path / name) for name in ("one", "more", "other", "dirtier"))
    assert len(more) == 6
    assert one == {name: more[name] for name in one}
    assert all(one[name] != other[name] for name in one)
    assert all((one[name] == dirtier[name]) == name.startswith("clean") for name in one)


def test_no_dirt_gives_the_clean_page_and_colour_three_channels(isthmus, tmp_path):
    assert isthmus("make-pages", tmp_path, "--pages", 1, "--dirt", 0, "--colour", *SMALL).code == 0
    clean, dirty = (Image.open(tmp_path / part / "page-0000.png") for part in ("clean", "dirty"))
    assert clean.mode == dirty.mode == "RGB"
    assert clean.tobytes() == dirty.tobytes()


def test_pages_that_are_there_stay_unless_they_may_be_replaced(isthmus, tmp_path):
    (tmp_path / "dirty").mkdir()
    (tmp_path / "dirty" / "page-0001.png").write_bytes(b"mine")
    result = isthmus("make-pages", tmp_path, "--pages", 2, *SMALL)
    assert result.code == 5
    assert result.err == (
        f"isthmus: {tmp_path}/dirty/page-0001.png: exists already; choose another folder, or --overwrite.\n"
    )
    assert files(tmp_path) == {"dirty/page-0001.png": b"mine"}
    assert isthmus("make-pages", tmp_path, "--pages", 2, "--overwrite", *SMALL).code == 0
    assert len(files(tmp_path)) == 4
    assert files(tmp_path)["dirty/page-0001.png"] != b"mine"


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--dpi", "50"], 2, "dpi must be 100 to 600. Got 50 instead."),
        (["--dpi", "150,1200"], 2, "dpi must be 100 to 600. Got 1200 instead."),
        (["--dpi", "fine"], 2, "--dpi must be a number, or several separated by commas. Got 'fine' instead."),
        (["--size", "a0"], 2, "--size must be a3, a4, a5, letter, legal, or width and height in mm"),
        (["--size", "10x5000"], 2, "size must be 20 to 500 mm on each side. Got 10x5000 instead."),
        (["--dirt", "-1"], 2, "dirt must be a number from 0 (none) to 3. Got -1 instead."),
        (["--pages", "0"], 2, "pages and workers must be at least 1. Got 0 and 1 instead."),
        (["--fonts", "no-such-folder"], 3, "no-such-folder: is not a folder of fonts."),
    ],
)
def test_wrong_options_are_one_sentence_and_make_nothing(isthmus, tmp_path, options, code, words):
    result = isthmus("make-pages", tmp_path / "out", *options)
    assert result.code == code
    assert result.err.startswith(f"isthmus: {words}")
    assert result.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_refused(isthmus, tmp_path):
    (tmp_path / "file").touch()
    result = isthmus("make-pages", tmp_path / "file" / "out", *SMALL)
    assert result.code == 5
    assert "cannot be created" in result.err


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_leaves_whole_files_alone(workers, tmp_path):
    command = [
        Path(sys.executable).with_name("isthmus"),
        "make-pages",
        tmp_path,
        "--pages",
        "10000",
        "--workers",
        workers,
    ]
    process = subprocess.Popen([*command, *SMALL], stderr=subprocess.PIPE, text=True, start_new_session=True)
    while len(files(tmp_path)) < 4 and process.poll() is None:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes
    _, err = process.communicate(timeout=600)
    assert (process.returncode, err) == (130, "isthmus: interrupted.\n")
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert 4 <= len(left) < 1000
    for path in left:
        assert path.suffix == ".png"
        Image.open(path).load()
