"""PDFs with odd and damaged images: what can be read is cleaned, and everything else is left and named."""

import base64
import io
import zlib

import numpy as np
import pikepdf
import pytest
from PIL import Image

from document_pages import keep, page, saved, whiten
from isthmus.documents.damage import meaning
from isthmus.documents.pillow_images import opened

Name, Array, Dictionary = pikepdf.Name, pikepdf.Array, pikepdf.Dictionary
WIDTH, HEIGHT = page().size
GREY = np.asarray(page())
COLOUR = np.dstack([GREY] * 3)
JPEG, JPX = saved(page(), "JPEG", quality=90), saved(page(), "JPEG2000")
BYTES = {"ColorSpace": Name.DeviceGray, "BitsPerComponent": 8}
DEFLATED = BYTES | {"Filter": Name.FlateDecode}
CODED = BYTES | {"Filter": Name.DCTDecode}


def document(*images: tuple[bytes, dict], contents: bytes = b"") -> bytes:
    """A PDF with an image on each page."""
    pdf = pikepdf.new()
    for data, entries in images:
        only = pdf.add_blank_page(page_size=(WIDTH, HEIGHT))
        size = {"Width": WIDTH, "Height": HEIGHT}
        image = pdf.make_stream(data, Type=Name.XObject, Subtype=Name.Image, **size | entries)
        only.Resources = Dictionary(XObject=Dictionary(Im0=image))
        only.Contents = pdf.make_stream(b"q %s %d 0 0 %d 0 0 cm /Im0 Do Q" % (contents, WIDTH, HEIGHT))
    file = io.BytesIO()
    pdf.save(file, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
    return file.getvalue()


def image_of(path, number: int) -> tuple[bytes, dict[str, str]]:
    """The data of the image on a page, as stored, and its dictionary."""
    with pikepdf.open(path) as pdf:
        image = pdf.pages[number - 1].Resources.XObject.Im0
        return image.read_raw_bytes(), {key: str(value) for key, value in image.items()}


SOUND = zlib.compress(GREY.tobytes()), DEFLATED
RGB = {"ColorSpace": Name.DeviceRGB}
LEFT = {
    "grey JPEG said to be colour": (JPEG, CODED | RGB),
    "JPEG of another size": (JPEG, CODED | {"Height": HEIGHT - 1}),
    "cut JPEG": (JPEG[: len(JPEG) // 2], CODED),
    "JPEG without a header": (JPEG[400:], CODED),
    "JPEG in broken ASCII": (b"\x7f" + base64.a85encode(JPEG) + b"~>",
                             CODED | {"Filter": Array([Name.ASCII85Decode, Name.DCTDecode])}),
    "JPEG behind LZW": (JPEG, CODED | {"Filter": Array([Name.LZWDecode, Name.DCTDecode])}),
    "cut JPEG 2000": (JPX[:90], BYTES | {"Filter": Name.JPXDecode}),
    "half of the rows": (zlib.compress(GREY[: HEIGHT // 2].tobytes()), DEFLATED),
    "bytes that are not deflated": (b"not deflated" * 40, DEFLATED),
    "unknown filter": (b"none" * 40, BYTES | {"Filter": Name.FooDecode}),
    "bits that are a word": (GREY.tobytes(), BYTES | {"BitsPerComponent": Name.Eight}),
    "decode array of words": (GREY.tobytes(), BYTES | {"Decode": Array([Name.A, Name.B])}),
    "palette without colours": (GREY.tobytes(), BYTES | {"ColorSpace": Array([Name.Indexed, Name.DeviceRGB, 3, 7])}),
    "colour space of numbers": (GREY.tobytes(), BYTES | {"ColorSpace": Array([Name.ICCBased, 7])}),
}  # fmt: skip


@pytest.mark.parametrize("odd", LEFT)
def test_an_odd_image_is_left_and_the_others_are_cleaned(odd, transform):
    output, report = transform(document(SOUND, LEFT[odd], SOUND), name="in.pdf")
    assert [picture.changed for picture in report.pictures] == [True, False, True]
    assert (report.n_cleaned, report.n_left) == (2, 1)
    note = report.pictures[1].note
    assert note.startswith("an image ") or "samples" in note
    assert "left" in note
    assert not set(note) & set("<>_'")
    assert image_of(output, 2)[0] == LEFT[odd][0]
    assert image_of(output, 3)[0] != SOUND[0]


# Group 4 in which each row begins at a whole byte: 20 black rows, and white ones.
ROWS = ["001" "00110101" "000011001001" "0000010111", *["11"] * 19, "001" "010111" "101010" "0000110111"]  # fmt: skip
ALIGNED = b"".join(int(row.ljust(-(-len(row) // 8) * 8, "0"), 2).to_bytes(-(-len(row) // 8)) for row in ROWS)
ALIGNED += b"\x80" * (HEIGHT - len(ROWS)) + b"\0\x10\x01"
READ = {
    "JPEG in ASCII": (base64.a85encode(JPEG) + b"~>", CODED | {"Filter": Array([Name.ASCII85Decode, Name.DCTDecode])}),
    "JPEG in hexadecimal, deflated": (zlib.compress(JPEG.hex().encode() + b">"),
        CODED | {"Filter": Array([Name.FlateDecode, Name.ASCIIHexDecode, Name.DCTDecode])}),
    "grey JPEG 2000 without a colour space": (JPX, {"Filter": Name.JPXDecode}),
    "JPEG 2000 without a colour space": (saved(Image.fromarray(COLOUR), "JPEG2000"), {"Filter": Name.JPXDecode}),
    "byte-aligned Group 4": (ALIGNED, {"ColorSpace": Name.DeviceGray, "BitsPerComponent": 1,
        "Filter": Name.CCITTFaxDecode, "DecodeParms": Dictionary(K=-1, Columns=WIDTH, EncodedByteAlign=True)}),
    "wrong check sum": (SOUND[0][:-4] + b"\0\0\0\0", DEFLATED),
    "wrong check sum of filtered rows": (zlib.compress(b"".join(b"\0" + row.tobytes() for row in GREY))[:-4] + bytes(4),
        DEFLATED | {"DecodeParms": Dictionary(Predictor=15, Colors=1, Columns=WIDTH)}),
}  # fmt: skip


@pytest.mark.parametrize("coding", READ)
def test_odd_codings_are_read(coding, transform):
    seen = []
    data = document(READ[coding])
    output, report = transform(data, lambda pixels, *, dpi: (seen.append(pixels), whiten(pixels, dpi=dpi))[1],
                               name="in.pdf")  # fmt: skip
    assert (report.n_changed, report.pictures[0].note) == (1, None)
    expected = GREY if coding != "byte-aligned Group 4" else np.repeat([[0], [255]], [20, HEIGHT - 20], axis=0)
    first = seen[0] if seen[0].ndim == 2 else seen[0][..., 0]
    assert np.abs(first.astype(int) - expected).mean() < 3
    _, again = transform(output.read_bytes(), keep, name="again.pdf")
    assert (again.n_left, again.notes) == (0, ())


SHORT = {
    "rows": lambda n: (GREY[:n].tobytes(), BYTES),
    "rows and half a row": lambda n: (GREY[:n].tobytes() + GREY[n - 1, : WIDTH // 2].tobytes(), BYTES),
    "deflated": lambda n: (zlib.compress(GREY[:n].tobytes()), DEFLATED),
    "PNG's predictor": lambda n: (zlib.compress(b"".join(b"\0" + row.tobytes() for row in GREY[:n])),
        DEFLATED | {"DecodeParms": Dictionary(Predictor=15, Colors=1, Columns=WIDTH)}),
    "TIFF's predictor": lambda n: (
        zlib.compress(np.diff(GREY[:n], axis=1, prepend=np.zeros((n, 1), np.uint8)).tobytes()),
        DEFLATED | {"DecodeParms": Dictionary(Predictor=2, Colors=1, Columns=WIDTH)}),
    "bits": lambda n: (np.packbits(GREY[:n] > 110, axis=1).tobytes(), BYTES | {"BitsPerComponent": 1}),
    "colour": lambda n: (zlib.compress(COLOUR[:n].tobytes()), DEFLATED | RGB),
    "palette": lambda n: (GREY[:n].tobytes(), BYTES | {"ColorSpace": Array(
        [Name.Indexed, Name.DeviceGray, 255, pikepdf.String(bytes(range(256)))])}),
    "run lengths": lambda n: (b"".join(b"\x7f" + row[:128].tobytes() + b"\x4f" + row[128:].tobytes()
                                       for row in GREY[:n]) + b"\x80", BYTES | {"Filter": Name.RunLengthDecode}),
}  # fmt: skip


@pytest.mark.parametrize("coding", SHORT)
def test_missing_rows_at_the_end_are_white_and_said(coding, transform):
    seen = []
    function = lambda pixels, *, dpi: (seen.append(pixels), whiten(pixels, dpi=dpi))[1]  # noqa: E731
    _, whole = transform(document(SHORT[coding](HEIGHT)), function, name="whole.pdf")
    _, report = transform(document(SHORT[coding](HEIGHT - 1)), function, name="in.pdf")
    assert (whole.pictures[0].note, whole.n_changed) == (None, 1)
    assert report.pictures[0].note == "its last row was missing, and taken as white"
    assert report.n_changed == 1
    assert np.array_equal(seen[1][:-1], seen[0][:-1])
    assert (seen[1][-1] == 255).all()
    half = document(SHORT[coding](HEIGHT // 2))
    output, report = transform(half, name="half.pdf")
    assert (report.n_changed, report.n_left) == (0, 1)
    assert f"its data end after {HEIGHT // 2} of {HEIGHT} rows" in report.pictures[0].note
    assert output.read_bytes() == half


@pytest.mark.parametrize("drawing", [b"cm", b"1 0 0 cm", b"a b c d e f cm", b"/Name cm", b"[1 0 0 1 0 0] cm cm",
                                     b"1 0 0 1 nan inf cm", b"1 0 0 1 0 (text) cm"])  # fmt: skip
def test_operators_with_wrong_operands_are_skipped(drawing, transform):
    _, report = transform(document(SOUND, contents=drawing), name="in.pdf")
    assert (report.n_changed, report.notes) == (1, ())


@pytest.mark.parametrize(("key", "value"), [("/MediaBox", Array([0, Name.A, 1])), ("/Contents", 7),
                                            ("/UserUnit", Name.Two), ("/Resources", Name.None_)])  # fmt: skip
def test_a_damaged_page_is_left_and_the_others_are_cleaned(key, value, transform):
    pdf = pikepdf.open(io.BytesIO(document(SOUND, SOUND)))
    pdf.pages[1].obj[key] = value
    file = io.BytesIO()
    pdf.save(file)
    output, report = transform(file.getvalue(), name="in.pdf")
    assert report.n_cleaned == (2 if key == "/UserUnit" else 1)
    assert key == "/UserUnit" or any("page 2" in note or note == "1 without a scan" for note in report.notes)
    assert image_of(output, 1)[0] != SOUND[0]


def test_a_form_whose_matrix_is_damaged_is_drawn_as_it_is(transform):
    pdf = pikepdf.open(io.BytesIO(document(SOUND)))
    only = pdf.pages[0]
    form = pdf.make_stream(b"q %d 0 0 %d 0 0 cm /Im0 Do Q" % (WIDTH, HEIGHT), Type=Name.XObject, Subtype=Name.Form,
                           BBox=Array([0, 0, WIDTH, HEIGHT]), Matrix=Array([1, 0, Name.A]),
                           Resources=only.Resources)  # fmt: skip
    only.Resources, only.Contents = Dictionary(XObject=Dictionary(Fm=form)), pdf.make_stream(b"/Fm Do")
    file = io.BytesIO()
    pdf.save(file)
    _, report = transform(file.getvalue(), name="in.pdf")
    assert report.n_changed == 1


@pytest.mark.parametrize("filters", [["FlateDecode", "DCTDecode"], ["ASCII85Decode", "FlateDecode", "DCTDecode"],
                                     ["FlateDecode", "JPXDecode"], ["FlateDecode", "CCITTFaxDecode"]])  # fmt: skip
def test_what_was_deflated_once_more_is_deflated_again(filters, transform):
    """An empty page of JPEG is a pattern that repeats."""
    size = (1600, 2000)
    empty = Image.new("L", size, 255)
    entries = BYTES | {"Width": size[0], "Height": size[1], "Filter": Array([Name("/" + name) for name in filters])}
    if filters[-1] == "DCTDecode":
        coded = saved(empty, "JPEG")
    elif filters[-1] == "JPXDecode":
        coded = saved(empty, "JPEG2000")
    else:
        entries |= {"BitsPerComponent": 1, "DecodeParms": Array([None, Dictionary(K=-1, Columns=size[0])])}
        coded = b"\xff" * (size[1] // 8) + b"\0\x10\x01"
    data = zlib.compress(coded, 9)
    if filters[0] == "ASCII85Decode":
        data = base64.a85encode(data) + b"~>"
    before = document((data, entries))

    def mark(pixels, *, dpi):
        changed = pixels.copy()
        changed[800:1000, 800:1200] = 0
        return changed

    output, report = transform(before, mark, name="in.pdf")
    assert (report.n_changed, report.n_left) == (1, 0)
    if filters[-1] != "JPXDecode":
        assert image_of(output, 1)[1]["/Filter"].count("/FlateDecode") == 1
    assert output.stat().st_size < len(before) + (4000 if filters[-1] == "JPXDecode" else 1000)
    seen = []
    transform(output.read_bytes(), lambda pixels, *, dpi: (seen.append(pixels), pixels)[1], name="again.pdf")
    assert seen[0][900, 1000] < 50
    assert seen[0][100, 100] > 200


def errors_of_decoders() -> list[Exception]:
    """Errors that name objects, functions or types."""
    found: list[Exception] = []
    pdf = pikepdf.new()
    for cause in (
        lambda: opened(io.BytesIO(b"none"), ("PNG",)).__enter__(),
        lambda: Image.open(io.BytesIO(b"none")),
        lambda: Image.open(io.BytesIO(saved(page(), "PNG")[:500])).load(),
        lambda: Image.open(io.BytesIO(JPX[:90])).load(),
        lambda: pikepdf.open(io.BytesIO(b"%PDF-1.7 none")),
        lambda: pikepdf.open(io.BytesIO(document(SOUND)[:300])),
        lambda: int(Name.A),
        lambda: float(pikepdf.Array([1])),
        lambda: pdf.make_stream(b"none", Filter=Name.FlateDecode).read_bytes(),
        lambda: pdf.get_object("a", "b"),
        lambda: pdf.pages[9],
        lambda: pdf.Root.Pages.Kids[4],
        lambda: pdf.Root["/None"],
        lambda: float(b"cm"),
        lambda: zlib.decompress(b"none"),
        lambda: base64.a85decode(b"\x7f"),
        lambda: np.frombuffer(b"abc", np.uint16),
    ):
        try:
            cause()
        except Exception as error:
            found.append(error)
    assert len(found) > 12
    return found


def test_no_text_of_a_decoder_reaches_the_user():
    for error in errors_of_decoders():
        words = meaning(error)
        assert words.startswith("its ")
        assert words.replace(" ", "").isalpha(), words
        assert str(error) not in words
