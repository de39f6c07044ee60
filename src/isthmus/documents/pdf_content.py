"""Read the instructions of a page that place its pictures, without a list of them all (ISO 32000-1, 7.8.2)."""

import re
from collections.abc import Callable, Iterator

_SPACE = rb"\0\t\n\f\r "
_BEFORE = _SPACE + rb"()<>\[\]{}%"  # what ends the word before an operator; a slash makes it a name
_AFTER = _BEFORE + rb"/"
_OPERATORS = b"|".join(rb"%s(?<![^%s]%s)(?![^%s])" % (name, _BEFORE, name, _AFTER)
                       for name in (b"q", b"Q", b"cm", b"Do", b"BI"))  # fmt: skip
# A string without further parentheses, or the start of one with them; a comment; or an operator.
_FOUND = re.compile(rb"\((?:[^()\\]++|\\.)*+\)|\(|%%[^\r\n]*+|%s" % _OPERATORS, re.DOTALL)
_PARENTHESIS = re.compile(rb"[()]|\\.", re.DOTALL)
_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)")
_WORD = re.compile(rb"[^%s]+" % _AFTER)
_NAME, _ESCAPED = re.compile(rb"/([^%s]*)[%s]*" % (_AFTER, _SPACE)), re.compile(rb"#([0-9A-Fa-f]{2})")
_IMAGE_DATA = re.compile(rb"(?<![^%s])ID[%s]" % (_BEFORE, _SPACE))
_IMAGE_END = re.compile(rb"EI(?=[%s]|\Z)" % _SPACE)
_TEXT = re.compile(rb"[\t\n\f\r -~]*\Z")
_NEAR, _FAR = 200, 2000  # bytes before an operator that its operands are looked for in

Matrix = tuple[float, float, float, float, float, float]
"""A transformation of the plane, as PDF writes it: (x, y) becomes (a x + c y + e, b x + d y + f)."""
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def product(first: Matrix, second: Matrix) -> Matrix:
    """Return the transformation that does one after the other."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def placements(data: bytes, count: Callable[[int], None]) -> Iterator[tuple[str, str | Matrix | None]]:
    """Yield "q" and "Q", "cm" with its matrix, and "Do" with the name that it draws; pass over other instructions.

    ``count`` receives how many instructions were read since it was called last; it may raise an exception.
    """
    place = unseen = 0
    while (found := _FOUND.search(data, place)) is not None:
        place, word = found.end(), found[0]
        unseen += 1  # strings and comments too
        if unseen == 4096:
            count(unseen)
            unseen = 0
        if word == b"(":
            place = _end_of_string(data, place, count)
        elif word in (b"q", b"Q"):
            yield word.decode(), None
        elif word == b"cm":
            matrix = _matrix_before(data, found.start())
            if matrix is not None:  # viewers skip an operator without its operands
                yield "cm", matrix
        elif word == b"Do":
            name = _name_before(data, found.start())
            if name is not None:
                yield "Do", name
        elif word == b"BI":
            place = _end_of_image(data, place)
    count(unseen)


def _end_of_string(data: bytes, place: int, count: Callable[[int], None]) -> int:
    """The place after the string that began before this place."""
    depth = 1
    for seen, found in enumerate(_PARENTHESIS.finditer(data, place), 1):
        if seen % 4096 == 0:
            count(4096)
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
        if depth == 0:
            return found.end()
    return len(data)


def _end_of_image(data: bytes, place: int) -> int:
    """The place after an inline image: after the first EI that text follows."""
    start = _IMAGE_DATA.search(data, place)
    if start is None:
        return len(data)
    for found in _IMAGE_END.finditer(data, start.end()):
        if _TEXT.match(data[found.end() : found.end() + 12]):
            return found.end()
    return len(data)


def _matrix_before(data: bytes, place: int) -> Matrix | None:
    words = data[max(0, place - _NEAR) : place].split()[-6:]
    if len(words) < 6 or not all(map(_NUMBER.fullmatch, words)):  # brackets beside numbers, or much space between them
        words = _WORD.findall(data, max(0, place - _FAR), place)[-6:]
        if len(words) < 6 or not all(map(_NUMBER.fullmatch, words)):
            return None
    a, b, c, d, e, f = map(float, words)
    return a, b, c, d, e, f


def _name_before(data: bytes, place: int) -> str | None:
    start = data.rfind(b"/", max(0, place - _FAR), place)
    found = _NAME.fullmatch(data, start, place) if start >= 0 else None
    if found is None:
        return None
    name = _ESCAPED.sub(lambda code: bytes([int(code[1], 16)]), found[1]) if b"#" in found[1] else found[1]
    return "/" + name.decode("utf-8", "replace")
