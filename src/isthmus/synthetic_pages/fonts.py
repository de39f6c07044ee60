"""Find fonts: in a folder, or those of Pillow, matplotlib and the system."""

import os
import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import ImageFont

from isthmus.errors import InputError
from isthmus.synthetic_pages.words import SCRIPTS, Script

PILLOW = "pillow"
"""The name that stands for Pillow's own font, which is always available."""

_REFERENCE = 200  # pixels per em at which text is measured, so that lines break the same at every dpi
_SYMBOLS = re.compile(
    r"keyboard|dingbat|d050000l|symbol|stixsiz|nonuni|cmsy|cmex|cmmi|lastresort|emoji|music|braille|signwriting|notdef|math",
    re.IGNORECASE,
)
_PUNCTUATION = ".,;:-()0123456789"
SIGNS = "“”„«»‘’\"'–…•·%§&$£€°#@+=/*†©√∑∫±×÷≤≥≠∞αβγδθλμπσφω∂∇→☐☑✓✗"
"""Characters of text beside letters, figures and basic punctuation; fonts may lack some."""


@dataclass(frozen=True)
class Face:
    """One font: upright or italic, of one weight. ``path`` is empty for Pillow's own font."""

    path: str
    family: str
    style: str

    @property
    def italic(self) -> bool:
        """Whether the font is slanted."""
        return bool(re.search(r"ital|obli|slant", self.style, re.IGNORECASE))

    @property
    def bold(self) -> bool:
        """Whether the font is heavier than usual text."""
        return bool(re.search(r"bold|black|heavy|semi|demi", self.style, re.IGNORECASE))

    def font(self, size: float) -> ImageFont.FreeTypeFont:
        """The font at a size in pixels per em."""
        return _font(self.path, size)

    def width(self, text: str) -> float:
        """The width of a text in ems."""
        return _width(self.path, text)

    def inked(self, text: str, size: float) -> list[tuple[str, float, tuple[int, int, int, int] | None]]:
        """Each character of a text, where it begins, and the box of its ink, or None without ink; in pixels.

        The box (left, top, right, bottom) is relative to where the character begins on the base line.
        """
        font = self.font(size)
        starts = [font.getlength(text[: end + 1]) - font.getlength(character) for end, character in enumerate(text)]
        boxes = [_ink(self.path, size, character) for character in text]
        return list(zip(text, starts, boxes, strict=True))

    @property
    def x_height(self) -> float:
        """The height of a small x in ems; about half an em if the font has none."""
        return _x_height(self.path)

    def has(self, text: str) -> frozenset[str]:
        """The characters of a text that the font can draw."""
        return frozenset(character for character in text if _glyph(self.path, character) is not None)

    def covers(self, script: Script) -> bool:
        """Whether the font has every letter of a script, figures and basic punctuation."""
        return _covers(self.path, script.name)


@dataclass(frozen=True)
class Family:
    """Upright, italic and bold faces that belong together; a missing one is replaced by the upright face."""

    upright: Face
    italic: Face
    bold: Face

    def within(self, script: Script) -> "Family":
        """The family, with faces that lack letters of a script replaced by the upright one."""
        slanted, heavy = (face if face.covers(script) else self.upright for face in (self.italic, self.bold))
        return Family(self.upright, slanted, heavy)


