"""Turning pages straight: pixels of every kind, and all that a page of a PDF draws."""

import io
from math import cos, radians, sin

import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageFont

from document_pages import keep, pages_by_kind, reopened, saved, shown, whiten
from isthmus.documents import Remarked, Rules
from isthmus.documents.pillow_images import image_of, picture_of
from isthmus.documents.turning import cuts_print, straightening, turned_picture, turned_pixels

Array, Dictionary, Name = pikepdf.Array, pikepdf.Dictionary, pikepdf.Name
KINDS = pages_by_kind()
INNER = (slice(30, -30), slice(30, -30))
LINES = (cos(radians(2)), sin(radians(2)))  # down to the right by 2 degrees


class Askew:
    """A page function that says that lines run down by 2 degrees, and changes no more than another one does."""

    def __init__(self, function=keep, lines=LINES):
        self.function, self.lines = function, lines

    def __call__(self, pixels, *, dpi):
        return Remarked(self.function(pixels, dpi=dpi), lines=self.lines)


def turned_by_pillow(image: Image.Image, turn: float) -> np.ndarray:
    """The colours of a page, turned by Pillow."""
    return np.asarray(image.convert("RGB").rotate(-turn, Image.Resampling.BICUBIC, fillcolor=(255,) * 3)).astype(int)


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_of_every_kind_are_turned_as_pillow_turns_colours(kind):
    image = KINDS[kind]
    found = image_of(turned_picture(picture_of(image), 2.0))
    assert (found.mode, found.size) == (image.mode, image.size)
    wanted = turned_by_pillow(Image.fromarray(shown(image).astype(np.uint8)) if "alpha" in kind else image, 2.0)
    if kind == "grey of 16 bits":
        fine = Image.fromarray(np.asarray(image).astype(np.float32))
        wanted = np.asarray(fine.rotate(-2.0, Image.Resampling.BICUBIC))[..., None]
        assert np.abs(np.asarray(found).astype(int)[..., None] - wanted.clip(0, 65535))[INNER].max() <= 1
        return
    difference = np.abs(np.asarray(found.convert("RGB")).astype(int) - wanted)[INNER]
    if kind == "bilevel":
        assert set(np.unique(difference[(wanted[INNER] < 120) | (wanted[INNER] > 136)])) <= set(range(121))
    elif kind == "palette of 16":
        assert difference.mean() < 6
    else:
        assert difference.max() <= {"palette": 60}.get(kind, 3)
        assert difference.mean() < {"palette": 2}.get(kind, 1)


def test_corners_get_the_paper_of_the_page():
    paper = np.full((200, 150, 3), (230, 220, 190), np.uint8)
    paper[90:110, 20:130] = 20
    turned = turned_pixels(paper, 8.0)
    assert (turned[0, 0] == (230, 220, 190)).all()
    assert (turned[-1, -1] == (230, 220, 190)).all()
    ink = picture_of(Image.fromarray(paper).convert("CMYK"))
    assert (turned_picture(ink, 8.0).samples[0, 0] == ink.samples[0, 0]).all()


@pytest.mark.parametrize("kind", ["uint16", "float32", "float64", "bool"])
def test_arrays_keep_their_type(kind):
    grey = np.asarray(KINDS["grey"])
    pixels = {"uint16": lambda: grey.astype(np.uint16) * 257, "bool": lambda: grey > 110}.get(
        kind, lambda: (grey / 255).astype(kind)
    )()
    turned = turned_pixels(pixels, -3.0)
    assert turned.dtype == pixels.dtype
    scale = {"uint16": 257, "bool": 1 / 255}.get(kind, 1 / 255)
    difference = np.abs(turned / scale - turned_pixels(grey, -3.0).astype(float))
    assert (difference.max() <= 1.01) if kind != "bool" else (np.median(difference) < 60)


def test_pixels_that_are_not_square_are_turned_on_the_page():
    """A fax has half as many rows: turning it is turning the square page."""
    square = np.zeros((400, 300), np.uint8) + 255
    square[100:300, 60:240] = 0
    askew = turned_pixels(square, 4.0)
    fax = np.asarray(Image.fromarray(askew).resize((300, 200), Image.Resampling.BOX))
    steps = (1 / 204, 0.0, 0.0, 1 / 102)
    slope = np.tan(radians(4.0)) / 2  # of its lines, in its pixels
    turn = straightening((1.0, float(slope)), steps)
    assert turn == pytest.approx(-4.0)
    wanted = np.asarray(Image.fromarray(square).resize((300, 200), Image.Resampling.BOX)).astype(int)
    assert np.abs(turned_pixels(fax, turn, steps) - wanted).mean() < 1
    assert np.abs(fax - wanted).mean() > 5


