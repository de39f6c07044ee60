"""PDF: scanned images are replaced in place, in every coding, and nothing else changes."""

import base64
import io
import shutil
import struct
import subprocess
import sys
import zlib

import img2pdf
import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image

from document_pages import colour_page, keep, page, pages_by_kind, saved, white_paper, whiten
from isthmus.documents import Options, Rules, transform_documents
from isthmus.documents.encodings import group4
from isthmus.documents.tiff import pack
from isthmus.errors import ProtectedError

Name, Array, Dictionary = pikepdf.Name, pikepdf.Array, pikepdf.Dictionary
KINDS = pages_by_kind()
WIDTH, HEIGHT = page().size
GREY, BLACK = np.asarray(page()), np.asarray(KINDS["bilevel"])
CORNER = (slice(0, 44), slice(0, 60))  # without the border that rendering blends


def drawn(path, number: int = 0) -> np.ndarray:
    """A page as PDFium draws it, a pixel for each of the image's."""
    with pypdfium2.PdfDocument(path) as document:
        scale = WIDTH / document[number].get_width()
        return np.asarray(document[number].render(scale=scale).to_pil().convert("RGB")).astype(int)


def images(path) -> list[dict]:
    """The dictionaries of the images of a PDF."""
    with pikepdf.open(path) as document:
        found = [
            item for item in document.objects if isinstance(item, pikepdf.Stream) and item.get("/Subtype") == "/Image"
        ]
        return [{key: str(value) for key, value in image.items()} for image in found]


def check(path) -> None:
    """No word from qpdf, or else from pikepdf's check."""
    if shutil.which("qpdf"):
        subprocess.run(["qpdf", "--check", path], check=True, capture_output=True)
    with pikepdf.open(path) as document:
        assert document.check_pdf_syntax() == []


def scan(data: bytes, size=(WIDTH, HEIGHT), **entries) -> pikepdf.Pdf:
    """A PDF of one page that is an image."""
    document = pikepdf.new()
    only = document.add_blank_page(page_size=(WIDTH, HEIGHT))
    image = document.make_stream(data, Type=Name.XObject, Subtype=Name.Image, Width=size[0], Height=size[1], **entries)
    only.Resources = Dictionary(XObject=Dictionary(Im0=image))
    only.Contents = document.make_stream(b"q %d 0 0 %d 0 0 cm /Im0 Do Q" % (WIDTH, HEIGHT))
    return document


def bytes_of(document: pikepdf.Pdf, **options) -> bytes:
    file = io.BytesIO()
    document.save(file, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False, **options)
    return file.getvalue()


def strip(image: Image.Image, **options) -> bytes:
    """The data of a TIFF of one strip."""
    info = {278: image.height} | options.pop("tiffinfo", {})
    data = saved(image, "TIFF", tiffinfo=info, **options)
    tags = Image.open(io.BytesIO(data)).tag_v2
    return data[tags[273][0] : tags[273][0] + tags[279][0]]


def jbig2() -> bytes:
    """A page of JBIG2 with one generic region, coded as Group 4 is (ITU-T T.88, 7.4.6)."""

    def segment(number: int, kind: int, data: bytes) -> bytes:
        return struct.pack(">IBBBI", number, kind, 0, 1, len(data)) + data

    region = struct.pack(">IIIIB", WIDTH, HEIGHT, 0, 0, 0) + b"\1" + group4(BLACK)
    return segment(0, 48, struct.pack(">IIIIBH", WIDTH, HEIGHT, 0, 0, 0, 0)) + segment(1, 38, region)


ONE, EIGHT = (
    {"ColorSpace": Name.DeviceGray, "BitsPerComponent": 1},
    {"ColorSpace": Name.DeviceGray, "BitsPerComponent": 8},
)
RGB = {"ColorSpace": Name.DeviceRGB, "BitsPerComponent": 8}
STENCIL = {"ImageMask": True, "BitsPerComponent": 1}
BITS, FLIPPED = np.packbits(BLACK, axis=1).tobytes(), np.packbits(~BLACK, axis=1).tobytes()
COLOUR = np.asarray(colour_page())


def palette(*colours: tuple[int, int, int]):
    return Array([Name.Indexed, Name.DeviceRGB, len(colours) - 1, pikepdf.String(bytes(sum(colours, ())))])


