"""A few kB cannot stand for hours or gigabytes: a document has one budget, and says in a sentence when it is spent."""

import io
import zlib
from collections.abc import Callable

import pikepdf
import pytest
from hostile_documents import Reader

from document_pages import page, saved
from isthmus.documents import Rules
from isthmus.documents import tiff_directory as td
from isthmus.documents.budget import DRAWING, Budget, Cost
from isthmus.errors import InputError

Name, Array, Dictionary = pikepdf.Name, pikepdf.Array, pikepdf.Dictionary
DRAW = b"q 72 0 0 72 0 0 cm /Im Do Q\n"
LITTLE = td.Layout("<", big=False)


def pdf(content: bytes, *, pages: int = 1, copies: int = 1, form: bytes = b"", **image: object) -> bytes:
    """A PDF whose pages share their contents, which are used several times each, an image, and a form."""
    document = pikepdf.new()
    entries = {"Filter": Name.FlateDecode, "ColorSpace": Name.DeviceGray, "BitsPerComponent": 8} | image
    data = entries.pop("data", None) or zlib.compress(bytes(range(150, 250)) * 100)
    shown = document.make_stream(data, Type=Name.XObject, Subtype=Name.Image, Width=100, Height=100, **entries)
    form_stream = document.make_stream(zlib.compress(form, 9), Filter=Name.FlateDecode, Type=Name.XObject,
                                       Subtype=Name.Form, BBox=Array([0, 0, 72, 72]))  # fmt: skip
    contents = document.make_indirect(document.make_stream(zlib.compress(content, 9), Filter=Name.FlateDecode))
    for _ in range(pages):
        only = document.add_blank_page(page_size=(72, 72))
        only.Resources = Dictionary(XObject=Dictionary(Im=shown, F=form_stream))
        only.Contents = Array([contents] * copies)
    file = io.BytesIO()
    document.save(file, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
    return file.getvalue()


def tiff(*, pages: int = 1, strips: int = 1, tags: int = 0) -> bytes:
    """A TIFF whose pages have the same megabyte for all their strips, and for private tags."""
    file = io.BytesIO()
    file.write(LITTLE.header() + bytes(2**20))
    link = 4
    for _ in range(pages):
        values = {256: [64], 257: [64], 258: [8], 259: [1], 262: [1], 277: [1], 278: [1]}
        entries = {tag: td.numbers_entry(LITTLE, numbers) for tag, numbers in values.items()}
        entries |= {td.STRIP_OFFSETS: td.numbers_entry(LITTLE, [8] * strips)}
        entries |= {td.STRIP_LENGTHS: td.numbers_entry(LITTLE, [2**20] * strips)}
        places = {}
        for tag, entry in entries.items():
            places[tag] = file.tell()
            file.write(entry.value)
        place = file.tell()
        file.write((len(entries) + tags).to_bytes(2, "little"))
        for tag, entry in entries.items():
            inline = entry.value if len(entry.value) == 4 else places[tag].to_bytes(4, "little")
            file.write(
                tag.to_bytes(2, "little") + (4).to_bytes(2, "little") + entry.count.to_bytes(4, "little") + inline
            )
        for number in range(tags):
            value = (2**20).to_bytes(4, "little") + (8).to_bytes(4, "little")
            file.write((40_000 + number).to_bytes(2, "little") + (7).to_bytes(2, "little") + value)
        end = file.tell()
        file.write(bytes(4))
        file.seek(link)
        file.write(place.to_bytes(4, "little"))
        file.seek(0, io.SEEK_END)
        link = end
    return file.getvalue()


def with_objects(entries: bytes) -> bytes:
    """A PDF with an array of these entries in a compressed stream of objects, behind that of its pages."""
    document = pikepdf.open(io.BytesIO(pdf(DRAW)))
    others = [document.make_indirect(Dictionary()) for _ in range(150)]
    document.Root.Zoo = Array([*others, document.make_indirect(pikepdf.Object.parse(b"[" + entries + b"]"))])
    file = io.BytesIO()
    document.save(file, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return file.getvalue()


def filtered(data: bytes, *filters: str, pages: int = 1, **parameters: object) -> bytes:
    """A PDF whose pages have the same contents behind some filters, the first of which deflates."""
    document = pikepdf.open(io.BytesIO(pdf(DRAW, pages=pages)))
    contents = document.pages[0].Contents[0]
    contents.write(zlib.compress(data, 9), filter=Array([Name.FlateDecode, *map(Name, filters)]), **parameters)
    file = io.BytesIO()
    document.save(file, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
    return file.getvalue()


def many_pages(count: int) -> bytes:
    """A PDF whose page tree lists a page again and again."""
    document = pikepdf.open(io.BytesIO(pdf(DRAW)))
    document.Root.Pages.Kids = Array([document.pages[0].obj] * count)
    file = io.BytesIO()
    document.save(file, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return file.getvalue()


CLEAR_CODES = int("100000000" * 8, 2).to_bytes(9, "big")  # of LZW: nothing comes out
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "instructions.pdf": (lambda: pdf(b"q Q " * 2**20 + DRAW), "page 1: needs more drawing instructions than"),
    "content.pdf": (lambda: pdf(b" " * 2**24 + DRAW, copies=3), "page 1: needs more bytes of decoded drawing for a"),
    "pages.pdf": (lambda: pdf(b" " * 2**22 + DRAW, pages=60), "page 17: needs more bytes of decoded drawing than"),
    "values.pdf": (lambda: with_objects(b"0 " * 2_050_000), "needs more objects and values than"),
    "long values.pdf": (lambda: with_objects((b"(" + b"x" * 50 + b")") * 90_000), "needs more objects and values than"),
    "listed pages.pdf": (lambda: many_pages(60_000), "needs more pages and form fields than"),
    "codes.pdf": (lambda: filtered(CLEAR_CODES * 10**6, "/LZWDecode"), "page 1: needs more drawing instructions than"),
    "zeros.pdf": (lambda: filtered(b"z" * 2**23, "/ASCII85Decode"), "page 1: needs more drawing instructions than"),
    "blanks.pdf": (
        lambda: filtered(b" " * 2**24, "/ASCIIHexDecode", pages=9),
        "page 5: needs more bytes of decoded drawing than",
    ),
    "strips.tif": (lambda: tiff(strips=100), "page 1: needs more bytes of strips, tiles and tags than"),
    "tags.tif": (lambda: tiff(tags=100), "page 1: needs more bytes of strips, tiles and tags than"),
    "pages.tif": (lambda: tiff(pages=100), "page 13: needs more bytes of strips, tiles and tags than"),
}
# The types of many small calls are checked here, but not in the process of their own.
SLOW_TO_CHECK = {
    "matrices.pdf": (lambda: pdf(b"1 0 0 1 0 0 cm " * 2**20 + DRAW), "page 1: needs more drawing instructions than"),
}


def test_objects_that_are_too_long_for_the_default_are_kept_where_the_option_allows_them(transform):
    data = with_objects((b"(" + b"x" * 50 + b")") * 90_000)
    output, report = transform(data, name="in.pdf", rules=Rules(max_megapixels=1000))
    assert report.n_changed == 1
    with pikepdf.open(output) as cleaned:
        assert len(cleaned.Root.Zoo[-1]) == 90_000


@pytest.mark.parametrize("name", REFUSED)
def test_a_document_that_spends_its_budget_is_refused_in_a_sentence(name, transform):
    make, words = REFUSED[name]
    data = make()
    with pytest.raises(InputError) as refused:
        transform(data, name=name)
    assert words in str(refused.value)
    assert f"for a file of {len(data):,} bytes" in str(refused.value)
    assert "--max-megapixels 500 doubles the limit" in str(refused.value)


def test_the_option_that_the_sentence_names_raises_the_limit(transform):
    data = tiff(pages=20)
    with pytest.raises(InputError, match="--max-megapixels 500"):
        transform(data, name="pages.tif")
    _, report = transform(data, name="pages.tif", rules=Rules(max_megapixels=500))
    assert report.n_pages == 20


def test_a_form_is_read_once_for_all_its_uses(transform):
    form = b"q 72 0 0 72 0 0 cm /Im Do Q" + b" " * 2**20
    output, report = transform(pdf(b"/F Do " * 4000, form=form, pages=3), name="in.pdf")
    assert (report.n_pages, [picture.page for picture in report.pictures], report.n_changed) == (3, [1], 1)
    assert output.stat().st_size < 20_000


def test_a_budget_counts_every_use_and_grows_with_the_file():
    cost = Cost("crumbs", 10, 2)
    budget = Budget("cake.pdf", 5, 250)
    budget.draw(cost, 12)
    budget.draw(cost, 8)
    with pytest.raises(InputError, match=r"cake\.pdf, page 3: needs more crumbs than the limit of 20 for a"):
        budget.draw(cost, 1, 3)
    assert Budget("cake.pdf", 5, 500).left(cost) == 40
    assert Budget("cake.pdf", 5, 0.1).left(cost) == 20
    assert budget.left(DRAWING) > 2**26


@pytest.mark.parametrize(
    "entries",
    [
        {"data": b"\x81\0" * 10**5 + b"\x80", "Filter": Name.RunLengthDecode},
        {"data": zlib.compress(zlib.compress(bytes(10**7))), "Filter": Array([Name.FlateDecode] * 2)},
        {"data": zlib.compress(b"\xff\xd8\xff" + bytes(10**7)), "Filter": Array([Name.FlateDecode, Name.DCTDecode])},
    ],
    ids=["run lengths", "two filters", "JPEG"],
)
def test_an_image_far_longer_than_its_pixels_is_left_as_it_is(entries, transform):
    _, report = transform(pdf(DRAW, **entries), name="in.pdf")
    assert "than its pixels is left as it is" in str(report.pictures[0].note)


def test_a_jpeg_of_too_many_scans_is_left_as_it_is(transform):
    data = saved(page(), "JPEG", progressive=True)
    scan = data.index(b"\xff\xda")
    _, report = transform(data[:-2] + data[scan:-2] * 40 + b"\xff\xd9", name="in.jpg")
    assert report.pictures[0].note == "a JPEG of more than 100 scans is left as it is"


def test_refusing_needs_little_memory(tmp_path):
    reader = Reader()
    (tmp_path / "warm.pdf").write_bytes(pdf(DRAW))
    assert reader.read(tmp_path / "warm.pdf").error == ""
    wrong = {}
    for name, (make, words) in (REFUSED | SLOW_TO_CHECK).items():
        (tmp_path / name).write_bytes(make())
        outcome = reader.read(tmp_path / name)
        if words not in outcome.error or outcome.megabytes > 400:
            wrong[name] = outcome
    reader.close()
    assert wrong == {}
