"""The letters of a page, each with its place; read and written as ALTO, which programs for OCR share."""

import unicodedata
import xml.etree.ElementTree as xml
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from isthmus.errors import InputError
from isthmus.system.files import open_input

_NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
_LONGEST = 2**26  # bytes of a file; a page of 10,000 letters takes 1.5 MB
_RIGHT_TO_LEFT = {"R", "AL"}


@dataclass(frozen=True)
class Letter:
    """A character, the box of its ink (left, top, right, bottom), its base line, its font, and the size in points."""

    character: str
    box: tuple[float, float, float, float]
    base: float
    font: str = ""
    size: float = 0.0

    def scaled(self, factor: float) -> "Letter":
        """The letter in other units: by dpi / 25.4 from mm to pixels."""
        left, top, right, bottom = self.box
        box = (left * factor, top * factor, right * factor, bottom * factor)
        return replace(self, box=box, base=self.base * factor)


def alto(words: Sequence[Sequence[Letter]], width: int, height: int) -> bytes:
    """The words of a page, in pixels, as a file of ALTO 4 with an element for every letter."""
    root = xml.Element("alto", xmlns=_NAMESPACE)
    xml.SubElement(xml.SubElement(root, "Description"), "MeasurementUnit").text = "pixel"
    size = {"WIDTH": str(width), "HEIGHT": str(height)}
    styles = _styles(root, [letter for word in words for letter in word])
    page = xml.SubElement(xml.SubElement(root, "Layout"), "Page", {"ID": "page", "PHYSICAL_IMG_NR": "1", **size})
    space = xml.SubElement(page, "PrintSpace", {"HPOS": "0", "VPOS": "0", **size})
    for number, (base, line) in enumerate(groupby(words, key=lambda word: word[0].base)):
        found = list(line)
        place = _attributes([letter for word in found for letter in word])
        block = xml.SubElement(space, "TextBlock", {"ID": f"block-{number}", **place})
        row = xml.SubElement(block, "TextLine", {"ID": f"line-{number}", "BASELINE": f"{base:.2f}", **place})
        for word in found:
            content = "".join(letter.character for letter in word)
            right_to_left = any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in content)
            read = content[::-1] if right_to_left else content
            string = xml.SubElement(
                row, "String", {"CONTENT": read, "STYLEREFS": styles[_style(word[0])], **_attributes(word)}
            )
            for letter in word:
                xml.SubElement(string, "Glyph", {"CONTENT": letter.character, **_attributes([letter])})
    xml.indent(root)
    return bytes(xml.tostring(root, encoding="utf-8", xml_declaration=True))


def read_letters(path: str | Path) -> list[Letter]:
    """Read the letters (``Glyph``) of a file of ALTO, in pixels.

    Raises
    ------
    InputError
        If the file is missing, is not ALTO in pixels, or has no letters with places.
    """
    with open_input(path, InputError, "letters in ALTO") as file:
        content = file.read(_LONGEST + 1)
    if len(content) > _LONGEST:
        raise InputError(f"{path}: has more than {_LONGEST // 2**20} MiB, too much for the letters of a page.")
    try:
        root = xml.fromstring(content)  # expat refuses entities that grow
        letters = list(_letters(root))
    except (xml.ParseError, ValueError, KeyError) as error:
        raise InputError(f"{path}: is not a file of ALTO ({error}).") from error
    unit = next((element.text for element in _named(root, "MeasurementUnit")), "pixel")
    if unit != "pixel" or not letters:
        why = "no letters (elements Glyph)" if unit == "pixel" else f"places in {unit} instead of pixels"
        raise InputError(f"{path}: has {why}.")
    return letters


def _styles(root: xml.Element, letters: Sequence[Letter]) -> dict[tuple[str, str], str]:
    """Write the fonts of letters, and return the ID of each."""
    listed = xml.SubElement(root, "Styles")
    found = {style: f"font-{number}" for number, style in enumerate(dict.fromkeys(map(_style, letters)))}
    for (font, size), name in found.items():
        xml.SubElement(listed, "TextStyle", {"ID": name, "FONTFAMILY": font, "FONTSIZE": size})
    return found


def _style(letter: Letter) -> tuple[str, str]:
    return letter.font, f"{letter.size:.2f}"


def _letters(root: xml.Element) -> Iterator[Letter]:
    styles = {
        element.attrib["ID"]: (element.get("FONTFAMILY", ""), float(element.get("FONTSIZE", 0)))
        for element in _named(root, "TextStyle")
    }
    for line in _named(root, "TextLine"):
        found = []
        for string in _named(line, "String"):
            fonts = (styles[name] for name in string.get("STYLEREFS", "").split() if name in styles)
            font, size = next(fonts, ("", 0.0))
            for glyph in _named(string, "Glyph"):
                left, top, width, height = (float(glyph.attrib[key]) for key in ("HPOS", "VPOS", "WIDTH", "HEIGHT"))
                box = (left, top, left + width, top + height)
                found.append(Letter(glyph.attrib["CONTENT"] or " ", box, 0, font, size))
        try:
            base = float(line.attrib["BASELINE"])
        except (KeyError, ValueError):  # none, or a curve: most letters stand on it
            base = sorted(letter.box[3] for letter in found)[len(found) // 2] if found else 0.0
        yield from (replace(letter, base=base) for letter in found)


def _attributes(letters: Sequence[Letter]) -> dict[str, str]:
    """The box around letters, as ALTO has it."""
    left, top = (min(letter.box[side] for letter in letters) for side in (0, 1))
    right, bottom = (max(letter.box[side] for letter in letters) for side in (2, 3))
    values = {"HPOS": left, "VPOS": top, "WIDTH": right - left, "HEIGHT": bottom - top}
    return {key: f"{value:.2f}" for key, value in values.items()}


def _named(element: xml.Element, name: str) -> Iterator[xml.Element]:
    """The elements of a name within an element, whatever the version of ALTO."""
    return (child for child in element.iter() if child.tag.rpartition("}")[2] == name)
