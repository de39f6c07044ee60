"""TIFF directories: read them, and copy them to another file with everything they point to (TIFF 6.0, BigTIFF)."""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from isthmus.documents.contract import File
from isthmus.documents.damage import DamageError
from isthmus.errors import InputError

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_LETTERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_BYTE, _SHORT, _LONG, _LONG8 = 1, 3, 4, 16
STRIP_OFFSETS, STRIP_LENGTHS, TILE_OFFSETS, TILE_LENGTHS = 273, 279, 324, 325
SUB_DIRECTORIES = {330, 34665, 34853, 40965}  # SubIFDs, EXIF, GPS, interoperability
_MOST_ENTRIES, _MOST_BYTES, _MOST_NUMBERS = 4096, 2**28, 2**21
_LEAST, _DEEPEST = 64, 4  # bytes that a directory counts as at least, and directories within directories
Draw = Callable[[int], None]
"""Takes a number of bytes from the budget of a document, before they are read."""


@dataclass(frozen=True)
class Layout:
    """The byte order of a TIFF, and whether its offsets have 64 bits (BigTIFF)."""

    order: str
    big: bool

    @property
    def offset(self) -> str:
        return self.order + ("Q" if self.big else "I")

    def header(self) -> bytes:
        """The first bytes of a file, with space for the offset of the first directory."""
        rest = struct.pack(self.order + "HHHQ", 43, 8, 0, 0) if self.big else struct.pack(self.order + "HI", 42, 0)
        return (b"II" if self.order == "<" else b"MM") + rest


@dataclass(frozen=True)
class Entry:
    """Type, count and value of a tag; the value is in the byte order of the file."""

    type: int
    count: int
    value: bytes

    def numbers(self, layout: Layout) -> tuple[int, ...]:
        letter = _LETTERS.get(self.type)
        if letter and self.count > _MOST_NUMBERS:
            raise DamageError(f"a tag has {self.count} numbers")
        return struct.unpack(f"{layout.order}{self.count}{letter}", self.value) if letter else ()


Directory = dict[int, Entry]


def read_layout(file: File) -> tuple[Layout, int]:
    """The layout of a file and the offset of its first directory."""
    file.seek(0)
    start = file.read(16)
    layout = Layout("<" if start[:2] == b"II" else ">", start[2:4] in {b"+\0", b"\0+"})
    return layout, struct.unpack_from(layout.offset, start, 8 if layout.big else 4)[0]


def pages(file: File, draw: Draw) -> Iterator[tuple[int, Directory]]:
    """The offset and the tags of each page; a circular chain is an error."""
    layout, offset = read_layout(file)
    seen = set[int]()
    while offset:
        if offset in seen:
            raise DamageError("its chain of pages is circular")
        seen.add(offset)
        tags, following = read_directory(file, layout, offset, draw)
        yield offset, tags
        offset = following


def draw_data(file: File, layout: Layout, tags: Directory, draw: Draw, depth: int = 0) -> None:
    """Draw from the budget what a copy of a page needs besides its tags: strips, tiles, and sub-directories."""
    for starts, lengths in ((STRIP_OFFSETS, STRIP_LENGTHS), (TILE_OFFSETS, TILE_LENGTHS)):
        if starts in tags and lengths in tags:
            draw(sum(tags[lengths].numbers(layout)))
    for tag in SUB_DIRECTORIES & tags.keys() if depth < _DEEPEST else ():
        for offset in tags[tag].numbers(layout):
            try:
                inner, _ = read_directory(file, layout, offset, draw)
            except InputError:
                raise
            except (DamageError, ValueError, OverflowError):  # damage matters only if the tag is copied
                continue
            draw_data(file, layout, inner, draw, depth + 1)


def read_directory(file: File, layout: Layout, offset: int, draw: Draw | None = None) -> tuple[Directory, int]:
    """The tags at an offset, and the offset of the next directory.

    The plan of a document draws all that is read from its budget; what is read again later has been drawn.
    """
    file.seek(offset)
    count = _unpack(file, layout.order + ("Q" if layout.big else "H"))
    if count > _MOST_ENTRIES:
        raise DamageError(f"it has a directory of {count} entries")
    size, inline = (20, 8) if layout.big else (12, 4)
    if draw is not None:
        draw(max(count * size, _LEAST))
    table = file.read(count * size)
    if len(table) < count * size:
        raise DamageError("it ends within a directory")
    following = _unpack(file, layout.offset)
    tags: Directory = {}
    for place in range(0, len(table), size):
        tag, type = struct.unpack_from(layout.order + "HH", table, place)
        (number,) = struct.unpack_from(layout.offset, table, place + 4)
        length = number * _SIZES.get(type, 0)
        if length > _MOST_BYTES:
            raise DamageError(f"tag {tag} has {length} bytes")
        value = table[place + size - inline : place + size][:length]
        if length > inline:
            file.seek(struct.unpack_from(layout.offset, table, place + size - inline)[0])
            if draw is not None:
                draw(length)
            value = file.read(length)
        if len(value) == length and type in _SIZES:
            tags.setdefault(tag, Entry(type, number, value))
    return tags, following


