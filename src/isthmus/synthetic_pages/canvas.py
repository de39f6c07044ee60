"""The canvas for clean pages; places and sizes are in millimetres at every dpi."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from jaxtyping import Float64
from PIL import Image, ImageChops, ImageDraw

from isthmus.synthetic_pages.area import POINT, Area, Grey, Pixels, Tint
from isthmus.synthetic_pages.fonts import Face
from isthmus.synthetic_pages.letters import Letter

Box = tuple[float, float, float, float]
"""Left, top, right and bottom in mm."""

LUMINANCE = (0.299, 0.587, 0.114)  # weights of red, green and blue, as in JPEG and Pillow


class Canvas:
    """A white page to draw on; ``ink`` is the reflectance of print, 0 for black.

    Drawing is at a higher resolution, and pixels are averages of it, as in a scanner. ``rules`` and ``pictures`` are
    the boxes of the rules and pictures so far, and ``words`` are the letters of each word.
    """

    def __init__(self, area: Area, *, colour: bool = False, scale: int | None = None) -> None:
        self.area = area
        self.scale = scale or (3 if area.dpi <= 100 else 2 if area.dpi <= 300 else 1)
        self.mm = self.scale / area.pixel
        self._image = Image.new("RGB" if colour else "L", (area.width * self.scale, area.height * self.scale), "white")
        self._tint: Tint = (0, 0, 0)
        self._draw = ImageDraw.Draw(self._image)
        self.rules: list[Box] = []
        self.pictures: list[Box] = []
        self.words: list[list[Letter]] = []

    def text(self, x: float, y: float, text: str, face: Face, size: float, *, ink: float = 0) -> float:
        """Write from x to the right on the base line y, with ``size`` mm per em; return the x where the text ends."""
        place, em = (x * self.mm, y * self.mm), round(size * self.mm, 2)
        self._draw.text(place, text, fill=self._colour(ink), font=face.font(em), anchor="ls")
        words: list[list[Letter]] = [[]]
        for character, start, inked in face.inked(text, em):
            if inked is None:
                words.append([])
            else:
                left, top, right, bottom = (side / self.mm for side in inked)
                begins = x + start / self.mm
                box = (begins + left, y + top, begins + right, y + bottom)
                words[-1].append(Letter(character, box, y, f"{face.family} {face.style}", size / POINT))
        self.words += [word for word in words if word]
        return x + face.width(text) * size

    def rule(self, ends: Box, width: float, ink: float = 0) -> None:
        """Draw a horizontal or vertical line between two ends, at least 1.2 pixels wide so that it is visible."""
        left, top, right, bottom = ends
        half = max(width, 1.2 * self.area.pixel) / 2
        box = (left, top - half, right, top + half) if top == bottom else (left - half, top, left + half, bottom)
        self._draw.rectangle(self._pixels(box), fill=self._colour(ink))
        self.rules.append(box)

    def line(self, points: Float64[np.ndarray, "points 2"], width: float, ink: float = 0) -> None:
        """Draw a line through points, such as a stroke of a pen."""
        pixels = max(1, round(width * self.mm))
        self._draw.line((points * self.mm).ravel().tolist(), fill=self._colour(ink), width=pixels, joint="curve")

    def frame(self, box: Box, width: float, ink: float = 0) -> None:
        """Draw four rules around a box."""
        left, top, right, bottom = box
        for ends in ((left, top, right, top), (left, bottom, right, bottom), (left, top, left, bottom),
                     (right, top, right, bottom)):  # fmt: skip
            self.rule(ends, width, ink)

    def fill(self, box: Box, ink: float) -> None:
        """Fill a box evenly; a grey one counts as a picture."""
        self._draw.rectangle(self._pixels(box), fill=self._colour(ink))
        if 0 < ink < 1:
            self.pictures.append(box)

    def ellipse(self, box: Box, *, ink: float = 0, width: float | None = None) -> None:
        """Draw an ellipse within a box, filled or as a line of a width."""
        if width is None:
            self._draw.ellipse(self._pixels(box), fill=self._colour(ink))
        else:
            self._draw.ellipse(self._pixels(box), outline=self._colour(ink), width=max(1, round(width * self.mm)))

    def polygon(self, points: Sequence[tuple[float, float]], ink: float) -> None:
        """Draw a filled polygon."""
        self._draw.polygon([(x * self.mm, y * self.mm) for x, y in points], fill=self._colour(ink))

    def picture(self, box: Box, values: Pixels) -> None:
        """Paste a picture, in [0, 1], into a box."""
        left, top, right, bottom = (round(value * self.mm) for value in box)
        if right > left and bottom > top:
            picture = Image.fromarray(np.uint8(np.clip(values, 0, 1) * 255)).convert(self._image.mode)
            self._image.paste(picture.resize((right - left, bottom - top)), (left, top))
            self.pictures.append(box)

    def stamp(self, centre: tuple[float, float], drawn: "Canvas", angle: float, strength: Grey) -> None:
        """Stamp another canvas onto this one, rotated by degrees, in the current ink.

        ``strength`` is the share of ink on a coarse grid over the stamp.
        """
        x, y = centre
        mask = Image.eval(drawn._image, lambda value: 255 - value)
        even = Image.fromarray(np.uint8(np.clip(strength, 0, 1) * 255)).resize(mask.size, Image.Resampling.BICUBIC)
        mask = ImageChops.multiply(mask, even).rotate(angle, Image.Resampling.BICUBIC, expand=True)
        left, top = round(x * self.mm - mask.width / 2), round(y * self.mm - mask.height / 2)
        under = self._image.crop((left, top, left + mask.width, top + mask.height))
        ink = Image.new(self._image.mode, mask.size, self._colour(0))
        self._image.paste(ImageChops.darker(under, Image.composite(ink, under, mask)), (left, top))

    def pixels(self) -> Pixels:
        """The page, in [0, 1]."""
        image = self._image.reduce(self.scale) if self.scale > 1 else self._image
        return np.asarray(image).astype(np.float32) * np.float32(1 / 255)

    @contextmanager
    def inked(self, tint: Tint) -> Iterator[None]:
        """Draw in a colour; on a grey canvas, in its luminance."""
        before, self._tint = self._tint, tint
        yield
        self._tint = before

    def _colour(self, ink: float) -> int | tuple[int, ...]:
        """The tint mixed with white, as a colour for Pillow."""
        values = [channel + (1 - channel) * ink for channel in self._tint]
        if self._image.mode == "RGB":
            return tuple(round(255 * value) for value in values)
        return round(255 * float(np.dot(values, LUMINANCE)))

    def _pixels(self, box: Box) -> tuple[float, float, float, float]:
        """A box in pixels without its last row and column, since Pillow includes them."""
        left, top, right, bottom = (round(value * self.mm) for value in box)
        return left, top, max(right - 1, left), max(bottom - 1, top)
