"""The whole command where there is little: no network, no home, no permission to write, a full disk."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import img2pdf
import pytest

from document_pages import page, saved

NESTED = "import subprocess, sys, isthmus; subprocess.run([sys.executable, '-c', 'import isthmus'], check=True)"
ISTHMUS = [sys.executable, "-c", "import sys; from isthmus.cli import main; sys.exit(main())", "clean"]
NOBODY = "65534"


def works(*command) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def first_that_works(*ways, reason):
    """The first way to begin a command that the kernel allows; without any, a test cannot be done here."""
    for way in ways:
        if works(*way, sys.executable, "-c", NESTED):
            return way
    if os.environ.get("CI"):
        pytest.fail(reason)
    return pytest.skip(reason)


@pytest.fixture(scope="session")
def without_network():
    """How a command begins that has no network, and where this is root, as nobody or without root's rights."""
    nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs"]
    powerless = ["setpriv", "--securebits=+noroot,+noroot_locked", "--bounding-set=-all", "--no-new-privs"]
    ways = [["unshare", "-n", *way] for way in (nobody, powerless, [])] if os.getuid() == 0 else [["unshare", "-rn"]]
    return first_that_works(*ways, reason="the kernel allows no namespaces without a network")


@pytest.fixture
def open_folder():
    """A folder that everybody may write to, and reach."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


def test_it_runs_without_network_home_and_rights(without_network, open_folder):
    pages = [saved(page(seed, (420, 520)), "PNG", dpi=(100, 100)) for seed in range(3)]
    (open_folder / "scan.pdf").write_bytes(img2pdf.convert(pages))
    (open_folder / "scan.png").write_bytes(pages[0])
    environment = {name: value for name, value in os.environ.items() if name not in {"HOME", "USER", "LOGNAME"}}
    environment |= {"XDG_CACHE_HOME": "/proc", "OMP_NUM_THREADS": "1"}  # in /proc nobody can write

    with socket.create_server(("127.0.0.1", 0)) as server:
        ask = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 5)"
        assert works(sys.executable, "-c", ask)
        assert not works(*without_network, sys.executable, "-c", ask)

    command = [*without_network, *ISTHMUS, "scan.pdf", "scan.png", "-o", "clean", "--jobs", "2", "--review", "look"]
    found = subprocess.run(command, cwd=open_folder, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert found.stderr.endswith("2 documents with 4 cleaned pages; written to clean.\n")
    for name in ("scan.pdf", "scan.png"):
        assert (open_folder / "clean" / name).read_bytes() != (open_folder / name).read_bytes()
    assert (open_folder / "look" / "index.html").exists()
    assert not list(open_folder.rglob(".isthmus-*"))


def test_on_a_full_disk_the_old_output_stays(tmp_path):
    """The disk is small, and in memory."""
    script = 'mount -t tmpfs -o size=64k tmpfs "$1" && shift && "$@"'
    begin = ["unshare", "-m" if os.getuid() == 0 else "-rm", "sh", "-ec", script, "sh"]
    (tmp_path / "disk").mkdir()
    way = first_that_works([*begin, str(tmp_path / "disk")], reason="the kernel allows no disks of one's own")
    pages = [page(seed, (600, 800)) for seed in range(4)]
    (tmp_path / "in.tif").write_bytes(saved(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    code = (
        "import os, pathlib, sys; from isthmus.cli import main; pathlib.Path('disk/out.tif').write_bytes(b'old');"
        "code = main(['clean', 'in.tif', '-o', 'disk/out.tif', '--strength', '0']);"
        "print(os.listdir('disk'), pathlib.Path('disk/out.tif').read_bytes()); sys.exit(code)"
    )
    found = subprocess.run(
        [*way, sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert found.stderr == "isthmus: disk/out.tif: cannot be written (the disk is full).\n"
    assert (found.returncode, found.stdout) == (5, "['out.tif'] b'old'\n")
