"""PDF: replace scanned images in place; text, outline, metadata, boxes and everything else stay as they are."""

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace

import pikepdf
from pikepdf.settings import set_qpdf_limits

from isthmus.documents.budget import PICTURES
from isthmus.documents.contract import DamagedError, File, LeftAsItIs, Place, Plan, Rules, copy_whole, decoding
from isthmus.documents.pdf_filters import MOST_FILTERS
from isthmus.documents.pdf_objects import count_objects
from isthmus.documents.pdf_pixels import coding_of, decode
from isthmus.documents.pdf_pixels import encode as encode_image
from isthmus.documents.pdf_scans import ScanFinder, dots_per_inch, steps_of, user_unit
from isthmus.documents.pdf_signatures import is_signed
from isthmus.documents.pdf_spool import Spool
from isthmus.documents.pdf_turning import PageTurner
from isthmus.documents.picture import Picture
from isthmus.documents.turning import agreed, lie_alike
from isthmus.errors import ProtectedError
from isthmus.words import numbered

NAME, HOLDS_BILEVEL, TURNS_PIXELS = "PDF", True, False

# Bytes of a stream of objects; contents and images are inflated elsewhere. In memory they are 70 times as many.
_MOST_INFLATED, _INFLATED_PER_BYTE = 2**22, 1 / 8
_MOST_INFLATED_LATER = 2**28  # when they have been counted
_CODED = ("/Filter", "/DecodeParms", "/Length")


def plan(file: File, name: str, rules: Rules) -> Plan:
    places: dict[tuple[int, int], Place] = {}
    also: dict[tuple[int, int], list[int]] = defaultdict(list)
    unread: list[int] = []
    shown = set[int]()  # pages with scans
    budget = rules.budget(name, size := file.seek(0, io.SEEK_END))
    finder = ScanFinder(budget)
    file.seek(0)
    most = budget.scaled(_MOST_INFLATED + _INFLATED_PER_BYTE * size)
    with _limits(most), _opened(file, name, most) as pdf:
        with decoding(name):
            count_objects(pdf, budget)
            if not rules.invalidate_signatures and is_signed(pdf):
                raise ProtectedError(
                    f"{name}: is signed, and a change would break the signature; "
                    "--invalidate-digital-signatures changes it anyway."
                )
            n_pages = len(pdf.pages)
        for number in range(1, n_pages + 1):
            try:
                with decoding(name, number):
                    page = pdf.pages[number - 1]
                    found, unit = finder.scans(page, number), user_unit(page)
            except DamagedError:
                unread.append(number)
                continue
            for drawn in found:
                shown.add(number)
                key = drawn.image.objgen
                steps = steps_of(drawn)
                if key in places:  # an image on several pages is processed once
                    also[key].append(number)
                    if not lie_alike(steps, places[key].steps):
                        places[key] = replace(places[key], fixed="pages show it at different angles")
                    continue
                budget.draw(PICTURES, 1, number)
                problem, n_bytes = _problem(drawn.image, name, number)
                rules.check_size(name, *drawn.pixels, number, n_bytes=n_bytes)
                place = Place(number, *drawn.pixels, dots_per_inch(drawn, unit), key)
                places[key] = replace(place, problem=problem, steps=steps)
    n_plain = n_pages - len(unread) - len(shown)
    notes = (f"{n_plain} without a scan",) if n_plain else ()
    if not places:
        notes = ("has no scanned page",)
    if unread:
        notes = (*notes, f"what draws {numbered('page', unread)} is damaged, and left as it is")
    return Plan(n_pages, tuple(replace(place, also=tuple(also[key])) for key, place in places.items()), notes)


def _problem(image: pikepdf.Object, name: str, number: int) -> tuple[str | None, int]:
    """The reason to leave an image as it is, as far as its dictionary shows one, and the bytes of its pixels."""
    try:
        with decoding(name, number):
            return None, coding_of(image).bytes_of_pixel
    except LeftAsItIs as left:
        return str(left), 1
    except DamagedError:
        return "an image whose dictionary is damaged is left as it is", 1


@contextmanager
def open_document(path: str) -> Iterator[pikepdf.Pdf]:
    with _opened(path, path) as pdf:
        yield pdf


def read(opened: pikepdf.Pdf, place: Place) -> Picture:
    with _limits():
        image = opened.get_object(*place.key)
        return decode(image, coding_of(image), place)


def encode(opened: pikepdf.Pdf, place: Place, picture: Picture) -> bytes:
    """The entries of the image's dictionary, a line break, and its data."""
    with _limits():
        image = opened.get_object(*place.key)
        data, entries = encode_image(image, coding_of(image), picture)
    return entries.encode() + b"\n" + data


def write(file: File, name: str, plan: Plan, encoded: Iterable[tuple[Place, bytes | None]], output: File) -> None:
    with closing(Spool()) as spool:
        streams = {}
        turns: dict[int, list[tuple[float, int]]] = defaultdict(list)
        for place, data in encoded:
            if data is not None:
                entries, _, coded = data.partition(b"\n")
                streams[place.key] = spool.add(coded, entries.decode())
            for number in place.pages:
                if place.turned is not None:
                    turns[number].append((place.turned, place.width * place.height))
        turned = {number: turn for number, found in turns.items() if (turn := agreed(found))}
        if not streams and not turned:
            copy_whole(file, output)
            return
        with _limits(), _opened(file, name) as pdf, spool.open() as new, decoding(name, writing=True):
            for key, number in streams.items():
                old, stream = pdf.get_object(*key), pdf.copy_foreign(new.get_object(number, 0))
                for entry, value in list(old.items()):
                    if entry not in _CODED and entry not in stream:
                        stream[entry] = value
                pdf._swap_objects(old.objgen, stream.objgen)
            turner = PageTurner(pdf)
            for number, turn in turned.items():
                turner.turn(pdf.pages[number - 1], turn)
            # A deterministic ID: the same input gives the same bytes.
            pdf.save(output, linearize=pdf.is_linearized, compress_streams=False, fix_metadata_version=False,
                     deterministic_id=True)  # fmt: skip


@contextmanager
def _opened(file: File | str, name: str, most: int = _MOST_INFLATED_LATER) -> Iterator[pikepdf.Pdf]:
    """Open a PDF that is not encrypted; what is read of it later needs ``_limits``."""
    pdf: pikepdf.Pdf | None = None
    with _limits(most):
        with decoding(name), suppress(pikepdf.PasswordError):
            # Reading a mapped file that somebody makes shorter would end the process.
            pdf = pikepdf.open(file, suppress_warnings=True, access_mode=pikepdf.AccessMode.stream)
        if pdf is None or pdf.is_encrypted:
            how = "qpdf --decrypt [--password=…] IN.pdf OUT.pdf writes a copy that can be read"
            raise ProtectedError(f"{name}: is encrypted; {how}.")
    with pdf:
        yield pdf


@contextmanager
def _limits(most: int = _MOST_INFLATED_LATER) -> Iterator[None]:
    """Limit what qpdf decodes; its limits are those of the whole process."""
    before = set_qpdf_limits(
        flate_max_memory=most, run_length_max_memory=most, png_max_memory=most, tiff_max_memory=most,
        max_stream_filters=MOST_FILTERS,
    )  # fmt: skip
    try:
        yield
    finally:
        set_qpdf_limits(**before)  # type: ignore[arg-type]
