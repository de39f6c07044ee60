"""The installed program: pipes, closed streams, Ctrl-C, completion, and how soon it starts."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow
import pytest
from benchmarks.rows import streaming
from sklearn.datasets import load_digits

import isthmus as library

ISTHMUS = [Path(sys.executable).with_name("isthmus")]


def run(*arguments, **options) -> subprocess.CompletedProcess:
    """Run the installed program."""
    return subprocess.run([*ISTHMUS, *arguments], check=False, **{"capture_output": True, **options})


@pytest.mark.parametrize("format", ["csv.gz", "parquet", "npz"])
def test_pipes_carry_tables(format, folder, rows, program, tmp_path):
    table = (folder / "table.csv").read_bytes()
    codes = program.run("encode", folder / "model", "-", "-o", "-", "--format", "csv", "--output-format", format,
                        given=table)  # fmt: skip
    assert (codes.returncode, codes.stderr) == (0, b"")
    back = program.run("decode", folder / "model", "-", "-o", "-", "--format", format, "--output-format", "npy",
                       given=codes.stdout)  # fmt: skip
    assert (back.returncode, back.stderr) == (0, b"")
    (tmp_path / "back.npy").write_bytes(back.stdout)
    expected = library.load(folder / "model").reconstruct(pyarrow.table(dict(zip("abcd", rows.T, strict=True))))
    np.testing.assert_array_equal(np.load(tmp_path / "back.npy"), expected)


def test_text_that_is_piped_keeps_its_format(folder):
    result = run("encode", folder / "model", "-", "-o", "-", "--format", "tsv",
                 input=(folder / "table.csv").read_bytes().replace(b",", b"\t"))  # fmt: skip
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.startswith(b"autoencoder0\tautoencoder1\n")


@pytest.mark.parametrize("format", ["csv", "feather", "npz"])
def test_a_reader_who_leaves_ends_the_command_without_a_word(format, folder, program, tmp_path):
    (tmp_path / "long.csv").write_text("a,b,c,d\n" + "1,2,3,4\n0.5,3,2,1\n" * 20_000)
    command = ["encode", folder / "model", tmp_path / "long.csv", "-o", "-", "--output-format", format]
    source, sink = os.pipe()
    os.close(source)
    with os.fdopen(sink, "wb") as closed, (tmp_path / "errors").open("wb") as errors:
        program.start(command, {1: closed.fileno(), 2: errors.fileno()})
    assert program.wait() == 141
    assert (tmp_path / "errors").read_bytes() == b""


@pytest.mark.skipif(sys.platform != "linux", reason="the benchmark and the remedy are for glibc")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "format", "lengths"),
    [
        ("encode", "parquet", (50_000, 400_000)),
        *((command, "csv", (100_000, 1_000_000)) for command in ("encode", "decode", "reconstruct")),
    ],
)
def test_memory_does_not_grow_with_the_rows(command, format, lengths, tmp_path):
    names = streaming.fit(tmp_path, 20, 16)["codes" if command == "decode" else "columns"]
    peaks = []
    for n_rows in lengths:
        streaming.make(tmp_path / f"table.{format}", n_rows, names)
        arguments = [tmp_path / "model", tmp_path / f"table.{format}", "-o", tmp_path / f"output.{format}"]
        peaks.append(streaming.run([*ISTHMUS, command, *arguments]))
    assert peaks[1] <= 1.1 * peaks[0]


def test_closed_streams_are_no_surprise(folder, program, tmp_path):
    encode = ["encode", folder / "model", folder / "table.csv", "-o"]
    shell = f"{ISTHMUS[0]} {' '.join(map(str, encode))} codes.csv >&- 2>&-"
    assert subprocess.run(shell, shell=True, check=False, cwd=tmp_path).returncode == 0
    for arguments, output, closed, sentence in (
        ([*encode, "-", "--format", "csv"], None, [1], "standard output: is closed"),
        (["info", folder / "model"], None, [1], "standard output: is closed"),
        (["info", folder / "model"], "/dev/full", [], "standard output: cannot be written (the disk is full)"),
    ):
        result = program.run(*arguments, output=output, closed=closed)
        assert (result.returncode, result.stderr.decode()) == (5, f"isthmus: {sentence}.\n")
    result = program.run("fit", "-", "-o", tmp_path / "c", "--format", "csv", closed=[0])
    assert result.stderr == b"isthmus: standard input: is closed.\n"


def test_an_error_that_nobody_hears_leaves_its_exit_code(folder, program, tmp_path):
    command = ["fit", folder / "table.csv", "-o", tmp_path / "m"]  # it has a column of text
    result = program.run(*command, closed=[2])
    assert (result.returncode, result.stdout) == (3, b"")
    with Path("/dev/full").open("wb") as full:
        program.start(command, {1: full.fileno(), 2: full.fileno()})
    assert program.wait() == 3


def test_a_terminal_without_blocks_gets_a_drawing_in_ascii(folder):
    result = run("info", folder / "model", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert result.returncode == 0
    assert b"####  " in result.stdout
    assert result.stdout.isascii()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["fit", "--help"]])
def test_help_imports_nothing_heavy(arguments):
    code = f"""