def fax(k: int = -1, **more):
    parameters = {"K": k, "Columns": WIDTH, "Rows": HEIGHT} | more
    return {"Filter": Name.CCITTFaxDecode, "DecodeParms": Dictionary(**parameters)}


def predicted(kind: int):
    return {"DecodeParms": Dictionary(Predictor=kind, Colors=3, Columns=WIDTH)}


LOSSLESS = {
    "bits": lambda: (BITS, ONE),
    "bits inverted": lambda: (FLIPPED, ONE | {"Decode": Array([1, 0])}),
    "bits deflated": lambda: (zlib.compress(BITS, 9), ONE | {"Filter": Name.FlateDecode}),
    "stencil": lambda: (BITS, STENCIL),
    "stencil inverted": lambda: (FLIPPED, STENCIL | {"Decode": Array([1, 0])}),
    "two colours": lambda: (BITS, ONE | {"ColorSpace": palette((0, 0, 0), (255, 255, 255))}),
    "two colours the other way": lambda: (FLIPPED, ONE | {"ColorSpace": palette((255, 255, 255), (0, 0, 0))}),
    "Group 4": lambda: (group4(BLACK), ONE | fax()),
    "Group 4, black is 1": lambda: (group4(~BLACK), ONE | fax(BlackIs1=True)),
    "Group 4 stencil": lambda: (group4(BLACK), STENCIL | fax()),
    "Group 3": lambda: (strip(Image.fromarray(~BLACK), compression="group3"), ONE | fax(0)),
    "JBIG2": lambda: (jbig2(), ONE | {"Filter": Name.JBIG2Decode}),
    "JBIG2 inverted": lambda: (jbig2(), STENCIL | {"Filter": Name.JBIG2Decode}),
    "grey": lambda: (GREY.tobytes(), EIGHT),
    "grey inverted": lambda: ((255 - GREY).tobytes(), EIGHT | {"Decode": Array([1, 0])}),
    "grey of 4 bits": lambda: (pack(GREY >> 4, 4), EIGHT | {"BitsPerComponent": 4}),
    "grey of 2 bits": lambda: (pack(GREY >> 6, 2), EIGHT | {"BitsPerComponent": 2}),
    "grey run lengths": lambda: (strip(page(), compression="packbits"), EIGHT | {"Filter": Name.RunLengthDecode}),
    "grey in ASCII": lambda: (base64.a85encode(zlib.compress(GREY.tobytes())) + b"~>",
                              EIGHT | {"Filter": Array([Name.ASCII85Decode, Name.FlateDecode])}),
    "colour": lambda: (zlib.compress(COLOUR.tobytes(), 9), RGB | {"Filter": Name.FlateDecode}),
    "colour, TIFF's predictor": lambda: (
        strip(colour_page(), compression="tiff_adobe_deflate", tiffinfo={317: 2}),
        RGB | {"Filter": Name.FlateDecode} | predicted(2)),
    "colour LZW": lambda: (strip(colour_page(), compression="tiff_lzw"), RGB | {"Filter": Name.LZWDecode}),
    "colour LZW, predictor": lambda: (strip(colour_page(), compression="tiff_lzw", tiffinfo={317: 2}),
                                      RGB | {"Filter": Name.LZWDecode} | predicted(2)),
    "ink": lambda: (zlib.compress(np.asarray(KINDS["ink"]).tobytes(), 9),
                    RGB | {"ColorSpace": Name.DeviceCMYK, "Filter": Name.FlateDecode}),
}  # fmt: skip


@pytest.mark.parametrize("coding", LOSSLESS)
def test_each_coding_is_read_and_written(coding, transform):
    data, entries = LOSSLESS[coding]()
    document = bytes_of(scan(data, **entries))
    output, report = transform(document, name="in.pdf")
    check(output)
    assert (report.n_changed, report.pictures[0].note) == (1, None)
    before, after = drawn(document), drawn(output)
    assert before[CORNER].min() < 100
    assert (after[CORNER] == 255).all()
    before[:49, :65] = after[:49, :65] = 0
    assert np.array_equal(before, after)
    assert output.stat().st_size <= 1.1 * len(document)
    (image,) = images(output)
    assert image.get("/BitsPerComponent", "1") == str(entries["BitsPerComponent"])
    if entries["BitsPerComponent"] == 1 and coding != "bits deflated":
        assert image["/Filter"] == "/CCITTFaxDecode"


