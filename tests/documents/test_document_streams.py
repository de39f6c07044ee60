"""Many documents and pages: processes, batches, and what a run leaves behind."""

import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from benchmarks.documents import document_streaming

from document_pages import fail_on_tall, page, reopened, saved, whiten
from isthmus.documents import Options, Rules, transform_documents
from isthmus.documents.batch import left_out, plan_batch
from isthmus.errors import InputError, OutputError, ParameterError
from isthmus.system.files import sweep_leftovers, temporary_file


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def many(n: int) -> bytes:
    pages = [page(seed) for seed in range(n)]
    return saved(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")


def test_processes_give_the_bytes_of_one_in_order(tmp_path):
    (tmp_path / "many.tif").write_bytes(many(7))
    for seed in range(4):
        (tmp_path / f"{seed}.png").write_bytes(saved(page(seed), "PNG"))
    names = ["0.png", "many.tif", "1.png", "missing.png", "2.png", "3.png"]
    found = {}
    for jobs in (1, 2):
        pairs = [(str(tmp_path / name), str(tmp_path / f"{jobs}-{name}")) for name in names]
        reports = list(transform_documents(pairs, whiten, Options(jobs=jobs)))
        assert [Path(report.source).name for report in reports] == names
        assert [report.page for report in reports[1].pictures] == list(range(1, 8))
        assert [type(report.error) for report in reports] == [type(None)] * 3 + [InputError] + [type(None)] * 2
        found[jobs] = [(tmp_path / f"{jobs}-{name}").read_bytes() for name in names if name != "missing.png"]
    assert found[1] == found[2]


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_document_fails_with_is_reported_and_the_others_go_on(jobs, tmp_path):
    tall = [page(0), page(1, (100, 500)), page(2)]
    (tmp_path / "a.tif").write_bytes(saved(tall[0], "TIFF", save_all=True, append_images=tall[1:]))
    (tmp_path / "b.png").write_bytes(saved(page(), "PNG"))
    pairs = [(str(tmp_path / name), str(tmp_path / f"out-{name}")) for name in ("a.tif", "b.png")]
    first, second = transform_documents(pairs, fail_on_tall, Options(jobs=jobs))
    assert isinstance(first.error, ZeroDivisionError)
    assert second.n_changed == 1
    assert names(tmp_path) == ["a.tif", "b.png", "out-b.png"]


def test_memory_does_not_grow_with_the_pages(tmp_path):
    large = [page(seed, (1000, 1400)) for seed in range(3)]
    pages = [large[number % 3] for number in range(60)]
    (tmp_path / "in.tif").write_bytes(saved(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    del pages, large
    used = []

    def look(*_):
        used.append(int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20)

    (report,) = transform_documents(
        [(str(tmp_path / "in.tif"), str(tmp_path / "out.tif"))], whiten, Options(progress=look)
    )
    assert report.n_changed == 60
    assert np.median(used[-20:]) <= 1.1 * np.median(used[:20])


@pytest.mark.slow
@pytest.mark.parametrize("document", ["pages.tif", "pages.pdf"])
def test_memory_does_not_grow_while_pages_are_cleaned(document, tmp_path):
    document_streaming.make_documents(tmp_path, 60, 100)
    _, memory = document_streaming.by_isthmus(tmp_path, document, 1, "pages")
    assert document_streaming.count(tmp_path / f"clean-{document}") == len(memory) == 60
    assert np.median(memory[-20:]) <= 1.1 * np.median(memory[:20])


KILLED = """
import sys, time
sys.path.insert(0, {tests!r})
from isthmus.documents import Options, transform_documents
from document_pages import whiten

def slow(pixels, *, dpi):
    time.sleep(0.05)
    return whiten(pixels, dpi=dpi)

if __name__ == "__main__":
    said = lambda *_: print("page", flush=True)
    options = Options(jobs=int(sys.argv[3]), progress=said)
    print([report.error for report in transform_documents([(sys.argv[1], sys.argv[2])], slow, options)])
"""


@pytest.fixture
def run_and_stop(tmp_path):
    """A function that starts a run, and sends it a signal after a number of pages."""
    script = tmp_path / "script.py"
    script.write_text(KILLED.format(tests=str(Path(__file__).parents[1])))

    def run(source, output, jobs, number, after):
        with subprocess.Popen(
            [sys.executable, script, source, output, str(jobs)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            for _ in range(after):
                assert process.stdout.readline() == "page\n"
            process.send_signal(number)
            process.wait(timeout=600)
            return process.stderr.read()

    return run


@pytest.mark.parametrize(("jobs", "after"), [(1, 1), (1, 4), (2, 2)])
def test_a_killed_run_leaves_the_old_output_and_the_next_one_sweeps(jobs, after, tmp_path, run_and_stop):
    (tmp_path / "work").mkdir()
    source, output = tmp_path / "work" / "in.tif", tmp_path / "work" / "out.tif"
    source.write_bytes(many(8))
    output.write_bytes(b"old")
    run_and_stop(source, output, jobs, signal.SIGKILL, after)
    assert output.read_bytes() == b"old"
    left = [name for name in names(tmp_path / "work") if name.startswith(".isthmus-")]
    assert len(left) == 1
    time.sleep(1.1)  # younger ones might not be locked yet
    (report,) = transform_documents([(str(source), str(output))], whiten)
    assert report.n_changed == 8
    assert names(tmp_path / "work") == ["in.tif", "out.tif"]
    assert reopened(output).n_frames == 8


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_run_leaves_nothing(jobs, tmp_path, run_and_stop):
    (tmp_path / "work").mkdir()
    source, output = tmp_path / "work" / "in.tif", tmp_path / "work" / "out.tif"
    source.write_bytes(many(8))
    said = run_and_stop(source, output, jobs, signal.SIGINT, 2)
    assert "KeyboardInterrupt" in said
    assert names(tmp_path / "work") == ["in.tif"]


def test_an_open_file_can_be_named_as_the_output(tmp_path):
    """As ``/dev/stdout`` is, where standard output goes to a file."""
    (tmp_path / "in.png").write_bytes(saved(page(), "PNG"))
    with (tmp_path / "out").open("ab") as out:
        pair = (str(tmp_path / "in.png"), f"/dev/fd/{out.fileno()}")
        (report,) = transform_documents([pair], whiten)
    assert report.error is None
    assert reopened(tmp_path / "out").size == page().size


@pytest.mark.parametrize("hours", [1, 24 * 30])
def test_files_of_runs_that_go_on_are_not_swept(tmp_path, hours):
    with temporary_file(tmp_path) as (file, path):
        os.utime(path, (time.time() - 3600 * hours,) * 2)
        sweep_leftovers(tmp_path)
        assert Path(path).exists()
        file.write(b"it can still be written to")
    assert names(tmp_path) == []


@pytest.mark.parametrize("suffix", [".png", ".tif", ".pdf"])
def test_on_a_full_disk_the_old_output_stays(suffix, tmp_path):
    """A limit of the size of files stands for the disk."""
    import img2pdf

    data = {".png": saved(page(), "PNG"), ".tif": many(3)}.get(suffix) or img2pdf.convert(saved(page(), "PNG"))
    (tmp_path / f"in{suffix}").write_bytes(data)
    (tmp_path / f"out{suffix}").write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(data) // 3, before[1]))
    try:
        (report,) = transform_documents([(str(tmp_path / f"in{suffix}"), str(tmp_path / f"out{suffix}"))], whiten)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert isinstance(report.error, OutputError)
    assert "the file would be too large" in str(report.error)
    assert (tmp_path / f"out{suffix}").read_bytes() == b"old"
    assert names(tmp_path) == [f"in{suffix}", f"out{suffix}"]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in" / "b" / "c").mkdir(parents=True)
    (tmp_path / "in" / ".hidden").mkdir()
    for name in ("a.png", "b/a.png", "b/c/d.TIF", ".hidden/x.png", "notes.txt"):
        (tmp_path / "in" / name).write_bytes(saved(page(), "TIFF" if name.endswith("TIF") else "PNG"))
    return tmp_path


def test_a_folder_keeps_its_tree_and_is_done_once(folder):
    batch = plan_batch([str(folder / "in")], str(folder / "out"))
    assert [report.error for report in transform_documents(batch, whiten)] == [None] * 3
    made = sorted(str(path.relative_to(folder / "out")) for path in (folder / "out").rglob("*") if path.is_file())
    assert made == ["a.png", "b/a.png", "b/c/d.TIF"]
    again = plan_batch([str(folder / "in")], str(folder / "out"))
    assert (again.pairs, again.n_done) == ((), 3)
    (folder / "out" / "a.png").unlink()
    os.utime(folder / "in" / "b" / "a.png", (time.time() + 10,) * 2)  # changed since
    some = plan_batch([str(folder / "in")], str(folder / "out"))
    assert [Path(output).relative_to(folder / "out").as_posix() for _, output in some] == ["a.png", "b/a.png"]
    assert len(plan_batch([str(folder / "in")], str(folder / "out"), again=True).pairs) == 3


def test_several_inputs_go_into_one_folder_and_never_onto_each_other(folder):
    (folder / "empty").mkdir()
    inputs = [str(folder / "in" / "b"), str(folder / "in" / "a.png")]
    batch = plan_batch(inputs, str(folder / "out"))
    assert [output for _, output in batch.pairs] == [
        str(folder / "out" / "b" / "a.png"), str(folder / "out" / "b" / "c" / "d.TIF"), str(folder / "out" / "a.png")
    ]  # fmt: skip
    with pytest.raises(ParameterError, match="would both go to"):
        plan_batch([str(folder / "in" / "a.png"), str(folder / "in" / "b" / "a.png")], str(folder / "out"))
    with pytest.raises(OutputError, match="is a file, and several documents need a folder"):
        plan_batch(inputs, str(folder / "in" / "notes.txt"))
    with pytest.raises(ParameterError, match="are for one document"):
        plan_batch(["-", inputs[1]], str(folder / "out"))
    with pytest.raises(InputError, match="no file has a name that ends in"):
        plan_batch([str(folder / "empty")], str(folder / "out"))


BAD = {
    "nothing.png": (b"", "is empty"),
    "words.png": (b"these are words, and no picture at all", "is not PNG, JPEG"),
    "word.docx.png": (b"PK\x03\x04" + bytes(40), r"is a zip archive \(as are .*docx.*\), and not PNG"),
    "named.png": (saved(page(), "JPEG"), r"holds JPEG, despite its name; rename it to end in \.jpg"),
    "cut.png": (saved(page(), "PNG")[:2000], "is damaged"),
    "cut.jpg": (saved(page(), "JPEG")[:2000], "is damaged"),
    "cut.webp": (saved(page(), "WEBP")[:500], "is damaged"),
    "cut.bmp": (saved(page(), "BMP")[:2000], "is damaged"),
    "cut.pgm": (saved(page(), "PPM")[:2000], "is damaged"),
    "cut.pdf": (b"%PDF-1.7\n" + bytes(100), "is damaged"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_in_a_sentence(name, transform):
    data, words = BAD[name]
    with pytest.raises(InputError, match=words) as caught:
        transform(data, name=name)
    assert str(caught.value).count("\n") == 0
    assert str(caught.value).endswith(".")


def test_large_images_are_refused_before_they_are_decoded(transform):
    with pytest.raises(InputError, match=r"208 × 304 pixels, more than the limit of 0\.01 megapixels"):
        transform(saved(page(), "PNG"), name="in.png", rules=Rules(max_megapixels=0.01))


def test_names_that_cannot_be(tmp_path):
    source = tmp_path / "in.png"
    source.write_bytes(saved(page(), "PNG"))
    os.mkfifo(tmp_path / "pipe.png")
    for pair, error, words in (
        ((source, source), OutputError, "is the input"),
        ((source, tmp_path / "out.tif"), ParameterError, r"must end in \.png"),
        ((source, tmp_path / "none" / "out.png"), OutputError, "no such folder"),
        ((tmp_path / "none.png", tmp_path / "out.png"), InputError, "there is no such file"),
        ((tmp_path, tmp_path / "out.png"), InputError, "is a folder"),
        ((tmp_path / "pipe.png", tmp_path / "out.png"), InputError, "is a device or pipe, not a document"),
    ):
        (report,) = transform_documents([tuple(map(str, pair))], whiten)
        assert isinstance(report.error, error), report.error
        assert report.error is not None
        assert re.search(words, str(report.error))
    assert names(tmp_path) == ["in.png", "pipe.png"]


def test_a_dry_run_reports_and_writes_nothing(tmp_path):
    (tmp_path / "in.tif").write_bytes(many(3))
    (report,) = transform_documents(
        [(str(tmp_path / "in.tif"), str(tmp_path / "out.tif"))], whiten, Options(dry_run=True)
    )
    assert (report.n_changed, report.output) == (3, None)
    assert names(tmp_path) == ["in.tif"]


def test_what_is_no_page_in_a_folder_is_counted_by_its_kind(folder):
    for name in (
        "a.txt",
        "b.txt",
        "b/c/LIST.DOCX",
        "b/README",
        ".hidden.png",
        "b/.git/x.png",
        "long.abcdefghijklmnopq",
    ):
        (folder / "in" / name).parent.mkdir(exist_ok=True)
        (folder / "in" / name).write_bytes(b"no page")
    (folder / "elsewhere").mkdir()
    (folder / "in" / "link").symlink_to(folder / "elsewhere")
    before = plan_batch([str(folder / "in")], str(folder / "out"))
    assert len(before.pairs) == 3
    # notes.txt was there
    expected = {".txt": 3, ".docx": 1, "without a suffix": 2, "hidden": 3, "linked folder": 1}
    assert dict(before.skipped) == expected
    assert left_out(before.skipped) == (
        "10 left out that are no pages: 3 .txt, 3 hidden, 2 without a suffix, 1 .docx and 1 linked folder"
    )
    assert plan_batch([str(folder / "in" / "a.png")], str(folder / "out")).skipped == {}


@pytest.mark.parametrize("output", ["one.pdf", "one.PNG", "table.csv", "new/one.tif"])
def test_several_documents_never_go_into_a_folder_with_the_name_of_a_file(output, folder):
    inputs = [str(folder / "in" / "b"), str(folder / "in" / "a.png")]
    for each in (inputs, inputs[:1]):
        with pytest.raises(
            ParameterError, match=f"into a folder, and the output has the name of a file. Got .*{output}"
        ):
            plan_batch(each, str(folder / output))
    assert len(plan_batch(inputs, f"{folder / output}/").pairs) == 3
    assert len(plan_batch(inputs, str(folder / "version.2")).pairs) == 3
    (folder / output).mkdir(parents=True)
    assert len(plan_batch(inputs, str(folder / output)).pairs) == 3
