"""Images of one page come back with what must be kept."""

import io
import re
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from document_pages import CORNER, colour_page, keep, page, pages_by_kind, reopened, saved, shown, white_paper, whiten
from isthmus.documents import Rules
from isthmus.documents import tiff_directory as td
from isthmus.documents.picture import bilevel_picture
from isthmus.documents.pillow_images import opened
from isthmus.documents.tiff import pack
from isthmus.errors import InputError

KINDS = pages_by_kind()
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
WITHIN = {"PNG": {"ink"}, "JPEG": set(KINDS) - {"grey", "colour", "ink"},
          "WEBP": set(KINDS) - {"colour", "colour and alpha"}, "BMP": {"ink", "grey and alpha", "grey of 16 bits"},
          "PPM": set(KINDS) - {"bilevel", "grey", "colour", "grey of 16 bits"}, "TIFF": set()}  # fmt: skip
SUFFIX = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "BMP": ".bmp", "PPM": ".pnm", "TIFF": ".tif"}
CASES = [(format, kind) for format, without in WITHIN.items() for kind in KINDS if kind not in without]
LOSSY = {"JPEG", "WEBP"}


def options(format: str) -> dict:
    return {} if format in {"WEBP", "PPM"} else {"dpi": (300, 300)}


@pytest.mark.parametrize(("format", "kind"), CASES)
def test_only_what_changed_is_different(format, kind, transform):
    data = saved(KINDS[kind], format, **options(format))
    output, report = transform(data, name=f"in{SUFFIX[format]}")
    before, after = reopened(data), reopened(output)
    assert (after.mode, after.size, after.format) == (before.mode, before.size, before.format)
    assert after.info.get("dpi") == before.info.get("dpi")
    assert report.n_changed == 1
    assert output.stat().st_size <= 1.1 * len(data)
    difference = np.abs(shown(after) - shown(before))
    difference[CORNER] = 0
    if kind == "palette of 16":  # which gives up an entry for white
        assert (difference > 0).any(axis=-1).mean() < 0.1
        assert difference.max() < 40
        difference[:] = 0
    white = 0 if kind == "ink" else {"bilevel": 1, "grey of 16 bits": 65535}.get(kind, 255)
    corner = shown(after)[CORNER][:-16, :-16]
    if format in LOSSY:
        assert np.sqrt((difference**2).mean()) < 4
        assert np.abs(corner - white).max() < 30
    else:
        assert difference.max() == 0
        assert (corner == white).all()


@pytest.mark.parametrize(("format", "kind"), CASES)
def test_where_nothing_changes_the_bytes_stay(format, kind, transform):
    data = saved(KINDS[kind], format, **options(format))
    output, report = transform(data, keep, name=f"in{SUFFIX[format]}")
    assert output.read_bytes() == data
    assert report.n_changed == 0


@pytest.mark.parametrize("format", ["PNG", "TIFF", "JPEG", "PDF"])
@pytest.mark.parametrize(("kind", "n_bytes"), [("bilevel", 1), ("grey", 1), ("colour", 3), ("palette", 3), ("ink", 4),
                                               ("grey of 16 bits", 2), ("colour and alpha", 4)])  # fmt: skip
def test_the_limit_of_a_page_counts_the_bytes_of_its_pixels(format, kind, n_bytes, transform):
    if (kind in WITHIN.get(format, ())) or (format == "PDF" and kind in {"grey of 16 bits", "colour and alpha"}):
        pytest.skip("the format has no such pictures, or Pillow cannot write them")
    data, name = saved(KINDS[kind], format), f"in.{format.lower()}"
    n_pixels = KINDS[kind].width * KINDS[kind].height
    exact = Rules(max_megapixels=n_pixels * n_bytes / 1e6)
    assert transform(data, name=name, rules=exact)[1].n_pages == 1
    with pytest.raises(InputError, match="more than the limit of") as refused:
        transform(data, name=name, rules=replace(exact, max_megapixels=exact.max_megapixels * 0.99))
    if n_bytes > 1:
        assert f"pixels of {n_bytes} bytes, more than" in str(refused.value)
        (needed,) = re.findall(r"--max-megapixels (\d+) reads it", str(refused.value))
        assert transform(data, name=name, rules=Rules(max_megapixels=int(needed)))[1].n_pages == 1


