"""isthmus clean, and isthmus.clean_document: what a user types, and what comes back.

Most of it runs with a strength of 0, which needs no network: the pages are read, and the output has the input's bytes.
"""

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path

import img2pdf
import numpy as np
import pytest
from PIL import Image

import isthmus
from document_pages import page, saved
from isthmus.cli import main
from isthmus.cli.clean import page_numbers, summary
from isthmus.documents import DocumentReport, PageReport
from isthmus.errors import InputError, ParameterError


@pytest.fixture
def command(capfd):
    """A function that runs the command, and gives its exit code and what it said."""

    def run(*arguments, strength=0):
        capfd.readouterr()
        code = main(["clean", *map(str, arguments), "--strength", str(strength)])
        out, err = capfd.readouterr()
        assert out == ""
        return code, err

    return run


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for seed, name in enumerate(("a.png", "b.tif", "deep/c.jpg")):
        (tmp_path / "in" / name).write_bytes(saved(page(seed), {"png": "PNG", "tif": "TIFF", "jpg": "JPEG"}[name[-3:]]))
    return tmp_path


def test_a_strength_of_0_gives_the_same_bytes(folder, command):
    code, said = command(folder / "in" / "b.tif", "-o", folder / "out.tif")
    name, output = folder / "in" / "b.tif", folder / "out.tif"
    assert (code, said) == (0, f"{name}: 1 page, 0 cleaned; copied to {output}.\n  page 1: nothing to clean\n")
    assert (folder / "out.tif").read_bytes() == (folder / "in" / "b.tif").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["in", "-o", "in"], "The output folder must be another than the input. Got 'in' for both."),
        ([".", "-o", "."], "The output folder must be another than the input."),
        (["in", "-o", "in/../in/"], "The output folder must be another than the input."),
        (["in", "-o", "link"], "The output folder must be another than the input."),
        (
            ["in", "-o", "in/deep/out"],
            "outside the input, and the input outside it. Got 'in/deep/out' and 'in'.",
        ),
        (["in/deep", "-o", "in"], "must lie outside the input, and the input outside it. Got 'in' and 'in/deep'."),
        (["in/a.png", "in/deep", "-o", "in"], "must lie outside the input, and the input outside it."),
        (["in", "-o", "out", "--review", "in/review"], "The review folder must lie outside the input"),
        (["in", "-o", "out", "--review", "in"], "The review folder must be another than the input."),
        (["", "-o", "out"], "An input or output must be the name of a file or a folder. Got '' instead."),
        (["in", "-o", ""], "An input or output must be the name of a file or a folder. Got '' instead."),
    ],
)
def test_no_run_reads_its_own_results(folder, command, monkeypatch, arguments, sentence):
    monkeypatch.chdir(folder)
    Path("link").symlink_to("in")
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    code, said = command(*arguments)
    assert code == 2
    assert sentence in said
    assert {path: path.read_bytes() for path in folder.rglob("*.*")} == before


def test_folders_are_done_once(folder, command):
    code, said = command(folder / "in", "-o", folder / "out")
    assert code == 0
    assert said.endswith(f"3 documents with 0 cleaned pages; written to {folder / 'out'}.\n")
    assert {path.name for path in (folder / "out").rglob("*.*")} == {"a.png", "b.tif", "c.jpg"}
    code, said = command(folder / "in", "-o", folder / "out")
    assert (code, said) == (0, "0 documents with 0 cleaned pages; 3 done before (--again cleans again).\n")
    code, said = command(folder / "in", "-o", folder / "out", "--again", "--jobs", 2)
    assert code == 0
    assert said.endswith(f"3 documents with 0 cleaned pages; written to {folder / 'out'}.\n")
    single = [folder / "in" / "a.png", "-o", folder / "out"]
    assert command(*single)[1] == "0 documents with 0 cleaned pages; 1 done before (--again cleans again).\n"


def test_the_first_failure_ends_a_batch_unless_told_to_keep_going(folder, command):
    (folder / "in" / "a.png").write_bytes(b"")
    code, said = command(folder / "in", "-o", folder / "out")
    assert (code, said) == (3, f"isthmus: {folder / 'in' / 'a.png'}: is empty.\n")
    assert not (folder / "out" / "b.tif").exists()
    code, said = command(folder / "in", "-o", folder / "out", "--keep-going")
    assert code == 3
    written = f"2 documents with 0 cleaned pages; written to {folder / 'out'}.\n"
    assert said.endswith(f"{written}1 document failed: {folder / 'in' / 'a.png'}.\n")
    assert (folder / "out" / "b.tif").exists()