def test_letters_in_the_corners_are_not_cut_off():
    page = Image.new("L", (400, 600), 255)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(14)
    draw.text((100, 300), "in the middle", fill=0, font=font)
    assert not cuts_print(np.asarray(page), 6.0)
    draw.text((360, 580), "197", fill=0, font=font)
    assert cuts_print(np.asarray(page), 6.0)
    assert not cuts_print(np.asarray(page), 0.2)
    shadow = np.asarray(page).copy()
    shadow[-40:, -60:] = 60  # as the letters, but it touches the edge
    assert not cuts_print(shadow, 6.0)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "JPEG", "WEBP", "BMP", "PPM"])
def test_the_pixels_of_images_are_turned_once_after_cleaning(format, transform):
    name = {"PNG": "in.png", "TIFF": "in.tif", "JPEG": "in.jpg", "WEBP": "in.webp", "BMP": "in.bmp", "PPM": "in.pgm"}[
        format
    ]
    image = Image.new("RGB" if format == "WEBP" else "L", (304, 408), "white")
    ImageDraw.Draw(image).rectangle((100, 150, 200, 220), fill=(0, 0, 0) if format == "WEBP" else 0)
    options = {"lossless": True} if format == "WEBP" else {} if format == "PPM" else {"dpi": (200, 200)}
    source = saved(image, format, **options)
    output, report = transform(source, Askew(), name=name)
    assert (report.n_changed, report.pictures[0].turned) == (1, pytest.approx(-2))
    found = reopened(output)
    assert (found.mode, found.size) == (reopened(source).mode, image.size)
    assert np.abs(shown(found.convert("RGB")) - turned_by_pillow(image, -2)).max() < (40 if format == "JPEG" else 1)
    if format in {"PNG", "TIFF", "JPEG", "BMP"}:
        assert found.info["dpi"][0] == pytest.approx(200, abs=0.1)


def test_pages_are_turned_each_by_its_own_angle_and_straight_ones_keep_their_bytes(transform):
    pages = [KINDS["grey"], KINDS["bilevel"].convert("L")]
    document = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_deflate")

    def by_page(pixels, *, dpi):
        is_first = np.array_equal(pixels, np.asarray(pages[0]))
        return Remarked(pixels, lines=(1.0, 0.0), not_turned=None) if is_first else Remarked(pixels, lines=LINES)

    output, report = transform(document, by_page, name="in.tif")
    assert [picture.turned for picture in report.pictures] == [0, pytest.approx(-2)]
    assert [picture.changed for picture in report.pictures] == [False, True]
    with Image.open(output) as found:
        assert np.array_equal(np.asarray(found), np.asarray(pages[0]))
        found.seek(1)
        assert np.abs(shown(found.convert("RGB")) - turned_by_pillow(pages[1], -2))[INNER].max() <= 1


def test_black_and_white_pages_are_made_of_the_turned_grey(transform):
    output, _ = transform(saved(KINDS["grey"], "PNG"), Askew(), name="in.png", rules=Rules(bilevel=True))
    wanted = turned_by_pillow(KINDS["grey"], -2)[..., 0]
    found = np.asarray(reopened(output))
    assert found.dtype == bool
    assert (found == (wanted > 143))[INNER].mean() > 0.97  # 15 above the middle


WIDTH, HEIGHT = 400, 600