import sys
from isthmus.cli import main
assert main({arguments!r}) == 0
heavy = {{"torch", "sklearn", "scipy", "numpy", "pyarrow", "pandas", "rich"}}
needless = {{"isthmus.system.files", "isthmus.tables", "isthmus.report"}}
if {len(arguments)} == 1:  # otherwise typer imports pydantic, which imports these
    needless |= {{"pydantic", "json", "csv", "shlex", "logging"}}
imported = sorted((heavy | needless) & sys.modules.keys())
assert not imported, imported
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "isthmus" in result.stdout


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, isthmus; assert not {'torch', 'sklearn', 'numpy'} & set(sys.modules); isthmus.Autoencoder"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_fit_brings_no_compiler_into_memory():
    code = """if True:
        import sys, numpy as np, isthmus
        isthmus.Autoencoder(2, max_epochs=1).fit(np.random.default_rng(0).normal(size=(40, 5)))
        isthmus.ConvAutoencoder(4, max_epochs=1).fit(np.random.default_rng(0).random((9, 8, 8)))
        assert "sympy" not in sys.modules"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("words", "completions"),
    [
        ("isthmus en", ["encode"]),
        ("isthmus fit --decoder", ["--decoder-layers"]),
        ("isthmus fit --activation l", ["leaky_relu"]),
        ("isthmus fit --loss ", ["auto", "mse", "bce"]),
        ("isthmus encode --format csv", ["csv", "csv.gz"]),
        ("isthmus encode ta", []),  # the shell itself completes the names of files
    ],
)
def test_the_shell_completes(words, completions):
    environment = {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" ")), "_ISTHMUS_COMPLETE": "complete_bash"}
    result = run(env={**os.environ, **environment}, text=True)
    assert result.stdout.split() == completions
    assert result.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_calls_the_program(shell):
    result = run(env={**os.environ, "_ISTHMUS_COMPLETE": f"source_{shell}"}, text=True)
    assert f"_ISTHMUS_COMPLETE=complete_{shell}" in result.stdout
    assert result.returncode == 0


def test_bash_takes_the_completion_script(tmp_path):
    script = run(env={**os.environ, "_ISTHMUS_COMPLETE": "source_bash"}, text=True).stdout
    words = 'COMP_WORDS=(isthmus rec); COMP_CWORD=1; _isthmus_completion isthmus; echo "${COMPREPLY[@]}"'
    environment = {**os.environ, "PATH": f"{ISTHMUS[0].parent}{os.pathsep}{os.environ['PATH']}"}
    result = subprocess.run(
        ["bash", "-c", f"{script}\n{words}"], env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["reconstruct"]


def test_ctrl_c_in_training_writes_the_best_epoch(tmp_path):
    np.save(tmp_path / "x.npy", load_digits().data)
    terminal, side = os.openpty()
    command = [*ISTHMUS, "fit", tmp_path / "x.npy", "-o", tmp_path / "m", "--max-epochs", "100000", "--patience", "0"]
    process = subprocess.Popen(command, stderr=side, env={**os.environ, "TERM": "xterm", "COLUMNS": "120"})
    os.close(side)
    shown = _read_until(terminal, "best")  # the progress bar, which only a terminal gets to see
    process.send_signal(signal.SIGINT)
    shown += _read_until(terminal, None)
    assert process.wait(timeout=600) == 0, shown
    assert "Training was interrupted after" in shown
    assert "Written to" in shown
    model = library.load(tmp_path / "m")
    assert model.n_epochs_ >= 1
    assert model.validation_error_ <= model.start_error_


def test_ctrl_c_at_any_other_time_leaves_no_file(folder, program, tmp_path):
    os.mkfifo(tmp_path / "endless.csv")
    for command in (
        ["fit", tmp_path / "endless.csv", "-o", tmp_path / "out"],
        ["encode", folder / "model", tmp_path / "endless.csv", "-o", tmp_path / "out.csv"],
        ["reconstruct", folder / "model", tmp_path / "endless.csv", "-o", "-", "--output-format", "npz"],
    ):
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            process = program.start(command, {1: out.fileno(), 2: err.fileno()})
            with (tmp_path / "endless.csv").open("w") as pipe:  # waits until the table is opened
                pipe.write("a,b,c,d\n" + "1,2,3,4\n" * 200_000)
                os.kill(process, signal.SIGINT)
                assert program.wait() == 130
            out.seek(0)
            err.seek(0)
            assert (out.read(), err.read()) == ("", "isthmus: interrupted.\n")
        assert [path.name for path in tmp_path.iterdir()] == ["endless.csv"]


def _read_until(terminal: int, word: str | None) -> str:
    """What a program writes to a terminal, up to a word or to its end."""
    text = ""
    while word is None or word not in text:
        try:
            text += os.read(terminal, 2**16).decode(errors="replace")
        except OSError:  # how Linux says that nobody has the terminal open any more
            break
    return text