@pytest.mark.parametrize("format", ["PNG", "TIFF", "PDF"])
def test_only_our_limit_counts_and_not_that_of_pillow(format, transform, monkeypatch):
    """TIFFs, and faxes in PDFs, of more than 179 megapixels were damaged images."""
    data = saved(KINDS["bilevel" if format == "PDF" else "grey"], format)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert transform(data, name=f"in.{format.lower()}")[1].n_changed == 1


@pytest.mark.parametrize("bits", [1, 2, 4])
@pytest.mark.parametrize("colours", ["palette", "grey"])
def test_png_of_few_bits_stays_such(bits, colours, transform):
    from isthmus.documents import encodings

    values = (np.asarray(page()) >> (8 - bits)).astype(np.uint8)
    image = Image.fromarray(values)
    image.putpalette([value * 255 // (2**bits - 1) for value in range(2**bits) for _ in range(3)])
    data = saved(image, "PNG", bits=bits)
    if colours == "grey":
        data = encodings.PNG_SIGNATURE + b"".join(
            encodings.png_chunk(name, chunk[8:17] + b"\0" + chunk[18:21]) if name == b"IHDR" else chunk
            for name, chunk in encodings.chunks(data) if name != b"PLTE"
        )  # fmt: skip
    output, _ = transform(data, name="in.png")
    before, after = (np.asarray(reopened(file).convert("L")).astype(int) for file in (data, output))
    after, before = after.copy(), before.copy()
    assert (after[CORNER] == 255).all()
    after[CORNER] = before[CORNER] = 0
    assert np.array_equal(after, before)
    assert output.read_bytes()[24] == bits
    assert len(output.read_bytes()) <= 1.1 * len(data)


def test_a_palette_without_room_still_gets_white(transform):
    image = colour_page().quantize(16)
    data = saved(image, "PNG", bits=4)
    output, _ = transform(data, white_paper, name="in.png")
    after = np.asarray(reopened(output).convert("RGB"))
    assert (after.min(axis=2) == 255).mean() > 0.6
    assert output.read_bytes()[24:26] == data[24:26] == b"\4\3"
    before = np.asarray(image.convert("RGB")).astype(int)
    print_ = before.max(axis=2) < 150
    assert np.abs(after[print_] - before[print_]).max() <= 12
    assert output.stat().st_size <= len(data)


@pytest.mark.parametrize("bits", [1, 2, 4])
@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF"])
def test_palettes_of_few_bits_keep_their_depth(format, bits, transform):
    image = colour_page().quantize(2**bits)
    if bits == 1:
        image = Image.fromarray((np.asarray(page()) > 110).astype(np.uint8))
        image.putpalette([20, 20, 30, 230, 220, 200])
    if format == "BMP" and bits == 2:
        pytest.skip("BMP has no 2 bits")
    if format == "PNG":
        data = saved(image, "PNG", bits=bits)
    elif format == "BMP":
        data = bmp(image, bits)
    else:
        data = tiff(image, bits)
    output, report = transform(data, white_paper, name=f"in{SUFFIX[format]}")
    before, after = reopened(data), reopened(output)
    assert report.n_changed == 1
    assert (after.mode, output.stat().st_size <= 1.1 * len(data)) == ("P", True)
    depth = {"PNG": 24, "BMP": 28}
    if format == "TIFF":
        assert after.tag_v2[258] == before.tag_v2[258] == (bits,)
    else:
        assert output.read_bytes()[depth[format]] == data[depth[format]] == bits
    pixels = np.asarray(after.convert("RGB")).astype(int)
    assert (pixels.min(axis=2) == 255).mean() > 0.5
    print_ = np.asarray(page()) < 60
    assert pixels[print_].mean() < 120


def bmp(image: Image.Image, bits: int) -> bytes:
    """A BMP with a palette of few bits, which Pillow does not write (BITMAPINFOHEADER)."""
    rows = np.asarray(image)[::-1]
    packed = [pack(row[None], bits) for row in rows]
    data = b"".join(row.ljust(-(-len(row) // 4) * 4, b"\0") for row in packed)
    colours = (np.array(image.getpalette(), np.uint8).tobytes() + bytes(768))[: 3 * 2**bits]
    table = b"".join(colours[n + 2 : n - 1 if n else None : -1] + b"\0" for n in range(0, len(colours), 3))
    info = struct.pack("<IiiHHIIiiII", 40, *image.size, 1, bits, 0, len(data), 11811, 11811, 0, 0)
    return struct.pack("<2sIHHI", b"BM", 54 + len(table) + len(data), 0, 0, 54 + len(table)) + info + table + data


def tiff(image: Image.Image, bits: int) -> bytes:
    """A TIFF with a palette of few bits."""
    layout = td.Layout("<", False)
    colours = np.zeros((2**bits, 3), np.uint16)
    found = np.array(image.getpalette(), np.uint16).reshape(-1, 3)[: 2**bits]
    colours[: len(found)] = found * 257
    values = {256: [image.width], 257: [image.height], 258: [bits], 259: [1], 262: [3], 277: [1], 278: [image.height],
              320: colours.T.ravel().tolist()}  # fmt: skip
    file = io.BytesIO()
    tags = {tag: td.shorts_entry(layout, *numbers) for tag, numbers in values.items()}
    td.Writer(file, layout).add(tags, [pack(np.asarray(image), bits)], (file, layout))
    return file.getvalue()


def test_white_never_goes_to_a_transparent_entry(transform):
    image = colour_page().quantize(100)
    samples = np.asarray(image).copy()
    samples[200:, 150:] = 101
    image = Image.fromarray(samples)
    image.putpalette([*colour_page().quantize(100).getpalette()[:300], 9, 9, 9, 8, 8, 8])
    data = saved(image, "PNG", transparency=bytes([255] * 100 + [0, 60]))
    output, _ = transform(data, name="in.png")
    before, after = shown(reopened(data)), shown(reopened(output))
    assert np.array_equal(before[..., 3], after[..., 3])
    assert (after[CORNER] == 255).all()


@pytest.mark.parametrize(("format", "kind"), CASES)
@pytest.mark.parametrize(("n_pixels", "changes"), [(20, False), (4000, True)])
def test_where_hardly_a_pixel_changes_the_bytes_stay(format, kind, n_pixels, changes, transform):
    def lighten(pixels, *, dpi):
        changed = pixels.copy()
        changed.reshape(-1, *pixels.shape[2:])[:n_pixels] = 255
        return changed

    data = saved(KINDS[kind], format, **options(format))
    output, report = transform(data, lighten, name=f"in{SUFFIX[format]}")
    assert report.n_changed == int(changes)
    assert (output.read_bytes() == data) is not changes


def test_png_keeps_its_chunks(transform):
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Title", "a letter")
    texts.add_itxt("Author", "Ærø")
    exif = Image.Exif()
    exif[0x0112], exif[0x013B] = 6, "somebody"
    data = saved(page(), "PNG", pnginfo=texts, icc_profile=PROFILE, exif=exif, dpi=(400, 400))
    output, _ = transform(data, name="in.png")
    before, after = reopened(data), reopened(output)
    assert after.text == before.text == {"Title": "a letter", "Author": "Ærø"}
    assert after.info["icc_profile"] == PROFILE
    assert dict(after.getexif()) == dict(exif)
    assert after.info["dpi"] == before.info["dpi"]


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize(
    ("mode", "quality", "subsampling"), [("L", 60, 0), ("RGB", 35, 2), ("RGB", 92, 0), ("CMYK", 75, 0)]
)
def test_jpeg_keeps_its_segments_its_tables_and_its_sampling(mode, quality, subsampling, progressive, transform):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 8, "a scanner"
    said = {"exif": exif, "icc_profile": PROFILE, "comment": b"no comment", "dpi": (240, 240), "xmp": b"<x:xmpmeta/>"}
    coded = {"quality": quality, "subsampling": subsampling, "progressive": progressive}
    data = saved(colour_page().convert(mode), "JPEG", **coded, **said)
    output, _ = transform(data, name="in.jpg")
    before, after = reopened(data), reopened(output)
    assert after.quantization == before.quantization
    assert after.layer == before.layer
    for key in ("icc_profile", "exif", "comment", "dpi", "jfif_density", "xmp"):
        assert after.info.get(key) == before.info.get(key), key
    assert bool(after.info.get("progressive")) == progressive
    assert output.stat().st_size <= 1.1 * len(data)


def test_webp_keeps_its_metadata_and_stays_lossless(transform):
    exif = Image.Exif()
    exif[0x0112] = 3
    data = saved(colour_page(), "WEBP", lossless=True, icc_profile=PROFILE, exif=exif, xmp=b"<x/>")
    output, _ = transform(data, name="in.webp")
    after = reopened(output)
    assert after.info["icc_profile"] == PROFILE
    assert after.info["xmp"] == b"<x/>"
    assert after.getexif()[0x0112] == 3
    assert b"VP8L" in output.read_bytes()[:500] or b"VP8L" in output.read_bytes()


def lighten(pixels, *, dpi):
    """A page function: the paper becomes lighter by one level."""
    return (pixels + (pixels > 150) * (pixels < 255)).astype(np.uint8)


def test_pixels_of_16_bits_keep_their_last_bits(transform):
    data = saved(KINDS["grey of 16 bits"], "PNG")
    output, _ = transform(data, lighten, name="in.png")
    before, after = shown(reopened(data)), shown(reopened(output))
    assert set(np.unique(after - before)) == {0, 257}


def test_colours_of_16_bits_are_left_as_they_are(transform):
    from isthmus.documents.encodings import PNG_SIGNATURE, png_chunk

    rows = b"".join(b"\0" + bytes(6 * 40) for _ in range(40))
    data = PNG_SIGNATURE + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 40, 16, 2, 0, 0, 0))
    data += png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
    output, report = transform(data, name="in.png")
    assert output.read_bytes() == data
    assert report.pictures[0].note == "colours of 16 bits are left as they are"


def test_transparent_pixels_are_seen_on_white_and_stay(transform):
    seen = []

    def look(pixels, *, dpi):
        seen.append(pixels)
        return np.zeros_like(pixels)

    image = Image.fromarray(np.dstack([np.zeros((40, 40, 3), np.uint8), np.tile([0, 255], (40, 20)).astype(np.uint8)]))
    image.putpixel((1, 0), (9, 9, 9, 255))
    data = saved(image, "PNG")
    output, _ = transform(data, look, name="in.png")
    assert (seen[0][:, 0::2] == 255).all()
    assert np.array_equal(np.asarray(reopened(output))[..., 3], np.asarray(image)[..., 3])


@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP", "PPM"])
@pytest.mark.parametrize("kind", ["grey", "colour"])
def test_bilevel_output_is_black_and_white(format, kind, transform):
    from isthmus.documents import Rules

    output, report = transform(saved(KINDS[kind], format, **options(format)), white_paper, name=f"in{SUFFIX[format]}",
                               rules=Rules(bilevel=True))  # fmt: skip
    after = reopened(output)
    assert after.mode == "1"
    above_stamp = np.asarray(KINDS["grey"])[:190]
    assert not np.asarray(after)[:190][above_stamp < 60].any()
    assert np.asarray(after)[:190][above_stamp > 180].all()
    assert report.n_changed == 1


def test_bilevel_divides_where_grey_values_fall_apart():
    pixels = np.full((20, 20), 240, np.uint8)
    pixels[:5] = 80
    assert np.array_equal(bilevel_picture(pixels).samples, pixels == 240)
    assert bilevel_picture(np.full((4, 4), 255, np.uint8)).samples.all()


@pytest.mark.parametrize(("name", "save"), [("in.webp", "WEBP"), ("in.png", "PNG")])
def test_animations_are_refused(name, save, transform):
    data = saved(colour_page(), save, save_all=True, append_images=[page().convert("RGB")])
    with pytest.raises(InputError, match="animation of 2 pictures"):
        transform(data, name=name)


def test_two_images_in_one_pgm_are_refused(transform):
    data = saved(page(), "PPM")
    with pytest.raises(InputError, match="more than one image"):
        transform(data + data, name="in.pgm")


def test_the_function_gets_the_resolution(transform):
    seen = []
    for name, format, said in (
        ("a.png", "PNG", {"dpi": (300, 300)}),
        ("b.png", "PNG", {}),
        ("c.tif", "TIFF", {"dpi": (150, 150)}),
        ("d.jpg", "JPEG", {"dpi": (96, 96)}),
    ):
        data = saved(page(), format, **said)
        transform(data, lambda pixels, *, dpi: (seen.append(dpi), whiten(pixels, dpi=dpi))[1], name=name)
    assert seen == [pytest.approx(300, abs=0.01), None, 150, 96]


def test_a_file_that_grows_is_said_to(transform):
    def speckled(pixels, *, dpi):
        return np.random.default_rng(0).integers(0, 256, pixels.shape, np.uint8)

    output, report = transform(saved(page(), "PNG"), speckled, name="in.png")
    growth = output.stat().st_size / len(saved(page(), "PNG"))
    assert report.notes == (f"the file has become {growth:.1f} times as large",)
    assert transform(saved(page(), "PNG"), name="in.png")[1].notes == ()


def test_the_limit_of_pillow_is_that_of_the_host_program_with_threads_too(tmp_path, monkeypatch):
    path = tmp_path / "in.png"
    path.write_bytes(saved(page(), "PNG"))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)  # Pillow refuses more than twice as many
    limits = set()

    def read(_: int) -> None:
        with opened(str(path), ("PNG",)) as image:
            limits.add(Image.MAX_IMAGE_PIXELS)
            image.load()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(read, range(200)))
    assert limits == {100}


def test_further_pictures_of_a_jpeg_are_said_to_go(transform):
    data = saved(page(), "MPO", save_all=True, append_images=[page(1)])
    output, report = transform(data, name="in.jpg")
    assert report.notes == ("where the page changes, the file loses 1 further picture",)
    assert getattr(reopened(output), "n_frames", 1) == 1
    output, _ = transform(data, keep, name="kept.jpg")
    assert output.read_bytes() == data


@pytest.mark.parametrize("bilevel", [False, True])
@pytest.mark.parametrize("kind", ["grey", "colour"])
def test_the_report_says_what_share_of_the_pixels_changed(kind, bilevel, transform):
    image = pages_by_kind()[kind]
    output, report = transform(saved(image, "PNG"), name="page.png", rules=Rules(bilevel=bilevel))
    before, after = (np.asarray(each.convert("RGB")) for each in (image, reopened(output)))
    (page,) = report.pictures
    assert page.changed_share == pytest.approx((before != after).any(-1).mean())
    (page,) = transform(saved(image, "PNG"), keep, "kept.png")[1].pictures
    assert page.changed_share == 0