def test_standard_input_and_output(folder):
    data = (folder / "in" / "a.png").read_bytes()
    code = "import sys; from isthmus.cli import main; sys.exit(main(['clean', '-', '-o', '-', '--strength', '0']))"
    environment = os.environ | {"TMPDIR": str(folder)}
    found = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True, env=environment)
    assert found.stdout == data
    assert found.stderr.startswith(b"standard input: 1 page")
    assert [path.name for path in folder.iterdir()] == ["in"]


def test_devices_and_pipes_are_written_to(folder, command):
    code, said = command(folder / "in" / "a.png", "-o", "/dev/null")
    assert (code, said.count("\n")) == (0, 2)
    os.mkfifo(folder / "pipe")
    with subprocess.Popen(["cat", folder / "pipe"], stdout=subprocess.PIPE) as reader:
        assert command(folder / "in" / "a.png", "-o", folder / "pipe")[0] == 0
        assert reader.communicate()[0] == (folder / "in" / "a.png").read_bytes()


def test_a_dry_run_needs_no_output_and_writes_none(folder, command):
    code, said = command(folder / "in", "--dry-run")
    assert code == 0
    assert said.count("nothing written (--dry-run)") == 3
    assert sorted(path.name for path in folder.iterdir()) == ["in"]
    assert command(folder / "in" / "a.png") == (
        2, "isthmus: -o must name a file or a folder to write to, unless there is --dry-run.\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["none.png", "-o", "x.png"], 3, "there is no such file"),
        (["in/a.png", "-o", "in/a.png"], 5, "is the input"),
        (["in/a.png", "-o", "x.jpg"], 2, "must end in .png"),
        (["in/a.png", "-o", "no/x.png"], 5, "no such folder"),
        (["in/a.png", "-o", "x.png", "--pages", "2"], 2, "has 1 page; there is no page 2"),
        (["in/a.png", "-o", "x.png", "--pages", "3-1"], 2, "must be numbers from 1 such as 1-3,7. Got '3-1' instead."),
        (["in/a.png", "-o", "x.png", "--jobs", "0"], 2, "--jobs must be at least 1"),
        (["in/a.png", "-o", "x.png", "--max-megapixels", "0.01"], 3, "more than the limit of 0.01 megapixels"),
        (["in/deep/c.jpg", "-o", "x.jpg", "--bilevel"], 2, "no black and white"),
        (["in/a.png", "in/b.tif", "-o", "-"], 2, "are for one document"),
        (["x" * 300 + ".png", "-o", "x.png"], 3, "the name is too long"),
        (["in/a.png", "-o", "x" * 300 + ".png"], 5, "the name is too long"),
        (["in/a.png", "-o", "x" * 300 + "/x.png"], 5, "the name is too long"),
        (["in/a.png", "in/b.tif", "-o", "x" * 300], 5, "the name is too long"),
        (["in/a.png", "-o", "/dev/null", "--review", "x" * 300], 5, "of the review cannot be made (the name is too"),
        (["in/a.png", "-o", "/dev/null", "--review", "in/b.tif/x"], 5, "of the review cannot be made"),
    ],
)
def test_bad_usage_and_bad_input_get_a_sentence_and_a_code(arguments, code, words, folder, command):
    with contextlib.chdir(folder):
        found, said = command(*arguments)
    assert (found, said.count("\n")) == (code, 1)
    assert words in said
    assert sorted(path.name for path in folder.iterdir()) == ["in"]


@pytest.mark.parametrize("strength", [-0.1, 1.1, "nan"])
def test_the_strength_lies_between_0_and_1(strength, folder, command):
    code, said = command(folder / "in" / "a.png", "-o", folder / "x.png", strength=strength)
    assert code == 2
    assert "--strength must be between 0 and 1" in said


def test_a_review_can_be_had_of_a_dry_run(folder, command):
    code, _ = command(folder / "in", "--dry-run", "--review", folder / "review")
    assert code == 0
    assert (folder / "review" / "index.html").exists()
    assert len(list((folder / "review").glob("*/*-removed.jpg"))) == 3


def test_page_numbers_are_read_from_words():
    assert page_numbers("1-3,7") == {1, 2, 3, 7}
    assert page_numbers(" 2 , 4 - 4 ") == {2, 4}
    for words in ("", "0", "a", "1-", "-3", "1,,2", "3-2"):
        with pytest.raises(ParameterError, match="--pages must be numbers"):
            page_numbers(words)