# What img2pdf takes.
TAKEN = [("PNG", kind) for kind in KINDS if kind != "ink" and "alpha" not in kind]
TAKEN += [("TIFF", kind) for kind in KINDS if kind != "grey of 16 bits" and "alpha" not in kind]
TAKEN += [("JPEG", "grey"), ("JPEG", "colour"), ("JPEG", "ink"), ("JPEG2000", "grey"), ("JPEG2000", "colour")]


@pytest.mark.parametrize(("format", "kind"), TAKEN)
def test_pdfs_of_img2pdf_come_back(kind, format, transform):
    options = {"compression": "group4"} if (format, kind) == ("TIFF", "bilevel") else {}
    document = img2pdf.convert(saved(KINDS[kind], format, **options), rotation=img2pdf.Rotation.ifvalid)
    output, report = transform(document, name="in.pdf")
    check(output)
    assert (report.n_changed, report.pictures[0].note) == (1, None)
    before, after = drawn(document), drawn(output)
    assert np.abs(after[8:36, 8:50] - 255).max() < (30 if format == "JPEG" else 1)
    difference = np.abs(before - after)
    difference[:49, :65] = 0
    if kind == "palette of 16":  # which gives up an entry for white
        assert (difference > 0).any(axis=-1).mean() < 0.1
        assert difference.max() < 40
    else:
        assert difference.max() == 0 if format != "JPEG" else np.sqrt((difference**2).mean()) < 4
    assert output.stat().st_size <= 1.1 * len(document)
    (old,), (new,) = images(io.BytesIO(document)), images(output)
    for key in ("/Width", "/Height", "/BitsPerComponent", "/ColorSpace", "/Filter"):
        if key != "/ColorSpace" or not kind.startswith("palette"):
            assert str(new.get(key)) in str(old.get(key)), key


@pytest.mark.parametrize("coding", LOSSLESS)
def test_where_nothing_changes_the_bytes_stay(coding, transform):
    data, entries = LOSSLESS[coding]()
    document = bytes_of(scan(data, **entries))
    output, _ = transform(document, keep, name="in.pdf")
    assert output.read_bytes() == document


