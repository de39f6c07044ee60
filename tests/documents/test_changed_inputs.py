"""An input that changes during a run leaves no output; outputs have the permissions of their inputs, and no more."""

import os
import stat
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isthmus.documents import Options, transform_documents
from isthmus.documents.batch import plan_batch
from isthmus.errors import InputError

N_PAGES = 4


def document(path: Path, shade: int) -> None:
    pages = [Image.fromarray(np.full((300, 200), shade + number, np.uint8)) for number in range(N_PAGES)]
    options = {"resolution": 150} if path.suffix == ".pdf" else {}
    pages[0].save(path, save_all=True, append_images=pages[1:], **options)


def replace_by_another(path: Path) -> None:
    document(path.with_name("new" + path.suffix), 150)
    path.with_name("new" + path.suffix).replace(path)


def write_over(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(file.read(1))
    os.utime(path, ns=(1, 1))


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("suffix", ["tif", "pdf"])
@pytest.mark.parametrize("change", [replace_by_another, write_over, cut_short, Path.unlink])
@pytest.mark.parametrize("at", range(1, N_PAGES + 1))
def test_an_input_that_changes_during_a_run_is_refused_and_the_old_output_stays(tmp_path, suffix, change, at):
    source, output = tmp_path / f"in.{suffix}", tmp_path / f"out.{suffix}"
    document(source, 100)
    output.write_bytes(b"old")
    n_seen = 0

    def function(pixels, *, dpi):
        nonlocal n_seen
        n_seen += 1
        if n_seen == at:
            change(source)
        return 255 - pixels

    (report,) = transform_documents([(str(source), str(output))], function)
    assert isinstance(report.error, InputError)
    assert str(report.error) == f"{source}: has changed since it was first read, so nothing is written; try again."
    assert output.read_bytes() == b"old"
    assert [path.name for path in tmp_path.glob(".isthmus-*")] == []


def test_the_next_run_takes_an_input_that_changed_again(tmp_path):
    (tmp_path / "in").mkdir()
    source = tmp_path / "in" / "a.tif"
    document(source, 100)
    batch = plan_batch([str(tmp_path / "in")], str(tmp_path / "out"))

    def function(pixels, *, dpi):
        replace_by_another(source)
        return 255 - pixels

    (report,) = transform_documents(batch, function)
    assert report.error is not None
    assert plan_batch([str(tmp_path / "in")], str(tmp_path / "out")).n_done == 0


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o4755])
@pytest.mark.parametrize("suffix", ["tif", "pdf", "png"])
def test_the_output_has_the_permissions_of_the_input(tmp_path, mode, suffix):
    source, output = tmp_path / f"in.{suffix}", tmp_path / f"out.{suffix}"
    if suffix == "png":
        Image.fromarray(np.full((30, 20), 100, np.uint8)).save(source)
    else:
        document(source, 100)
    source.chmod(mode)
    before = os.umask(0o022)
    try:
        (report,) = transform_documents([(str(source), str(output))], lambda pixels, dpi: 255 - pixels, Options())
    finally:
        os.umask(before)
    assert report.error is None
    assert stat.S_IMODE(output.stat().st_mode) == mode & 0o755