def test_the_summary_says_what_was_removed_and_where_to_look():
    pictures = (PageReport(1, 10, 10, changed=True, changed_share=0.9, removed=0.123),
                PageReport(2, 10, 10, changed=False),
                PageReport(3, 10, 10, changed=True, changed_share=0.5, removed=0.2,
                           warning="9 marks like letters became pale, top left"),
                PageReport(4, 10, 10, changed=False, note="is left"))  # fmt: skip
    report = DocumentReport("a.pdf", "b.pdf", 4, pictures)
    assert summary(report, every_page=True) == [
        "a.pdf: 4 pages, 2 cleaned; 1 image left as it is; 8.1% of the pixels were dirt, 35.0% changed; "
        "written to b.pdf.",
        "  page 1: 12.3% dirt, 90.0% changed",
        "  page 2: nothing to clean",
        "  page 3: 20.0% dirt, 50.0% changed; 9 marks like letters became pale, top left: look whether they were text",
        "  page 4: is left",
    ]
    assert len(summary(report, every_page=False)) == 3


def test_the_summary_says_once_what_was_assumed_of_pages():
    remarks = [("a",), ("a", "b"), (), ("a",), ("a",), ("b",)]
    pictures = tuple(PageReport(page, 1, 1, changed=False, remarks=each) for page, each in enumerate(remarks, 1))
    said = summary(DocumentReport("x.pdf", "y.pdf", 6, (*pictures, pictures[0])), every_page=False)
    assert said[1:] == ["  pages 1-2, 4-5: a", "  pages 2, 6: b"]


@pytest.mark.parametrize(("stated", "given"), [(None, None), (72, None), (72, 72)])
def test_the_resolution_that_was_assumed_is_said(stated, given, folder, command):
    paper = Image.new("L", (830, 1170), 200)
    paper.save(folder / "page.png", **({"dpi": (stated, stated)} if stated else {}))
    options = [] if given is None else ["--dpi", given]
    code, said = command(folder / "page.png", "-o", folder / "out.png", *options, strength=1)
    assert code == 0
    size = "100 dpi assumed from its size in pixels, as of a sheet of 11.7 inches"
    assert (
        said.splitlines()[-1]
        == {
            (None, None): f"  page 1: no dpi; {size}",
            (72, None): f"  page 1: 72 dpi is stated, but not credible; {size}",
            (72, 72): "  page 1: at 72 dpi cleaning can damage letters: scan at 150 dpi or more",
        }[stated, given]
    )


def test_clean_document_reports_and_raises(folder):
    report = isthmus.clean_document(folder / "in" / "b.tif", folder / "out.tif", strength=0, pages=[1])
    assert (report.n_pages, report.n_changed, report.output) == (1, 0, str(folder / "out.tif"))
    with pytest.raises(InputError, match="there is no such file"):
        isthmus.clean_document(folder / "none.tif", folder / "out.tif", strength=0)


def test_the_network_cleans_a_page(folder, command):
    """Paper becomes lighter and text stays, with the network that comes with Isthmus."""
    pytest.importorskip("isthmus.pages.cleaning")
    stained = np.asarray(page(0, (420, 520))).copy()
    stained[200:400, 100:300] = (stained[200:400, 100:300] * 0.8).astype(np.uint8)
    (folder / "page.png").write_bytes(saved(Image.fromarray(stained), "PNG", dpi=(100, 100)))
    code, _ = command(folder / "page.png", "-o", folder / "clean.png", strength=1)
    assert code == 0
    with Image.open(folder / "clean.png") as image:
        cleaned = np.asarray(image).astype(int)
    assert Path(folder / "clean.png").stat().st_size <= 1.1 * (folder / "page.png").stat().st_size
    assert cleaned[stained > 150].mean() > stained[stained > 150].mean() + 10
    assert cleaned[stained < 40].mean() < 90


ESCAPES = "\x1b]0;x\x07\x1b[31mred\n"  # sets the title of a terminal, and its colour


@pytest.mark.parametrize("jobs", [1, 2])
def test_names_reach_the_terminal_without_their_escapes(jobs, folder, command):
    page_of = (folder / "in" / "a.png").read_bytes()
    (folder / "in" / f"{ESCAPES}.png").write_bytes(page_of)
    (folder / "in" / f"{ESCAPES}.tif").write_bytes(b"nonsense")
    for arguments in ([folder / "in", "-o", folder / "out", "--keep-going", "--review", folder / "review"],
                      [folder / "in" / f"{ESCAPES}.tif", "-o", folder / "out"],
                      [folder / "in" / "a.png", "-o", folder / f"{ESCAPES}.jpg"],
                      [folder / f"{ESCAPES}.png", "-o", folder / "out"]):  # fmt: skip
        _, said = command(*arguments, "--jobs", jobs)
        assert "\\x1b[31mred\\n" in said
        assert all(character.isprintable() for line in said.split("\n") for character in line)
        assert not any(line.startswith(".") for line in said.split("\n"))