def page_of_pdf(*, strips: int = 1, angle: float = 2.0, rotate: int = 0) -> tuple[pikepdf.Pdf, np.ndarray]:
    """A PDF whose scan shows a black word askew, with the word as invisible text on it, and what its page shows."""
    upright = Image.new("L", (2 * WIDTH, 2 * HEIGHT), 255)
    ImageDraw.Draw(upright).rectangle((200, 300, 600, 330), fill=0)  # 100 to 300 points from the left
    askew = np.asarray(upright.rotate(-angle, Image.Resampling.BICUBIC, fillcolor=255))
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(WIDTH, HEIGHT))
    page.Rotate = rotate
    font = document.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    named, drawing = Dictionary(), b""
    for number, part in enumerate(np.split(askew, strips)):
        image = document.make_stream(part.tobytes(), Type=Name.XObject, Subtype=Name.Image, Width=2 * WIDTH,
                                     Height=len(part), ColorSpace=Name.DeviceGray, BitsPerComponent=8)  # fmt: skip
        named[f"/Im{number}"] = image
        high = HEIGHT / strips
        drawing += b"q %d 0 0 %f 0 %f cm /Im%d Do Q\n" % (WIDTH, high, HEIGHT - (number + 1) * high, number)
    page.Resources = Dictionary(XObject=named, Font=Dictionary(F1=font))
    t, middle = radians(-angle), np.array([WIDTH / 2, HEIGHT / 2])
    rotation = np.array([[cos(t), -sin(t)], [sin(t), cos(t)]])
    x, y = rotation @ (np.array([100, HEIGHT - 165]) - middle) + middle
    drawing += b"BT 3 Tr /F1 15 Tf %f %f %f %f %f %f Tm (hidden) Tj ET" % (cos(t), sin(t), -sin(t), cos(t), x, y)
    page.Contents = document.make_stream(drawing)
    return document, np.asarray(upright)


def bytes_of(document: pikepdf.Pdf) -> bytes:
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def dark(path) -> np.ndarray:
    """Where a page is dark."""
    with pypdfium2.PdfDocument(path) as document:
        return np.asarray(document[0].render(scale=2).to_pil().convert("L")) < 128


def places_of_letters(path, number: int = 0) -> np.ndarray:
    """The boxes of the letters of a page: left, bottom, right, top."""
    with pypdfium2.PdfDocument(path) as document:
        text = document[number].get_textpage()
        return np.array([text.get_charbox(index) for index in range(text.count_chars())])


def test_text_behind_a_scan_is_turned_along(transform):
    document, upright = page_of_pdf()
    source = bytes_of(document)
    output, report = transform(source, Askew(), name="in.pdf")
    assert (report.n_changed, report.pictures[0].turned) == (1, pytest.approx(-2))
    assert (dark(source) != (upright < 128)).mean() > 0.003
    assert (dark(output) != (upright < 128)).mean() < 0.001  # the print is straight
    letters = places_of_letters(output)
    assert letters[:, 1] == pytest.approx(letters[0, 1], abs=0.5)  # and so is the text
    assert letters[0, :2] == pytest.approx((101, HEIGHT - 165), abs=1.5)  # where the print is
    before = places_of_letters(source)
    assert before[0, 1] - before[-1, 1] > 1
    with pikepdf.open(output) as found, pikepdf.open(io.BytesIO(source)) as given:
        assert found.check_pdf_syntax() == []
        pictures = [each.pages[0].Resources.XObject.Im0.read_raw_bytes() for each in (found, given)]
        assert pictures[0] == pictures[1]  # pixels are not drawn anew


@pytest.mark.parametrize("rotate", [90, 270])
def test_pages_that_are_shown_on_their_sides_are_turned_likewise(rotate, transform):
    document, _ = page_of_pdf(rotate=rotate)
    wanted, _ = page_of_pdf(rotate=rotate, angle=0)
    output, _ = transform(bytes_of(document), Askew(), name="in.pdf")
    assert (dark(output) != dark(bytes_of(wanted))).mean() < 0.001


def test_what_is_drawn_straight_already_is_not_turned_again(transform, tmp_path):
    document, _ = page_of_pdf()
    output, _ = transform(bytes_of(document), Askew(), name="in.pdf")
    again, report = transform(output.read_bytes(), Askew(), name="again.pdf")
    assert (report.n_changed, report.pictures[0].turned) == (0, 0)
    assert again.read_bytes() == output.read_bytes()


def test_strips_of_a_page_are_turned_together(transform):
    document, upright = page_of_pdf(strips=4)
    output, report = transform(bytes_of(document), Askew(), name="in.pdf")
    assert [picture.turned for picture in report.pictures] == [pytest.approx(-2)] * 4
    assert (dark(output) != (upright < 128)).mean() < 0.001

    def unlike(pixels, *, dpi):
        return Remarked(pixels, lines=LINES if pixels.min() == 0 else (1.0, -0.05))

    source = bytes_of(document)
    output, report = transform(source, unlike, name="unlike.pdf")
    assert output.read_bytes() == source
    assert {picture.not_turned for picture in report.pictures} == {"its parts are not askew by the same angle"}