def rich_document() -> bytes:
    """Three scans with text, an outline, boxes, metadata, an attachment and a rotation."""
    document = pikepdf.new()
    for number in range(3):
        only = document.add_blank_page(page_size=(WIDTH, HEIGHT))
        data = zlib.compress(np.asarray(page(number)).tobytes())
        image = document.make_stream(data, Type=Name.XObject, Subtype=Name.Image, Width=WIDTH, Height=HEIGHT,
                                     Filter=Name.FlateDecode, Interpolate=True, **EIGHT)  # fmt: skip
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        only.Resources = Dictionary(XObject=Dictionary(Im0=image), Font=Dictionary(F1=document.make_indirect(font)))
        text = f"BT 3 Tr /F1 12 Tf 20 100 Td (hidden words {number}) Tj ET".encode()
        only.Contents = document.make_stream(b"q %d 0 0 %d 0 0 cm /Im0 Do Q " % (WIDTH, HEIGHT) + text)
        only.CropBox = Array([1, 2, WIDTH - 3, HEIGHT - 4])
        only.Rotate = 90 * number
    document.docinfo["/Title"], document.docinfo["/Producer"] = "A book", "a scanner"
    with document.open_metadata(set_pikepdf_as_editor=False) as metadata:
        metadata["dc:title"] = "A book"
    with document.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("Second page", 1))
    document.attachments["notes.txt"] = b"notes"
    document.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.r)]))
    return bytes_of(document, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def told(path) -> dict:
    """Everything about a document but its images."""
    with pikepdf.open(path) as document:
        outline = document.open_outline()
        found = {
            "info": {key: str(value) for key, value in document.docinfo.items()},
            "metadata": document.Root.Metadata.read_bytes(),
            "outline": [item.title for item in outline.root],
            "attachments": {name: file.get_file().read_bytes() for name, file in document.attachments.items()},
            "labels": [only.label for only in document.pages],
            "pages": [
                {key: str(value) for key, value in only.obj.items() if key in {"/MediaBox", "/CropBox", "/Rotate"}}
                for only in document.pages
            ],
            "contents": [only.Contents.read_bytes() for only in document.pages],
            "version": document.pdf_version,
        }
    with pypdfium2.PdfDocument(path) as document:
        found["text"] = [document[number].get_textpage().get_text_bounded() for number in range(len(document))]
    return found


def test_everything_else_stays(transform):
    document = rich_document()
    output, report = transform(document, name="in.pdf", pages=[1, 3])
    check(output)
    before, after = told(io.BytesIO(document)), told(output)
    assert before["text"] == [f"hidden words {number}" for number in range(3)]
    assert before["metadata"]
    assert after == before
    assert [picture.page for picture in report.pictures] == [1, 3]
    old, new = images(io.BytesIO(document)), images(output)
    assert [image["/Interpolate"] for image in new] == ["True"] * 3
    assert sum(image in new for image in old) == 1


def test_pdfs_of_ocrmypdf_keep_their_text(tmp_path, transform):
    if shutil.which("tesseract") is None:
        pytest.skip("there is no tesseract; apt install tesseract-ocr brings it")
    large = page().resize((WIDTH * 4, HEIGHT * 4), Image.Resampling.BICUBIC)
    (tmp_path / "scan.pdf").write_bytes(img2pdf.convert(saved(large, "PNG", dpi=(300, 300))))
    options = ["--output-type", "pdf", "--optimize", "0", "--jobs", "1"]
    subprocess.run([sys.executable, "-m", "ocrmypdf", *options, "scan.pdf", "text.pdf"], cwd=tmp_path, check=True,
                   capture_output=True)  # fmt: skip
    output, report = transform(tmp_path / "text.pdf")
    check(output)
    with pypdfium2.PdfDocument(tmp_path / "text.pdf") as before, pypdfium2.PdfDocument(output) as after:
        words = before[0].get_textpage().get_text_bounded()
        assert "document" in words
        assert after[0].get_textpage().get_text_bounded() == words
    assert report.n_changed == 1
    assert report.pictures[0].width == large.width


def test_the_function_gets_the_resolution_that_a_scan_is_drawn_at(transform):
    seen = []
    document = scan(zlib.compress(GREY.tobytes()), **EIGHT, Filter=Name.FlateDecode)
    document.pages[0].MediaBox = Array([0, 0, WIDTH * 0.24, HEIGHT * 0.24])
    document.pages[0].Contents = document.make_stream(
        b"0.24 0 0 0.24 0 0 cm q 0 %d -%d 0 0 0 cm /Im0 Do Q" % (WIDTH, HEIGHT)
    )
    transform(bytes_of(document), lambda pixels, *, dpi: (seen.append(dpi), pixels)[1], name="in.pdf")
    document.pages[0].UserUnit = 2
    transform(bytes_of(document), lambda pixels, *, dpi: (seen.append(dpi), pixels)[1], name="in2.pdf")
    assert seen == [pytest.approx(300), pytest.approx(150)]


def test_scans_within_forms_and_strips_are_found(transform):
    document = scan(zlib.compress(GREY.tobytes()), **EIGHT, Filter=Name.FlateDecode)
    only = document.pages[0]
    form = document.make_stream(b"q 1 0 0 1 0 0 cm /Im0 Do Q", Type=Name.XObject, Subtype=Name.Form,
                                BBox=Array([0, 0, 1, 1]), Matrix=Array([WIDTH, 0, 0, HEIGHT, 0, 0]),
                                Resources=only.Resources)  # fmt: skip
    only.Resources = Dictionary(XObject=Dictionary(Fm=form))
    only.Contents = document.make_stream(b"/Fm Do")
    output, report = transform(bytes_of(document), name="form.pdf")
    assert report.n_changed == 1
    assert (drawn(output)[CORNER] == 255).all()
    strips = pikepdf.new()
    only = strips.add_blank_page(page_size=(WIDTH, HEIGHT))
    named, contents = {}, b""
    for number, top in enumerate(range(0, HEIGHT, 76)):
        named[f"S{number}"] = strips.make_stream(GREY[top : top + 76].tobytes(), Type=Name.XObject, Subtype=Name.Image,
                                                 Width=WIDTH, Height=76, **EIGHT)  # fmt: skip
        contents += b"q %d 0 0 76 0 %d cm /S%d Do Q " % (WIDTH, HEIGHT - top - 76, number)
    only.Resources = Dictionary(XObject=Dictionary(**named))
    only.Contents = strips.make_stream(contents)
    _, report = transform(bytes_of(strips), name="strips.pdf")
    assert [(picture.page, picture.height, picture.changed) for picture in report.pictures] == [(1, 76, True)] * 4


def test_a_document_without_scans_is_copied_and_said_to_need_no_cleaning(transform):
    document = scan(zlib.compress(GREY.tobytes()), **EIGHT, Filter=Name.FlateDecode)
    document.pages[0].Contents = document.make_stream(b"q 50 0 0 70 20 20 cm /Im0 Do Q")  # a picture on a page
    data = bytes_of(document)
    output, report = transform(data, name="in.pdf")
    assert output.read_bytes() == data
    assert report.notes == ("has no scanned page",)
    assert report.n_pages == 1


def test_images_behind_masks_and_in_rare_colours_are_left_as_they_are(transform):
    mask = scan(zlib.compress(GREY.tobytes()), **EIGHT, Filter=Name.FlateDecode)
    mask.pages[0].Resources.XObject.Im0.SMask = mask.make_stream(
        bytes(WIDTH * HEIGHT), Type=Name.XObject, Subtype=Name.Image, Width=WIDTH, Height=HEIGHT, **EIGHT
    )
    gold = Array([Name.Separation, Name.Gold, Name.DeviceGray, Dictionary(FunctionType=2, Domain=Array([0, 1]), N=1)])
    ink = scan(zlib.compress(GREY.tobytes()), BitsPerComponent=8, Filter=Name.FlateDecode, ColorSpace=gold)
    mapped = scan(GREY.tobytes(), **EIGHT, Decode=Array([0.2, 0.8]))
    for document, words in ((mask, "mask"), (ink, "Separation"), (mapped, "decode array")):
        data = bytes_of(document)
        output, report = transform(data, name="in.pdf")
        assert words in report.pictures[0].note
        assert output.read_bytes() == data


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({**EIGHT, "Filter": Name.FlateDecode, **predicted(15)}, "predictor"),
        ({**ONE, **fax(Columns=WIDTH + 8)}, "fax image"),
        ({**EIGHT, "Filter": Name.LZWDecode, "DecodeParms": Dictionary(EarlyChange=0)}, "rare kind of LZW"),
    ],
    ids=["predictor", "fax", "lzw"],
)
def test_a_picture_that_turns_out_to_be_unsupported_is_left_and_the_others_are_cleaned(transform, entries, words):
    document = scan(zlib.compress(GREY.tobytes()), **EIGHT, Filter=Name.FlateDecode)
    document.pages.extend(scan(zlib.compress(GREY.tobytes()), **entries).pages)
    output, report = transform(bytes_of(document), name="in.pdf")
    assert [picture.changed for picture in report.pictures] == [True, False]
    assert words in report.pictures[1].note
    with pikepdf.open(output) as after:
        stored = [page.Resources.XObject.Im0.read_raw_bytes() for page in after.pages]
    assert stored[0] != stored[1] == zlib.compress(GREY.tobytes())