def test_a_name_that_is_not_utf_8_can_be_reviewed(folder, command):
    (folder / "in" / "a.png").rename(os.fsdecode(os.fsencode(folder / "in") + b"/\xff\xfe.png"))
    code, said = command(folder / "in", "-o", folder / "out", "--review", folder / "review")
    assert code == 0
    assert "\\udcff\\udcfe.png: 1 page" in said
    assert len(list((folder / "review").glob("*/*-removed.jpg"))) == 3
    assert "udcff" in (folder / "review" / "index.html").read_text()


def test_folders_that_cannot_be_read_are_not_passed_over(folder, command, monkeypatch):
    monkeypatch.chdir(folder / "in")
    for _ in range(450):  # its name has more bytes than the system takes
        Path("a folder!").mkdir()
        os.chdir("a folder!")
    os.chdir(folder)
    code, said = command("in", "-o", "out")
    assert (code, said.count("\n")) == (3, 1)
    assert said.endswith("cannot be read (the name is too long).\n")
    assert len(said) < 300


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="mounts a small disk")
@pytest.mark.parametrize("source", ["a.png", "scan.pdf"])
def test_a_full_temporary_folder_is_said(source, folder):
    made = np.random.default_rng(0).integers(140, 255, (600, 600)).astype(np.uint8)
    from PIL import Image

    image = Image.fromarray(made)
    (folder / "a.png").write_bytes(saved(image, "PNG"))
    (folder / "scan.pdf").write_bytes(img2pdf.convert(saved(image, "PNG")))
    small = folder / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], check=False).returncode:
        pytest.skip("nothing can be mounted")
    try:
        code = "import sys; from isthmus.cli import main; sys.exit(main(sys.argv[1:]))"
        found = subprocess.run([sys.executable, "-c", code, "clean", folder / source, "-o", "-", "--strength", "0"],
                               capture_output=True, check=False, env=os.environ | {"TMPDIR": str(small)})  # fmt: skip
    finally:
        subprocess.run(["umount", small], check=True)
    sentence = f"isthmus: {small}: a temporary file cannot be written (the disk is full).\n"
    assert (found.returncode, found.stdout, found.stderr.decode()) == (5, b"", sentence)


def test_a_run_says_what_was_left_out_and_what_several_documents_need(folder, command):
    (folder / "in" / "words.txt").write_text("no page")
    code, said = command(folder / "in", "-o", folder / "out")
    where = folder / "out"
    last = f"3 documents with 0 cleaned pages; written to {where}; 1 left out that is no page: 1 .txt.\n"
    assert (code, said.endswith(last)) == (0, True)
    code, said = command(folder / "in" / "a.png", folder / "in" / "b.tif", "-o", folder / "one.pdf")
    assert code == 2
    assert said.startswith("isthmus: Several documents go into a folder, and the output has the name of a file.")
    assert not (folder / "one.pdf").exists()
    assert command(folder / "in", "-o", folder / "new", "--quiet") == (0, "")


@pytest.mark.parametrize("dpi", [0, 3, 9, 10001, "inf", "nan", -300])
def test_a_resolution_that_no_scanner_has_is_refused(dpi, folder, command):
    code, said = command(folder / "in" / "a.png", "-o", folder / "out.png", "--dpi", dpi)
    assert (code, said) == (2, f"isthmus: --dpi must be between 10 and 10000. Got {dpi} instead.\n")
    with pytest.raises(ParameterError, match="'dpi' parameter of clean must be"):
        isthmus.clean(np.zeros((9, 9), np.uint8), dpi=float(dpi))


def test_pages_are_turned_straight_and_each_angle_is_said(tmp_path, command):
    pages = [page(number, (416, 608)).rotate(-angle, fillcolor=200) for number, angle in enumerate((2, 0, -1.5))]
    blank = Image.new("L", (416, 608), 200)
    source, output = tmp_path / "in.tif", tmp_path / "out.tif"
    source.write_bytes(saved(pages[0], "TIFF", save_all=True, append_images=[*pages[1:], blank]))
    code, said = command(source, "-o", output, "--deskew", "--jobs", 2)
    assert code == 0
    assert re.search(r"page 1: .*turned by (1\.9|2\.0)\d degrees anticlockwise", said)
    assert re.search(r"page 3: .*turned by 1\.[45]\d degrees clockwise", said)
    assert "page 2: not turned: straight already" in said
    assert "page 4: not turned: it has too few marks to find its angle" in said
    with Image.open(output) as found:
        for number, wanted in ((0, page(0, (416, 608))), (1, pages[1]), (3, blank)):
            found.seek(number)
            likeness = np.abs(np.asarray(found).astype(int) - np.asarray(wanted))[50:-50, 50:-50].mean()
            assert likeness == 0 if number else likeness < 10
    _, without = command(source, "-o", output)
    assert "turned by" not in without
    assert output.read_bytes() == source.read_bytes()
