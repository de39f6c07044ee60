"""A file is written whole or not at all."""

import os
import resource
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ctrl_c import interrupted_at
from isthmus.errors import InputError, ModelFileError, OutputError
from isthmus.system.files import atomic_write, check_writable, open_input, refuse_same_file, temporary_file


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write(path: Path, content: bytes = b"new") -> None:
    with atomic_write(path) as file:
        file.write(content)


def test_a_file_appears_with_what_was_written_and_nothing_beside_it(tmp_path):
    write(tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"new"
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("exception", [ValueError, OSError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_after_an_exception_the_old_file_stays_and_no_other(tmp_path, exception):
    (tmp_path / "out").write_bytes(b"old")

    def fail() -> None:
        with atomic_write(tmp_path / "out") as file:
            file.write(b"half")
            raise exception

    with pytest.raises((exception, OutputError)):
        fail()
    assert (tmp_path / "out").read_bytes() == b"old"
    assert names(tmp_path) == ["out"]


def interrupted(step: int, path: Path) -> bool:
    """Write a file and press Ctrl-C at the given step within the writing; whether it came so far."""
    files = ("files.py", "contextlib.py", "pathlib.py")
    return interrupted_at(step, lambda: write(path), lambda name: Path(name).name in files) <= 0


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # what only the collector closes
def test_ctrl_c_at_any_step_leaves_no_half_file(tmp_path):
    step = 1
    (tmp_path / "out").write_bytes(b"old")
    while interrupted(step, tmp_path / "out"):
        assert names(tmp_path) == ["out"], f"step {step}"
        assert (tmp_path / "out").read_bytes() in (b"old", b"new"), f"step {step}"
        step += 1
    assert step > 20
    assert (tmp_path / "out").read_bytes() == b"new"


def test_until_the_end_the_old_file_stays(tmp_path):
    (tmp_path / "out").write_bytes(b"old")
    with atomic_write(tmp_path / "out") as file:
        file.write(b"new")
        file.flush()
        assert (tmp_path / "out").read_bytes() == b"old"
    assert (tmp_path / "out").read_bytes() == b"new"


def test_a_process_that_is_killed_while_it_writes_leaves_the_old_file(tmp_path):
    (tmp_path / "out").write_bytes(b"old")
    code = (
        "import sys; from isthmus.system.files import atomic_write\n"
        "with atomic_write(sys.argv[1]) as f: f.write(b'x' * 10**6); f.flush(); print('begun', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "out"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(signal.SIGKILL)
    assert (tmp_path / "out").read_bytes() == b"old"


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_the_permissions_of_a_new_file_follow_the_umask(tmp_path, mask):
    before = os.umask(mask)
    try:
        write(tmp_path / "out")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize("given", [0o600, 0o640, 0o666, 0o755, 0o4755, 0o6777])
@pytest.mark.parametrize("old", [None, 0o600, 0o644, 0o4755, 0o2777])
def test_a_file_has_the_permissions_given_and_no_more_than_an_old_one_or_the_umask_allows(tmp_path, given, old):
    if old is not None:
        (tmp_path / "out").write_bytes(b"old")
        (tmp_path / "out").chmod(old)
    before = os.umask(0o022)
    try:
        with atomic_write(tmp_path / "out", mode=given) as file:
            on_the_way = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    finally:
        os.umask(before)
    expected = given & 0o755 & (0o777 if old is None else old)
    assert on_the_way == stat.S_IMODE((tmp_path / "out").stat().st_mode) == expected


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_somebody_elses_file_decides_nothing_about_the_new_one(tmp_path):
    (tmp_path / "out").write_bytes(b"planted")
    os.chown(tmp_path / "out", 65534, 65534)
    (tmp_path / "out").chmod(0o6777)
    write(tmp_path / "out")
    status = (tmp_path / "out").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_uid) == (0o666 & ~current_umask(), 0)


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_nobody_else_can_read_the_temporary_file_of_a_private_one(tmp_path):
    (tmp_path / "out").touch()
    (tmp_path / "out").chmod(0o600)
    with atomic_write(tmp_path / "out"):
        modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {0o600}


@pytest.mark.parametrize("target", ["folder/target", "folder/nothing", "/dev/null", "circle"])
def test_a_symbolic_link_is_replaced_and_never_followed(tmp_path, target):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "target").write_bytes(b"old")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "link").symlink_to(target)
    write(tmp_path / "link")
    assert not (tmp_path / "link").is_symlink()
    assert (tmp_path / "link").read_bytes() == b"new"
    assert (tmp_path / "folder" / "target").read_bytes() == b"old"
    assert names(tmp_path / "folder") == ["target"]


def test_a_temporary_file_is_private(tmp_path):
    before = os.umask(0)
    try:
        with temporary_file(tmp_path) as (_, path):
            assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
    finally:
        os.umask(before)


def test_devices_and_pipes_are_written_to_directly(tmp_path):
    write(Path("/dev/null"))
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    os.mkfifo(tmp_path / "pipe")
    read = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write(tmp_path / "pipe")
    reader.join()
    assert read == [b"new"]


@pytest.mark.parametrize("redirected", [False, True])
def test_standard_output_can_be_named(tmp_path, redirected):
    code = "from isthmus.system.files import atomic_write\nwith atomic_write('/dev/stdout') as f: f.write(b'new')"
    with (tmp_path / "out").open("wb") as out:
        stdout = out if redirected else subprocess.PIPE
        ended = subprocess.run([sys.executable, "-c", code], check=True, stdout=stdout)
    assert (tmp_path / "out").read_bytes() == b"new" if redirected else ended.stdout == b"new"
    assert names(tmp_path) == ["out"]


def test_a_file_that_standard_output_is_appended_to_keeps_its_content(tmp_path):
    (tmp_path / "out").write_bytes(b"old")
    code = (
        "from isthmus.system.files import atomic_write, check_writable\n"
        "check_writable('/dev/stdout')\n"
        "with atomic_write('/dev/stdout') as f: f.write(b' new')"
    )
    with (tmp_path / "out").open("ab") as out:
        subprocess.run([sys.executable, "-c", code], check=True, stdout=out)
    assert (tmp_path / "out").read_bytes() == b"old new"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "it is not a file name"),
        ("a\0b", "it is not a file name"),
        (".", "it is a folder"),
        ("new/", "it is a folder"),
        ("missing/out", "there is no such folder"),
        ("file/out", "there is no such folder"),
        ("circle/out", "symbolic links"),
        ("folder-link", "it is a folder"),
        ("x" * 300, "the name is too long"),
        ("ü" * 200, "the name is too long"),
        ("/dev/full", "the disk is full"),
        ("/proc/out", "there is no such folder|permission denied"),
    ],
)
def test_what_cannot_be_written_is_refused_in_a_sentence(tmp_path, monkeypatch, name, why):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "folder-link").symlink_to(tmp_path)
    with pytest.raises(OutputError, match=why), atomic_write(name) as file:
        file.write(b"x" * 10**6)
    assert names(tmp_path) == ["circle", "file", "folder-link"]
    if name != "/dev/full":
        with pytest.raises(OutputError, match=why):
            check_writable(name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_files_and_folders_are_refused(tmp_path):
    (tmp_path / "folder").mkdir(mode=0o555)
    (tmp_path / "file").touch(mode=0o444)
    for path in (tmp_path / "folder" / "out", tmp_path / "file"):
        with pytest.raises(OutputError, match="permission denied"):
            check_writable(path)


def test_a_full_disk_leaves_the_old_file(tmp_path):
    (tmp_path / "out").write_bytes(b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(OutputError, match="too large"):
            write(tmp_path / "out", b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert (tmp_path / "out").read_bytes() == b"old"
    assert names(tmp_path) == ["out"]


def test_looking_whether_a_file_can_be_written_leaves_no_trace(tmp_path):
    (tmp_path / "old").write_bytes(b"old")
    check_writable(tmp_path / "old")
    check_writable(tmp_path / "new")
    check_writable("/dev/null")
    assert names(tmp_path) == ["old"]
    assert (tmp_path / "old").read_bytes() == b"old"


def test_the_input_is_refused_as_output_by_whatever_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").touch()
    (tmp_path / "link").symlink_to("in")
    (tmp_path / "hard").hardlink_to("in")
    for output in ("in", "./in", tmp_path / "in", "link", "hard"):
        with pytest.raises(OutputError, match="is the input"):
            refuse_same_file("in", output)
    (tmp_path / "other").touch()
    for output in ("other", "new", "/dev/null", "-", "a\0b"):
        refuse_same_file("in", output)
    refuse_same_file("/dev/null", "/dev/null")


@pytest.mark.parametrize("pipes", [False, True])
def test_inputs_are_opened_or_refused_in_a_sentence(tmp_path, monkeypatch, pipes):
    monkeypatch.chdir(tmp_path)
    Path("data").write_bytes(b"content")
    with open_input("data", InputError, "a table", pipes=pipes) as file:
        assert file.read() == b"content"
    for name, sentence in {
        "none": "none: there is no such file.",
        "a\nb": r"a\nb: there is no such file.",
        ".": ".: is a folder, not a table.",
        "data/below": "data/below: cannot be read (there is no such folder).",
        "a\0b": r"a\x00b: is not a file name.",
    }.items():
        with pytest.raises(InputError) as caught:
            open_input(name, InputError, "a table", pipes=pipes)
        assert str(caught.value) == sentence


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_refused_at_once_unless_pipes_are_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelFileError, match="pipe: is a device or pipe, not a model file"):
        open_input(tmp_path / "pipe", ModelFileError, "a model file")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b"content",))
    writer.start()
    with open_input(tmp_path / "pipe", InputError, "a table", pipes=True) as file:
        assert file.read() == b"content"
    writer.join()