def test_an_image_on_several_pages_is_cleaned_once(transform):
    document = scan(zlib.compress(GREY.tobytes()), **EIGHT, Filter=Name.FlateDecode)
    document.pages.append(document.pages[0])
    output, report = transform(bytes_of(document), name="in.pdf")
    assert (report.n_pages, len(report.pictures)) == (2, 1)
    assert np.array_equal(drawn(output, 0), drawn(output, 1))


def test_an_image_that_a_page_to_be_left_shows_too_is_left(transform):
    document = scan(zlib.compress(GREY.tobytes()), **EIGHT, Filter=Name.FlateDecode)
    document.pages.append(document.pages[0])
    data = bytes_of(document)
    output, report = transform(data, name="in.pdf", pages=[1])
    assert output.read_bytes() == data
    assert "also on page 2" in report.pictures[0].note


@pytest.mark.parametrize("password", ["", "secret"])
def test_encrypted_documents_are_refused_with_what_to_do(password, transform):
    document = scan(GREY.tobytes(), **EIGHT)
    file = io.BytesIO()
    document.save(file, encryption=pikepdf.Encryption(user=password, owner="owner"))
    with pytest.raises(ProtectedError, match=r"is encrypted; qpdf --decrypt") as caught:
        transform(file.getvalue(), name="in.pdf")
    assert caught.value.exit_code == 8