class Fonts:
    """The fonts of a folder, or all fonts on this machine.

    Parameters
    ----------
    folder : path, optional
        Folder to search, including subfolders. "pillow" stands for Pillow's own font, which gives the same pages on
        every machine. Default: that font, the fonts of matplotlib if it is installed, and those of the system.

    Raises
    ------
    InputError
        If the folder does not exist, or no font in it covers any script of ``words.SCRIPTS``.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        if folder is None:
            faces = _bundled() + [face for place in _system_folders() for face in _faces(place)]
        elif os.fspath(folder) == PILLOW:
            faces = _bundled()[:1]
        else:
            if not Path(folder).is_dir():
                raise InputError(f"{os.fspath(folder)}: is not a folder of fonts.")
            faces = _faces(Path(folder))
        self.families = _families(faces)
        if folder is not None and not any(
            family.upright.covers(script) for group in self.families for family in group for script in SCRIPTS
        ):
            raise InputError(f"{os.fspath(folder)}: has no TrueType or OpenType font that covers a script of Isthmus.")

    def family(self, rng: np.random.Generator, script: Script) -> Family | None:
        """Draw a family that covers the script, or None."""
        for place in rng.permutation(len(self.families)).tolist():
            group: list[Family] = self.families[place]
            for member in rng.permutation(len(group)).tolist():
                if group[int(member)].upright.covers(script):
                    return group[int(member)].within(script)
        return None

    def choose(self, rng: np.random.Generator) -> tuple[Script, Family]:
        """A random script, and a family that covers it."""
        shares = np.array([script.share for script in SCRIPTS])
        for place in rng.choice(len(SCRIPTS), len(SCRIPTS), replace=False, p=shares / shares.sum()).tolist():
            family = self.family(rng, SCRIPTS[place])
            if family is not None:
                return SCRIPTS[place], family
        raise InputError("No font covers a script of Isthmus.")


@lru_cache(1)
def all_fonts() -> Fonts:
    """All fonts on this machine."""
    return Fonts()


def _families(faces: Sequence[Face]) -> list[list[Family]]:
    """Group faces by family, in an order that does not depend on their folders.

    Light, black and condensed faces become variants of their family.
    """
    groups: dict[str, dict[str, Face]] = defaultdict(dict)
    for face in sorted(faces, key=lambda face: (face.family, face.style, Path(face.path).name)):
        groups[face.family].setdefault(face.style, face)
    families = []
    for _, group in sorted(groups.items()):
        members = list(group.values())
        upright = _first(members, italic=False, bold=False) or members[0]
        italic = _first(members, italic=True, bold=False) or upright
        usual = Family(upright, italic, _first(members, italic=False, bold=True) or upright)
        others = [face for face in members if not face.italic and face.style != upright.style]
        families.append([usual, usual, *(Family(face, italic, face) for face in others)])
    return families


def _first(faces: Sequence[Face], *, italic: bool, bold: bool) -> Face | None:
    fitting = [face for face in faces if (face.italic, face.bold) == (italic, bold)]
    plain = [
        face for face in fitting if face.style.lower() in {"regular", "book", "roman", "italic", "bold", "oblique"}
    ]
    return next(iter(plain + fitting), None)


def _bundled() -> list[Face]:
    """The fonts of Pillow, and of matplotlib without importing it."""
    faces = [Face("", "Aileron", "Regular")]
    spec = find_spec("matplotlib")
    if spec is not None and spec.origin is not None:
        faces += _faces(Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf")
    return faces


def _system_folders() -> list[Path]:
    home = Path.home()
    if sys.platform == "win32":
        return [Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    return [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".local/share/fonts", home / ".fonts"]


def _faces(folder: Path) -> list[Face]:
    """The readable fonts below a folder, except symbol fonts."""
    faces = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in {".ttf", ".otf", ".ttc"} and not _SYMBOLS.search(path.name):
            try:
                family, style = ImageFont.truetype(path, 20, layout_engine=ImageFont.Layout.BASIC).getname()
            except OSError:
                continue
            if family and not _SYMBOLS.search(family):
                faces.append(Face(str(path), family, style or "Regular"))
    return faces


@lru_cache(256)
def _font(path: str, size: float) -> ImageFont.FreeTypeFont:
    if path:
        return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise InputError("Pillow was built without FreeType, which is needed to draw text.")
    return font


@lru_cache(20_000)
def _width(path: str, text: str) -> float:
    return _font(path, _REFERENCE).getlength(text) / _REFERENCE


@lru_cache(20_000)
def _ink(path: str, size: float, character: str) -> tuple[int, int, int, int] | None:
    """The box of the ink of a character relative to where it begins on the base line; None if there is none."""
    mask, (x, y) = _font(path, size).getmask2(character, "L", anchor="ls")
    box = mask.getbbox()
    return None if box is None else (box[0] + x, box[1] + y, box[2] + x, box[3] + y)


@lru_cache(4096)
def _x_height(path: str) -> float:
    _, top, _, bottom = _font(path, _REFERENCE).getbbox("x", anchor="ls")
    height = (bottom - top) / _REFERENCE
    return height if 0.2 < height < 0.9 else 0.5


@lru_cache(20_000)
def _glyph(path: str, character: str) -> bytes | None:
    """The bitmap of a character; None if it is empty, or the font's box for missing characters."""
    try:
        font = _font(path, 24)
        drawn = bytes(font.getmask(character))
        missing = {bytes(font.getmask(absent)) for absent in "\uffff\u0378"}
    except (OSError, ValueError):
        return None
    return None if drawn in missing or not any(drawn) else drawn


@lru_cache(20_000)
def _covers(path: str, script_name: str) -> bool:
    sample = next(script.sample for script in SCRIPTS if script.name == script_name) + _PUNCTUATION
    drawn = set()
    for character in sample:
        glyph = _glyph(path, character)
        if glyph is None:
            return False
        drawn.add(glyph)
    return len(drawn) > 0.8 * len(sample)
