"""TIFF: every page, every tag, and the strips of pages that nothing changed on."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from document_pages import CORNER, colour_page, page, pages_by_kind, reopened, saved, shown, whiten
from isthmus.documents import tiff_directory as td
from isthmus.errors import InputError, ParameterError

KINDS = pages_by_kind()


def many(images, **options) -> bytes:
    return saved(images[0], "TIFF", save_all=True, append_images=images[1:], **options)


def directories(path):
    """The tags of each page, and its strips."""
    with path.open("rb") as file:
        layout, _ = td.read_layout(file)
        found = [tags for _, tags in td.pages(file, lambda n_bytes: None)]
        return [(tags, list(td.strips(file, layout, tags))) for tags in found]


@pytest.fixture
def original(tmp_path):
    def write(data: bytes):
        path = tmp_path / "original.tif"
        path.write_bytes(data)
        return path

    return write


CODINGS = ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "predictor"]
CASES = [(kind, coding) for kind in KINDS for coding in CODINGS if (kind, coding) != ("bilevel", "predictor")]


@pytest.mark.parametrize(("kind", "compression"), CASES)
def test_pixels_come_back_in_their_kind_and_coding(kind, compression, transform, original):
    bilevel = kind == "bilevel"
    coding = (
        {"compression": "tiff_lzw", "tiffinfo": {317: 2}}
        if compression == "predictor"
        else {"compression": compression}
    )
    data = many([KINDS[kind]] * 2, dpi=(300, 300), **coding)
    output, _ = transform(data, name="in.tif")
    before, after = reopened(data), reopened(output)
    for number in range(2):
        before.seek(number)
        after.seek(number)
        assert (after.mode, after.size, after.info["dpi"]) == (before.mode, before.size, before.info["dpi"])
        difference = np.abs(shown(after) - shown(before))
        assert difference[CORNER].any()
        difference[CORNER] = 0
        assert difference.max() == 0
        if bilevel:
            assert after.tag_v2[259] in {4, before.tag_v2[259]}
        elif kind != "grey of 16 bits":
            assert after.tag_v2[259] == before.tag_v2[259]
    assert output.stat().st_size <= 1.1 * len(data)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("quality", [40, 85])
def test_jpeg_in_tiff_keeps_its_tables(mode, quality, transform, original):
    data = saved(colour_page().convert(mode), "TIFF", compression="jpeg", quality=quality, dpi=(200, 200))
    output, _ = transform(data, name="in.tif")
    before, after = reopened(data), reopened(output)
    assert after.tag_v2[259] == 7
    assert (after.mode, after.size, after.info["dpi"]) == (before.mode, before.size, before.info["dpi"])
    difference = np.abs(shown(after) - shown(before))
    difference[CORNER] = 0
    assert np.sqrt((difference**2).mean()) < 3
    assert output.stat().st_size <= 1.1 * len(data)


def test_all_pages_are_done_in_order(transform):
    data = many([page(seed) for seed in range(12)], compression="tiff_lzw")
    output, report = transform(data, name="in.tif")
    after = reopened(output)
    assert (report.n_pages, report.n_changed, after.n_frames) == (12, 12, 12)
    for seed in range(12):
        after.seek(seed)
        assert np.array_equal(np.asarray(after), whiten(np.asarray(page(seed)), dpi=None))


def test_other_pages_are_copied_as_they_are_stored(transform, original):
    data = many([page(0), KINDS["bilevel"], colour_page()], compression="tiff_lzw", description="kept")
    output, report = transform(data, name="in.tif", pages=[2])
    before, after = directories(original(data)), directories(output)
    assert [report.page for report in report.pictures] == [2]
    for number in (0, 2):
        assert after[number][1] == before[number][1]
        offsets = {td.STRIP_OFFSETS}
        assert {tag: entry.value for tag, entry in after[number][0].items() if tag not in offsets} == {
            tag: entry.value for tag, entry in before[number][0].items() if tag not in offsets
        }
    assert after[1][1] != before[1][1]


def test_a_page_that_the_document_does_not_have_is_refused(transform):
    with pytest.raises(ParameterError, match="has 2 pages; there is no page 3"):
        transform(many([page(), page(1)]), name="in.tif", pages=[1, 3])


def test_tags_stay_private_ones_and_exif_too(transform):
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[270], info[305], info[274], info[297] = "Ein Brief", "a scanner", 6, (1, 2)
    info[65000] = "private"
    info.tagtype[65000] = 2
    data = saved(page(), "TIFF", tiffinfo=info, compression="tiff_lzw", icc_profile=b"profile" * 50, dpi=(600, 600))
    output, _ = transform(data, name="in.tif")
    before, after = reopened(data), reopened(output)
    for tag in (270, 305, 274, 297, 65000, 34675, 282, 283, 296):
        assert after.tag_v2[tag] == before.tag_v2[tag], tag


def test_sub_directories_are_copied_and_other_sizes_of_a_changed_page_are_not(transform):
    """A thumbnail goes on only where it still shows its page."""
    layout = td.Layout("<", False)
    file = io.BytesIO()
    small = Image.fromarray(np.full((20, 30), 99, np.uint8))
    inner = laid([small], layout)
    (start,) = struct.unpack_from("<I", inner, 4)
    whole = io.BytesIO(laid([page()], layout))
    tags, _ = td.read_directory(whole, layout, td.read_layout(whole)[1])
    source = io.BytesIO(inner)
    writer = td.Writer(file, layout)
    for _ in range(2):
        pointing = tags | {330: td.numbers_entry(layout, [start])}
        writer.add(pointing, [np.asarray(page()).tobytes()], (source, layout))
    output, _ = transform(file.getvalue(), name="in.tif", pages=[2])
    (kept, _), (changed, _) = directories(output)
    assert 330 in kept
    assert 330 not in changed
    with output.open("rb") as found:
        thumbnail, _ = td.read_directory(found, layout, kept[330].numbers(layout)[0])
        assert b"".join(td.strips(found, layout, thumbnail)) == np.asarray(small).tobytes()


def laid(images, layout: td.Layout) -> bytes:
    """A TIFF in an order of bytes, uncompressed, as Pillow does not write it."""
    file = io.BytesIO()
    writer = td.Writer(file, layout)
    for image in images:
        samples = np.asarray(image)
        if samples.dtype == np.uint16:
            samples = samples.astype(layout.order + "u2")
        channels = 3 if image.mode == "RGB" else 1
        bits = {"1": 1, "I;16": 16}.get(image.mode, 8)
        values = {256: [image.width], 257: [image.height], 258: [bits] * channels, 259: [1], 277: [channels]}
        values |= {262: [2 if channels == 3 else 1], 278: [image.height], 296: [2]}
        if image.mode == "P":
            values |= {262: [3], 320: [257 * v for c in range(3) for v in (image.getpalette() + [0] * 768)[c:768:3]]}
        tags = {tag: td.shorts_entry(layout, *numbers) for tag, numbers in values.items()}
        for tag in (282, 283):
            tags[tag] = td.Entry(5, 1, struct.pack(layout.order + "II", 300, 1))
        rows = np.packbits(samples, axis=1) if bits == 1 else samples
        writer.add(tags, [rows.tobytes()], (file, layout))
    return file.getvalue()


def classic(data: bytes) -> Image.Image:
    """A TIFF for Pillow, which reads no BigTIFF in big-endian order."""
    if data[:4] != b"MM\0+":
        return reopened(data)
    source, file = io.BytesIO(data), io.BytesIO()
    layout, _ = td.read_layout(source)
    writer = td.Writer(file, td.Layout(">", False))
    for offset, _ in td.pages(source, lambda n_bytes: None):
        tags, _ = td.read_directory(source, layout, offset)
        writer.add(tags, td.strips(source, layout, tags), (source, layout))
    return reopened(file.getvalue())


@pytest.mark.parametrize("layout", [td.Layout(order, big) for order in "<>" for big in (False, True)])
@pytest.mark.parametrize("kind", ["bilevel", "grey", "colour", "palette", "grey of 16 bits"])
def test_the_order_of_bytes_and_their_width_stay(kind, layout, transform):
    data = laid([KINDS[kind]] * 3, layout)
    output, _ = transform(data, name="in.tif", pages=[2])
    assert output.read_bytes()[:4] == data[:4]
    before, after = classic(data), classic(output.read_bytes())
    assert (before.n_frames, after.n_frames) == (3, 3)
    assert np.array_equal(shown(before), shown(KINDS[kind]))
    for number in range(3):
        after.seek(number)
        found, expected = shown(after), shown(KINDS[kind])
        if number == 1:
            assert (found[CORNER] != expected[CORNER]).any()
            found[CORNER] = expected[CORNER] = 0
        assert np.array_equal(found, expected)
        assert after.info["dpi"] == (300, 300)


def tiled() -> bytes:
    """A TIFF in tiles of 64 × 64 pixels, which Pillow does not write."""
    layout = td.Layout("<", False)
    pixels = np.asarray(page())
    padded = np.pad(pixels, ((0, -len(pixels) % 64), (0, -pixels.shape[1] % 64)))
    tiles = [
        padded[row : row + 64, column : column + 64].tobytes()
        for row in range(0, len(padded), 64) for column in range(0, padded.shape[1], 64)
    ]  # fmt: skip
    values = {256: pixels.shape[1], 257: len(pixels), 258: 8, 259: 1, 262: 1, 277: 1, 322: 64, 323: 64}
    tags = {tag: td.shorts_entry(layout, value) for tag, value in values.items()}
    tags[td.TILE_OFFSETS] = td.numbers_entry(layout, [0])
    file = io.BytesIO()
    writer = td.Writer(file, layout)
    for _ in range(2):
        writer.add(tags, tiles, (file, layout))
    return file.getvalue()


def test_tiles_are_read_and_copied(transform):
    output, _ = transform(tiled(), name="in.tif", pages=[2])
    after = reopened(output)
    assert np.array_equal(np.asarray(after), np.asarray(page()))
    assert 322 in after.tag_v2
    after.seek(1)
    assert np.array_equal(np.asarray(after), whiten(np.asarray(page()), dpi=None))


@pytest.mark.parametrize("bits", [2, 4])
def test_grey_of_few_bits_stays_such(bits, transform):
    from isthmus.documents.tiff import pack

    layout = td.Layout(">", False)
    values = np.asarray(page()) >> (8 - bits)
    numbers = {256: values.shape[1], 257: len(values), 258: bits, 259: 1, 262: 0, 277: 1, 278: len(values)}
    file = io.BytesIO()
    writer = td.Writer(file, layout)
    writer.add({tag: td.shorts_entry(layout, value) for tag, value in numbers.items()},
               [pack(2**bits - 1 - values, bits)], (file, layout))  # fmt: skip
    data = file.getvalue()
    output, _ = transform(data, name="in.tif")
    before, after = shown(reopened(data)), shown(reopened(output))
    assert (after[CORNER] == 255).all()
    before[CORNER] = after[CORNER] = 0
    assert np.array_equal(before, after)
    assert reopened(output).tag_v2[258] == (bits,)
    assert output.stat().st_size <= 1.1 * len(data)


def test_floating_point_pages_are_left_beside_others_that_are_done(transform):
    data = many([Image.fromarray(np.random.default_rng(0).random((40, 50)).astype(np.float32)), page()])
    output, report = transform(data, name="in.tif")
    assert "floating-point samples are left" in report.pictures[0].note
    assert [picture.changed for picture in report.pictures] == [False, True]
    assert np.array_equal(np.asarray(reopened(output)), np.asarray(reopened(data)))


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.95])
def test_a_truncated_file_is_refused(cut, transform):
    data = many([page(), page(1)], compression="tiff_lzw")
    with pytest.raises(InputError, match="is damaged"):
        transform(data[: int(len(data) * cut)], name="in.tif")


def test_pages_in_a_circle_are_refused(transform):
    data = bytearray(saved(page(), "TIFF"))
    (first,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, first)
    struct.pack_into("<I", data, first + 2 + 12 * count, first)
    with pytest.raises(InputError, match="circular"):
        transform(bytes(data), name="in.tif")


@pytest.fixture(params=["after the page", "before the page", "old tag"])
def with_overviews(request) -> tuple[bytes, int]:
    """Two pages, the first with two overviews and a mask, and its place in the file."""
    layout = td.Layout("<", False)
    file = io.BytesIO()
    writer = td.Writer(file, layout)

    def add(image: Image.Image, kind: int) -> None:
        whole = io.BytesIO(laid([image], layout))
        tags, _ = td.read_directory(whole, layout, td.read_layout(whole)[1])
        old = request.param == "old tag" and kind == 1
        said = {255: td.shorts_entry(layout, 2)} if old else {254: td.numbers_entry(layout, [kind])}
        writer.add(tags | said, td.strips(whole, layout, tags), (whole, layout))

    smaller = [page().resize((page().width // n, page().height // n)) for n in (2, 4)]
    early = request.param == "before the page"
    images = [(page(), 0), *[(each, 1) for each in smaller], (KINDS["bilevel"], 4)]
    for image, kind in [images[1], images[0], *images[2:]] if early else images:
        add(image, kind)
    add(page(1), 0)
    return file.getvalue(), int(early)


def test_overviews_and_masks_are_no_pages(with_overviews, transform):
    data, _ = with_overviews
    output, report = transform(data, name="in.tif", pages=[2])
    assert (report.n_pages, report.n_changed) == (2, 1)
    assert report.notes == ("overviews and masks, which are no pages: 3; a page that changes loses its overviews",)
    assert len(directories(output)) == 5
    output, report = transform(data, lambda pixels, *, dpi: pixels, name="in.tif")
    assert output.read_bytes() == data


def test_a_page_that_changes_keeps_its_mask_and_loses_its_overviews(with_overviews, transform):
    output, report = transform(with_overviews[0], name="in.tif", pages=[1])
    assert (report.n_pages, report.n_changed) == (2, 1)
    layout = td.Layout("<", False)
    kinds = [td.number(tags, layout, 254) for tags, _ in directories(output)]
    assert kinds == [0, 4, 0]
    after = reopened(output)
    assert np.array_equal(np.asarray(after), whiten(np.asarray(page()), dpi=None))


def test_pages_of_one_size_that_call_themselves_overviews_are_pages(transform):
    layout = td.Layout("<", False)
    file = io.BytesIO()
    writer = td.Writer(file, layout)
    for seed in range(3):
        whole = io.BytesIO(laid([page(seed)], layout))
        tags, _ = td.read_directory(whole, layout, td.read_layout(whole)[1])
        said = {254: td.numbers_entry(layout, [1])}
        writer.add(tags | said, td.strips(whole, layout, tags), (whole, layout))
    _, report = transform(file.getvalue(), name="in.tif")
    assert (report.n_pages, report.n_changed, report.notes) == (3, 3, ())


def test_a_page_that_cannot_be_decoded_is_left_and_the_others_are_cleaned(transform, original):
    data = bytearray(many([page(0), page(1), page(2)], compression="tiff_adobe_deflate"))
    second = directories(original(bytes(data)))[1][1][0]
    place = data.index(second)
    data[place : place + len(second)] = b"x" * len(second)
    output, report = transform(bytes(data), name="in.tif")
    assert [picture.changed for picture in report.pictures] == [True, False, True]
    assert report.pictures[1].note.startswith("an image that is damaged (its ")
    assert directories(output)[1][1] == [b"x" * len(second)]
    alone = bytearray(saved(page(1), "TIFF", compression="tiff_adobe_deflate"))
    place = alone.index(second[:40])
    alone[place : place + 40] = b"x" * 40
    with pytest.raises(InputError, match=r"is damaged \(its "):
        transform(bytes(alone), name="alone.tif")