def test_cleaned_pages_of_pdfs_are_turned_too(transform):
    document, _ = page_of_pdf()
    output, report = transform(bytes_of(document), Askew(lambda pixels, dpi: 255 - pixels), name="in.pdf")
    assert report.pictures[0].turned == pytest.approx(-2)
    with pikepdf.open(output) as found:
        assert b" cm" in found.pages[0].Contents[0].read_bytes()
    assert dark(output)[HEIGHT, WIDTH]


def test_text_of_pages_without_a_scan_is_not_touched(transform):
    document, _ = page_of_pdf()
    document.add_blank_page(page_size=(WIDTH, HEIGHT))
    plain = document.pages[1]
    plain.Resources, plain.Contents = document.pages[0].Resources, document.make_stream(b"BT /F1 9 Tf (born) Tj ET")
    output, _ = transform(bytes_of(document), Askew(), name="in.pdf")
    with pikepdf.open(output) as found:
        assert found.pages[1].Contents.read_bytes() == b"BT /F1 9 Tf (born) Tj ET"


def test_pictures_that_pages_show_at_different_angles_are_left(transform):
    document, _ = page_of_pdf()
    document.pages.append(document.pages[0])
    second = document.pages[1]
    second.Contents = document.make_stream(b"q 400 20 -20 600 0 0 cm /Im0 Do Q")
    _, report = transform(bytes_of(document), Askew(), name="in.pdf")
    assert "pages show it at different angles" in report.pictures[0].not_turned
    assert report.n_changed == 0


def test_annotations_are_turned_along(transform):
    document, _ = page_of_pdf()
    stamp = document.make_stream(b"1 0 0 rg 0 0 40 10 re f", Type=Name.XObject, Subtype=Name.Form,
                                 BBox=Array([0, 0, 40, 10]))  # fmt: skip
    annotations = [
        Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([300, 500, 340, 510]), Border=Array([0, 0, 0])),
        Dictionary(Type=Name.Annot, Subtype=Name.Highlight, Rect=Array([300, 500, 340, 510]),
                   QuadPoints=Array([300, 510, 340, 510, 300, 500, 340, 500])),
        Dictionary(Type=Name.Annot, Subtype=Name.Stamp, Rect=Array([300, 500, 340, 510]), F=4,
                   AP=Dictionary(N=document.make_indirect(stamp))),
        Dictionary(Type=Name.Annot, Subtype=Name.Square, Rect=Array([1, 2])),  # damaged
    ]  # fmt: skip
    document.pages[0].Annots = Array(map(document.make_indirect, annotations))
    output, _ = transform(bytes_of(document), Askew(), name="in.pdf")
    t, middle = radians(2), np.array([WIDTH / 2, HEIGHT / 2])  # 2 degrees anticlockwise
    rotation = np.array([[cos(t), -sin(t)], [sin(t), cos(t)]])
    with pikepdf.open(output) as found:
        link, highlight, _, damaged = found.pages[0].Annots
        box = [float(value) for value in link.Rect]
        wanted = rotation @ (np.array([320, 505]) - middle) + middle
        assert [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2] == pytest.approx(wanted)
        assert box[2] - box[0] == pytest.approx(40)
        points = np.array([float(value) for value in highlight.QuadPoints]).reshape(-1, 2)
        corners = np.array([[300, 510], [340, 510], [300, 500], [340, 500]])
        assert points == pytest.approx((corners - middle) @ rotation.T + middle, abs=1e-6)
        assert [float(value) for value in damaged.Rect] == [1, 2]
    with pypdfium2.PdfDocument(output) as rendered:
        colours = np.asarray(rendered[0].render(scale=4, may_draw_forms=True).to_pil().convert("RGB")).astype(int)
    rows, columns = np.nonzero((colours[..., 0] > 200) & (colours[..., 1] < 60))
    slope = np.polyfit(columns, rows, 1)[0]
    assert np.degrees(np.arctan(slope)) == pytest.approx(-2, abs=0.4)  # up to the right: anticlockwise
    assert [columns.mean() / 4, HEIGHT - rows.mean() / 4] == pytest.approx(wanted, abs=0.5)


def test_hostile_matrices_turn_nothing():
    assert straightening((1.0, 0.1), (float("inf"), 0.0, float("-inf"), 1.0)) == 0
    assert straightening((1.0, 0.1)) == pytest.approx(-5.7106, abs=1e-3)


def test_dry_runs_say_what_would_be_turned(transform):
    document, _ = page_of_pdf()
    output, report = transform(bytes_of(document), Askew(whiten), name="in.pdf", dry_run=True)
    assert not output.exists()
    assert report.pictures[0].turned == pytest.approx(-2)