@pytest.mark.parametrize("sign", ["flags", "field", "permissions"])
def test_signed_documents_are_refused_unless_told_otherwise(sign, transform):
    document = scan(GREY.tobytes(), **EIGHT)
    field = Dictionary(FT=Name.Sig, T="signature")
    if sign == "permissions":
        document.Root.Perms = Dictionary(DocMDP=Dictionary())
    else:
        field.V = Dictionary(Type=Name.Sig)
        parent = Dictionary(T="parent", Kids=Array([document.make_indirect(field)]))
        flags = 1 if sign == "flags" else 0
        document.Root.AcroForm = Dictionary(SigFlags=flags, Fields=Array([document.make_indirect(parent)]))
    data = bytes_of(document)
    with pytest.raises(ProtectedError, match=r"is signed.*--invalidate-digital-signatures"):
        transform(data, name="in.pdf")
    _, report = transform(data, name="in.pdf", rules=Rules(invalidate_signatures=True))
    assert report.n_changed == 1


@pytest.mark.parametrize("kind", ["grey", "colour", "ink"])
def test_bilevel_output_is_group_4(kind, transform):
    document = img2pdf.convert(saved(KINDS[kind], "JPEG", quality=90))
    output, _ = transform(document, white_paper, name="in.pdf", rules=Rules(bilevel=True))
    check(output)
    (image,) = images(output)
    assert (image["/Filter"], image["/BitsPerComponent"], image["/ColorSpace"]) == (
        "/CCITTFaxDecode",
        "1",
        "/DeviceGray",
    )
    found = drawn(output)
    assert found[:190][np.asarray(page())[:190] < 40].mean() < 20
    assert found[:190][np.asarray(page())[:190] > 185].mean() > 240


def test_jpegs_of_inks_keep_their_colours(transform):
    for decode in ({}, {"Decode": Array([1, 0] * 4)}):
        document = bytes_of(scan(saved(KINDS["ink"], "JPEG", quality=95), BitsPerComponent=8, Filter=Name.DCTDecode,
                                 ColorSpace=Name.DeviceCMYK, **decode))  # fmt: skip
        output, report = transform(document, name="in.pdf")
        assert report.n_changed == 1
        difference = np.abs(drawn(document) - drawn(output))
        difference[:49, :65] = 0
        assert np.sqrt((difference**2).mean()) < 4


def test_a_linearized_document_stays_one(transform):
    output, _ = transform(bytes_of(scan(GREY.tobytes(), **EIGHT), linearize=True), name="in.pdf")
    with pikepdf.open(output) as document:
        assert document.is_linearized


@pytest.mark.parametrize("cut", [0.2, 0.7])
def test_truncated_images_are_left(cut, transform):
    data = GREY.tobytes()
    document = bytes_of(scan(data[: int(len(data) * cut)], **EIGHT))
    output, report = transform(document, name="in.pdf")
    assert output.read_bytes() == document
    assert "damaged (its data end after" in report.pictures[0].note


def test_without_the_extra_the_sentence_says_what_brings_it(tmp_path, monkeypatch):
    from isthmus.errors import MissingExtraError

    (tmp_path / "in.pdf").write_bytes(bytes_of(scan(GREY.tobytes(), **EIGHT)))
    for module in list(sys.modules):
        if module.startswith("isthmus.documents.pdf"):
            monkeypatch.delitem(sys.modules, module)
    monkeypatch.delattr("isthmus.documents.pdf", raising=False)
    monkeypatch.setitem(sys.modules, "pikepdf", None)
    (report,) = transform_documents([(str(tmp_path / "in.pdf"), str(tmp_path / "out.pdf"))], whiten, Options())
    assert isinstance(report.error, MissingExtraError)
    assert 'pip install "isthmus[pages]"' in str(report.error)