def number(tags: Directory, layout: Layout, tag: int, default: int = 0) -> int:
    """The first number of a tag."""
    found = tags[tag].numbers(layout) if tag in tags else ()
    return found[0] if found else default


def strips(file: File, layout: Layout, tags: Directory) -> Iterator[bytes]:
    """The stored bytes of each strip or tile of a picture."""
    starts, lengths = (TILE_OFFSETS, TILE_LENGTHS) if TILE_OFFSETS in tags else (STRIP_OFFSETS, STRIP_LENGTHS)
    if starts not in tags or lengths not in tags:
        raise DamageError("it does not state where its pixels are")
    for start, length in zip(tags[starts].numbers(layout), tags[lengths].numbers(layout), strict=True):
        file.seek(start)
        data = file.read(min(length, 2**31))
        if len(data) < length:
            raise DamageError("it ends within its pixels")
        yield data


def numbers_entry(layout: Layout, values: Sequence[int]) -> Entry:
    """A tag of offsets or lengths."""
    type = _LONG8 if layout.big else _LONG
    return Entry(type, len(values), struct.pack(f"{layout.order}{len(values)}{layout.offset[-1]}", *values))


def shorts_entry(layout: Layout, *values: int) -> Entry:
    """A tag of small numbers."""
    return Entry(_SHORT, len(values), struct.pack(f"{layout.order}{len(values)}H", *values))


def reordered(entry: Entry, old: Layout, new: Layout) -> Entry:
    """An entry in another byte order."""
    width = 4 if entry.type in {5, 10} else _SIZES[entry.type]  # fractions are two numbers
    if old.order == new.order or width == 1:
        return entry
    value = b"".join(entry.value[i : i + width][::-1] for i in range(0, len(entry.value), width))
    return Entry(entry.type, entry.count, value)


class Writer:
    """Writes a TIFF, one directory at a time."""

    def __init__(self, output: File, layout: Layout) -> None:
        self._file, self._layout = output, layout
        self._link = 8 if layout.big else 4
        output.write(layout.header())

    def add(self, tags: Directory, data: Iterable[bytes], source: tuple[File, Layout]) -> None:
        """Add a page: its tags, its strips or tiles, and the sub-directories of the source that it points to."""
        place = self._directory(self._with_strips(tags, data), source, depth=0)
        end = self._file.tell()
        self._file.seek(self._link)
        self._file.write(struct.pack(self._layout.offset, place))
        self._link = end - struct.calcsize(self._layout.offset)
        self._file.seek(end)

    def _with_strips(self, tags: Directory, data: Iterable[bytes]) -> Directory:
        """Write strips or tiles, and return the tags with their new offsets and lengths."""
        places = [(self._put(strip), len(strip)) for strip in data]
        starts, lengths = ([place[i] for place in places] for i in (0, 1))
        first, second = (TILE_OFFSETS, TILE_LENGTHS) if TILE_OFFSETS in tags else (STRIP_OFFSETS, STRIP_LENGTHS)
        return tags | {first: numbers_entry(self._layout, starts), second: numbers_entry(self._layout, lengths)}

    def _put(self, data: bytes) -> int:
        place = self._file.tell()
        if place % 2:  # offsets are even (TIFF 6.0, section 2)
            self._file.write(b"\0")
            place += 1
        if not self._layout.big and place + len(data) >= 2**32:
            raise DamageError("the output would exceed 4 GiB, the limit of classic TIFF")
        self._file.write(data)
        return place

    def _directory(self, tags: Directory, source: tuple[File, Layout], depth: int) -> int:
        """Write a directory with its values and sub-directories; the offset of the next one, 0 for now, comes last."""
        layout, entries, inline = self._layout, b"", 8 if self._layout.big else 4
        for tag, entry in sorted(tags.items()):
            if tag in SUB_DIRECTORIES:
                copied = [self._copy(source, start, depth + 1) for start in entry.numbers(source[1])]
                entry = numbers_entry(layout, copied)  # noqa: PLW2901
            value = entry.value
            if len(value) > inline:
                value = struct.pack(layout.offset, self._put(value))
            head = struct.pack(layout.order + "HH", tag, entry.type) + struct.pack(layout.offset, entry.count)
            entries += head + value.ljust(inline, b"\0")
        count = struct.pack(layout.order + ("Q" if layout.big else "H"), len(tags))
        place = self._put(count + entries)
        self._file.write(struct.pack(layout.offset, 0))
        return place

    def _copy(self, source: tuple[File, Layout], offset: int, depth: int) -> int:
        file, layout = source
        if depth > _DEEPEST:
            raise DamageError("its directories are nested too deep")
        tags, _ = read_directory(file, layout, offset)
        if STRIP_OFFSETS in tags or TILE_OFFSETS in tags:
            tags = self._with_strips(tags, strips(file, layout, tags))
        return self._directory(tags, source, depth)


def _unpack(file: File, format: str) -> int:
    data = file.read(struct.calcsize(format))
    if len(data) < struct.calcsize(format):
        raise DamageError("it ends within a directory")
    return int(struct.unpack(format, data)[0])
