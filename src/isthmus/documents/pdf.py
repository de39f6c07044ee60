"""PDF: replace scanned images in place; text, outline, metadata, boxes and everything else stay as they are."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace

import pikepdf
from pikepdf.settings import set_qpdf_limits

from isthmus.documents.contract import File, LeftAsItIs, Place, Plan, Rules, copy_whole, decoding
from isthmus.documents.pdf_pixels import coding_of, decode
from isthmus.documents.pdf_pixels import encode as encode_image
from isthmus.documents.pdf_scans import dots_per_inch, scans
from isthmus.documents.pdf_spool import Spool
from isthmus.documents.picture import Picture
from isthmus.errors import ProtectedError

NAME, HOLDS_BILEVEL = "PDF", True

_MOST_INFLATED = 2**25  # bytes, for streams of text and drawing; images are inflated elsewhere
_CODED = ("/Filter", "/DecodeParms", "/Length")


def plan(file: File, name: str, rules: Rules) -> Plan:
    places: dict[tuple[int, int], Place] = {}
    with _opened(file, name) as pdf:
        with decoding(name):
            if not rules.invalidate_signatures and _is_signed(pdf):
                raise ProtectedError(
                    f"{name}: is signed, and a change would break the signature; "
                    "--invalidate-digital-signatures changes it anyway."
                )
            n_pages = len(pdf.pages)
        for number, page in enumerate(pdf.pages, 1):
            with decoding(name, number):
                for drawn in scans(page):
                    image = drawn.image
                    width, height = int(image["/Width"]), int(image["/Height"])
                    rules.check_size(name, width, height, number)
                    unit = float(page.obj.get("/UserUnit", 1))
                    place = Place(number, width, height, dots_per_inch(drawn, unit), image.objgen)
                    try:
                        coding_of(image)
                    except LeftAsItIs as left:
                        place = replace(place, problem=str(left))
                    shown = places.get(image.objgen)  # an image on several pages is processed once
                    places[image.objgen] = place if shown is None else replace(shown, also=(*shown.also, number))
    notes = () if places else ("has no scanned page",)
    return Plan(n_pages, tuple(places.values()), notes)


def read(path: str, place: Place) -> Picture:
    with _opened(path, path) as pdf:
        image = pdf.get_object(*place.key)
        return decode(image, coding_of(image), place)


def encode(path: str, place: Place, picture: Picture) -> bytes:
    """The entries of the image's dictionary, a line break, and its data."""
    with _opened(path, path) as pdf:
        image = pdf.get_object(*place.key)
        data, entries = encode_image(image, coding_of(image), picture)
    return entries.encode() + b"\n" + data


def write(file: File, name: str, plan: Plan, encoded: Iterable[tuple[Place, bytes | None]], output: File) -> None:
    with closing(Spool()) as spool:
        streams = {}
        for place, data in encoded:
            if data is not None:
                entries, _, coded = data.partition(b"\n")
                streams[place.key] = spool.add(coded, entries.decode())
        if not streams:
            copy_whole(file, output)
            return
        with _opened(file, name) as pdf, spool.open() as new, decoding(name, writing=True):
            for key, number in streams.items():
                old, stream = pdf.get_object(*key), pdf.copy_foreign(new.get_object(number, 0))
                for entry, value in list(old.items()):
                    if entry not in _CODED and entry not in stream:
                        stream[entry] = value
                pdf._swap_objects(old.objgen, stream.objgen)
            # A deterministic ID: the same input gives the same bytes.
            pdf.save(output, linearize=pdf.is_linearized, compress_streams=False, fix_metadata_version=False,
                     deterministic_id=True)  # fmt: skip


@contextmanager
def _opened(file: File | str, name: str) -> Iterator[pikepdf.Pdf]:
    """Open a PDF that is not encrypted, with limits against decompression bombs."""
    pdf: pikepdf.Pdf | None = None
    limits = set_qpdf_limits(flate_max_memory=_MOST_INFLATED, run_length_max_memory=2**28)
    try:
        with decoding(name), suppress(pikepdf.PasswordError):
            pdf = pikepdf.open(file, suppress_warnings=True)
        if pdf is None or pdf.is_encrypted:
            how = "qpdf --decrypt [--password=…] IN.pdf OUT.pdf writes a copy that can be read"
            raise ProtectedError(f"{name}: is encrypted; {how}.")
        with pdf:
            yield pdf
    finally:
        set_qpdf_limits(**limits)  # type: ignore[arg-type]


def _is_signed(pdf: pikepdf.Pdf) -> bool:
    """Whether a field of the form, or the catalogue, holds a signature."""
    form = pdf.Root.get("/AcroForm", pikepdf.Dictionary())
    if "/Perms" in pdf.Root or int(form.get("/SigFlags", 0)) & 1:
        return True
    waiting = list(form.get("/Fields", []))
    for _ in range(10_000):
        if not waiting:
            break
        field = waiting.pop()
        if field.get("/FT") == "/Sig" and "/V" in field:
            return True
        waiting += list(field.get("/Kids", []))
    return False
