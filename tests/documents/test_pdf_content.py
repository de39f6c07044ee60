"""What is read of a PDF's drawing is what qpdf reads, and its filters give what qpdf gives, up to a limit."""

import base64
import io
import random
import zlib

import pikepdf
import pytest
from PIL import Image

from document_pages import saved
from isthmus.documents.pdf_content import placements
from isthmus.documents.pdf_filters import decoded

OWNER = pikepdf.new()  # of all streams here
# Drawing in which the operators are also words of strings, comments, names, dictionaries and inline images.
PARTS = [
    b"q", b"Q", b"1 0 0 1 5 6.5 cm", b"[1]TJ 0 .5 -3. 1 5 6 cm", b"/Im0 Do", b"/Im#30x Do", b"(a (q) Q \\) cm)Tj",
    b"<71>Tj", b"% q Q\n", b"/q gs", b"<</A (q Q)/B/Do>>BDC", b"EMC", b"0 0 m 5 5 l S", b"qq", b"Qx",
    b"BI /W 2 /H 2 /BPC 8 /CS /G ID \x01\xffq Q EI", b"(un(bal\\(anced))Tj", b"q%c\n", b"[(q)-5(Q)]TJ",
]  # fmt: skip


def read_by_qpdf(data: bytes) -> list[tuple[str, list[str]]]:
    stream = OWNER.make_stream(data)
    parsed = [(str(each.operator), [str(value) for value in each.operands])
              for each in pikepdf.parse_content_stream(stream, "q Q cm Do")]  # fmt: skip
    return [(name, operands) for name, operands in parsed if name in {"q", "Q", "cm", "Do"}]


@pytest.mark.parametrize("seed", range(200))
def test_drawing_is_read_as_qpdf_reads_it(seed):
    chance = random.Random(seed)
    data = b"".join(chance.choice(PARTS) + chance.choice([b" ", b"\n", b"\r\n"]) for _ in range(30))
    found = list(placements(data, lambda count: None))
    expected = read_by_qpdf(data)
    assert [name for name, _ in found] == [name for name, _ in expected]
    for (name, operand), (_, operands) in zip(found, expected, strict=True):
        if name == "cm":
            assert operand == tuple(map(float, operands))
        else:
            assert ([] if operand is None else [operand]) == operands


def test_instructions_are_counted_as_they_are_read():
    counts: list[int] = []
    assert len(list(placements(b"q Q " * 5000, counts.append))) == 10_000
    assert sum(counts) == 10_000
    assert max(counts) <= 4096


def lzw(data: bytes) -> bytes:
    image = Image.frombytes("L", (len(data), 1), data)
    file = saved(image, "TIFF", compression="tiff_lzw")
    tags = Image.open(io.BytesIO(file)).tag_v2  # type: ignore[attr-defined]
    return file[tags[273][0] : tags[273][0] + tags[279][0]]


def run_lengths(data: bytes) -> bytes:
    parts = [data[start : start + 100] for start in range(0, len(data), 100)]
    return b"".join(bytes([len(part) - 1]) + part for part in parts) + b"\x80"


ENCODERS = {
    "/FlateDecode": zlib.compress, "/LZWDecode": lzw, "/RunLengthDecode": run_lengths,
    "/ASCIIHexDecode": lambda data: data.hex().encode() + b">",
    "/ASCII85Decode": lambda data: base64.a85encode(data) + b"~>",
}  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_filters_give_what_qpdf_gives_and_stop_at_the_limit(seed):
    chance = random.Random(seed)
    values = chance.choice([range(256), [0], [65, 66]])
    data = bytes(chance.choices(values, k=chance.choice([1, 10, 1000, 30_000])))
    names = chance.sample(list(ENCODERS), chance.randrange(1, 4))
    coded = data
    for name in reversed(names):
        coded = ENCODERS[name](coded)
    stream = OWNER.make_stream(coded, Filter=pikepdf.Array([pikepdf.Name(name) for name in names]))
    found = decoded(stream, 10**6)
    assert found == stream.read_bytes(pikepdf.StreamDecodeLevel.specialized)
    assert found[: len(data)] == data


@pytest.mark.parametrize("name", ["/FlateDecode", "/LZWDecode", "/RunLengthDecode"])
def test_a_filter_stops_soon_after_the_limit(name):
    stream = OWNER.make_stream(ENCODERS[name](bytes(2**22)), Filter=pikepdf.Name(name))
    assert 1000 < len(decoded(stream, 1000)) <= 1000 + 2**20
