"""Find ink, and keep it: strokes of any darkness and colour, rules, tints, pictures; all but paper and dirt.

One network says where ink is, another how light a page should be. The first redraws the page with its ink at full
strength; it sees the page over its mean around each pixel, so that ink is alike on white, brown and shaded paper. The
second writes its own idea of a letter, and loses faint ones. So between them stands the page itself: over its paper,
each stroke has its own shape. One factor around each pixel brings it to the darkness that the second network gives, but
never makes it paler, and is never above that of the page's ink as a whole, so that paper taken for ink stays pale and
ink beside ink keeps its relation; one filter for the whole page sharpens what is out of focus. Within a margin that
grows with the height of letters the second network then decides, as it knows more of soft edges.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float
from scipy import ndimage

from isthmus.documents.bands import bands
from isthmus.pages.colour import grey_of
from isthmus.pages.maps import (
    Map,
    box_mean,
    clipped,
    enlarged,
    lower_median,
    near_mean,
    ramp,
    reduced,
    repeated,
    widened,
)
from isthmus.pages.masks import grown, opened
from isthmus.pages.paper import Paper, shows_without_ink
from isthmus.pages.pepper import pepper
from isthmus.pages.sharpening import sharpened, sharpening

_BLOCK = 4  # pixels of the page per pixel of the map of means
_REACH = 24  # pixels of that map to each side of one, over which the page is averaged
_DARK = 0.02  # added to the page and to its mean, so that the noise of black pixels stays small
_WITH_EDGES = 7  # pixels: the edges of a letter that the tone lacks do not agree either
_BAND = 2**20  # pixels of the small page that are looked at at a time
_AROUND = 8  # rows beyond a band on which it depends
_COARSE = 2  # pixels of the page per pixel of a fit, which is averaged over the next ones, twice: about a letter
_LEAST = 1e-3  # square of darkness below which there is nothing to fit
_RIDGE = 0.02  # of the sharper part, in squares of darkness
_GAIN = (1.0, 4.0)  # factors by which ink may become darker
_FAINT = 0.4  # darkness up to which ink that is surely ink is raised by these factors
_SURE = (0.5, 0.9)  # share of dark pixels that the map calls ink: from the first on ink is raised, from the second all
_SHARPER = 1.5  # largest share of the difference to the nearest pixels that is added
_AGREES = (0.6, 1.0)  # the same factor before it is limited: up to the first, the tone is wrong about ink
_MARGIN = 0.3  # of darkness, by which the ink of tall letters may differ from its own shape
_TALL, _JOINED = (8, 15), 40  # pixels: heights of letters from which on they may differ, and all, and of joined ones
_SPECK, _BLUR = 0.3, 2  # ink from which on a pixel can be of a speck, and pixels around it that are blurred
_INK, _PAPER = 0.5, 0.9  # ink and clean grey from which on a pixel counts as such
_STROKE, _RIM = 8, 3  # pixels: half of the width of the widest strokes, and around an area, its edge
_MOSTLY = 0.5  # share of paper in the tone of an area that is none of ink
_DARKEST_SHADE = 0.5  # of the page's paper
_PRINT = (0.1, 0.5)  # darkness of the tone of no, and full, ink in such an area
_GATE = 2.0  # ink is whole where the map of ink, times this, is 1
_WANTED, _SHOWS = (0.3, 0.6), (0.05, 0.15)  # darkness, wanted and seen, from which on ink that the map lacks stays
_WANTED_FINE, _FINE = (0.07, 0.25), (0.09, 0.22)  # the same of points and hairlines, seen over what is around them
_HAIR = 2  # pixels: half of the width of a square that no point or hairline fills
_GRAIN = (0.0025, 0.001)  # share of the page at which such points are grain, and at which they are not


class NetworkInput:
    """A page as the network sees it, in [0, 1]: half of its ratio to the mean around each pixel, at most 1.

    ``page`` has one map, of grey, or three, of red, green and blue, in [0, 1].
    """

    def __init__(self, page: Float[np.ndarray, "maps h w"]) -> None:
        self._page, self._block = page, min(_BLOCK, *page.shape[1:])
        self._around = box_mean(reduced(page, self._block), _REACH)

    def rows(self, start: int, stop: int) -> Float[np.ndarray, "3 rows w"]:
        """Some rows of it; ``start`` is a multiple of 4."""
        part = self._page[:, start:stop]
        around = enlarged(self._around, self._block, start, part.shape[1:])
        around += _DARK
        seen = part + _DARK
        seen /= around
        seen *= 0.5
        return np.broadcast_to(np.minimum(seen, 1, out=seen), (3, *seen.shape[1:]))


def without_specks(ink: Map, dpi: float) -> Map:
    """A map of ink without isolated specks, which are no dots, leaders or accents; changed in place."""
    dark = ink > _SPECK
    specks = pepper(dark, np.zeros_like(dark), dpi)
    ink[grown(specks, _BLUR)] = 0
    return ink


def without_shades(ink: Map, grey: Map, tone: Map) -> Map:
    """A map of ink without areas wider than strokes, not dark, that the tone has as paper: hard shadows, and stains.

    In such areas the tone says what is ink. The map is changed in place.
    """
    is_paper = tone > _PAPER
    shows = grey[is_paper & (ink < _INK)]
    light = lower_median(shows) if len(shows) else 1.0
    del shows
    wide = opened(ink > _INK, _STROKE)
    block = min(_BLOCK, *ink.shape)
    sums = np.stack([reduced(each.astype(ink.dtype), block) for each in (wide, is_paper & wide, grey * wide)])
    area, whites, greys = box_mean(sums, _STROKE // block)
    found = (whites > _MOSTLY * area) & (greys > _DARKEST_SHADE * light * area)
    shades = wide & repeated(found, block, ink.shape)
    near = grown(shades, _RIM)
    del is_paper, wide, shades
    for rows in bands(ink.shape):
        np.minimum(ink[rows], ramp(1 - tone[rows], _PRINT), out=ink[rows], where=near[rows])
    return ink


class OwnInk:
    """The clean grey of a page: its own strokes at full resolution wherever ink may be, white elsewhere.

    Parameters
    ----------
    small : array of shape (maps, h, w)
        The noisy page at the scale of the networks, in grey (one map) or RGB.
    tone : array of shape (h, w)
        Its clean grey, as a network gives it.
    ink : array of shape (h, w)
        How surely ink is there. All three are in [0, 1].
    factor : int
        Rows and columns of the large page per pixel of the small page.
    """

    def __init__(self, small: Float[np.ndarray, "maps h w"], tone: Map, ink: Map, factor: int) -> None:
        self.paper = Paper(small, shows_without_ink(small, ink), factor)
        self._small, self._tone, self._ink, self._factor = small, tone, ink, factor
        gain, n_points = self._of_page()
        self._most = min(max(_GAIN[0], gain), _GAIN[1])
        self._no_grain = float(ramp(np.array([n_points / ink.size]), _GRAIN)[0])
        self._kernel = sharpening(self._counted())
        self._margin = _margins(ink)

    def apply(self, first: int, band: Float[np.ndarray, "maps H W"]) -> Float[np.ndarray, "H W"]:
        """The clean grey of a band of the large page; ``first`` is the first row of the band on the small page."""
        start = max(0, first - _AROUND) // _COARSE * _COARSE
        stop = first + -(-band.shape[1] // self._factor) + _AROUND
        maps = enlarged(self._maps(start, stop), self._factor, (first - start) * self._factor, band.shape[1:])
        gain, more, gate = maps
        darkness = _darkness(band, self.paper.under(first, band.shape[1:]))
        darkness *= gain
        np.minimum(darkness, 1, out=darkness)
        darkness += more
        clipped(darkness)
        darkness *= gate
        return np.asarray(np.subtract(1, darkness, out=darkness))

    def _of_page(self) -> tuple[float, int]:
        """The factor that brings all ink to the wanted darkness, by least squares, and points that the map lacks."""
        own2, own_wanted, n_points = _LEAST, _LEAST, 0
        for rows in bands(self._ink.shape):
            own = _darkness(small := self._small[:, rows], self.paper.under(rows.start, small.shape[1:], 1))
            ink, wanted = self._ink[rows], 1 - self._tone[rows]
            inked = own * ink
            own2 += float((own * inked).sum())
            own_wanted += float((wanted * inked).sum())
            n_points += int(((_fine(own, wanted) > 0.5) & (widened(ink) * _GATE < 0.25)).sum())
        return own_wanted / own2, n_points

    def _counted(self) -> Iterator[tuple[Map, Map, Map]]:
        """Bands of the page for ``sharpening``: ink as dark as it is wanted, the wanted darkness, where they agree."""
        for rows in bands(self._ink.shape, _BAND):
            own = _darkness(small := self._small[:, rows], self.paper.under(rows.start, small.shape[1:], 1))
            wanted, ink = 1 - self._tone[rows], self._ink[rows]
            near_ink = widened(ink)
            gain, _, agrees = _fit(own, own - near_mean(own[None])[0], wanted, ink, near_ink, most=_GAIN[1])
            yield own * gain, wanted, near_ink * ndimage.minimum_filter(agrees, _WITH_EDGES)

    def _maps(self, start: int, stop: int) -> Float[np.ndarray, "3 h w"]:
        """Some rows of what is done to darkness: the factor, what is added, and the share of the sum that stays."""
        small, tone, ink = (maps[..., start:stop, :] for maps in (self._small, self._tone, self._ink))
        seen = _darkness(small, self.paper.under(start, small.shape[1:], 1))
        own = sharpened(seen, self._kernel)
        wanted, near_ink = 1 - tone, widened(ink)
        edges = own - near_mean(own[None])[0]
        gain, sharper, agrees = _fit(own, edges, wanted, ink, near_ink, most=self._most)
        shape = clipped(sharper * edges + np.minimum(own * gain, 1))
        margin = agrees * self._margin[start:stop]
        darkness = np.minimum(np.maximum(wanted, shape - margin), shape + margin)
        of_tone = ramp(wanted, _WANTED) * ramp(own - edges, _SHOWS)
        of_tone = np.maximum(of_tone, _fine(seen, wanted) * self._no_grain)
        return np.stack(
            [gain, darkness - np.minimum(seen * gain, 1), np.maximum(np.minimum(near_ink * _GATE, 1), of_tone)]
        )


def _margins(ink: Map) -> Map:
    """How far ink may differ from its own shape: small letters not at all, and tall ones the more the taller they are.

    Within a few pixels the network writes its own idea of a letter; the strokes of tall letters are wide and far apart.
    """
    labels, n_parts = ndimage.label(ink > _INK, np.ones((3, 3)))
    height = np.zeros(n_parts + 1, np.float32)
    for part, (rows, _) in enumerate(ndimage.find_objects(labels), 1):
        height[part] = rows.stop - rows.start
    margin = _MARGIN * ramp(height, _TALL) ** 2
    margin[height > _JOINED] = 0
    return widened(margin[labels])


def _fine(own: Map, wanted: Map) -> Map:
    """How surely there are points and hairlines that the tone wants dark."""
    over_around = own - ndimage.grey_opening(own, 2 * _HAIR + 1)
    return np.asarray(ramp(wanted, _WANTED_FINE) * ramp(over_around, _FINE))


def _fit(
    own: Map, edges: Map, wanted: Map, ink: Map,
    near_ink: Map, *, most: float,
) -> tuple[Map, Map, Map]:  # fmt: skip
    """Fit the wanted darkness of ink by its own and by its difference to the nearest pixels, over about a letter.

    Returns the factors of both, and from 0 to 1 how far the wanted darkness agrees that there is ink. The first factor
    is at most ``most``, so that what is faint beside dark ink stays faint; but faint ink that is surely ink is raised.
    """
    inked = own * ink
    products = [own * inked, edges * inked, edges * edges * ink, wanted * inked, edges * wanted * ink, inked]
    coarse = np.stack([reduced(each, _COARSE) for each in (*products, own * near_ink)])
    own2, both, edges2, own_wanted, edges_wanted, inked, near = near_mean(near_mean(coarse))
    sure = ramp((inked + _LEAST) / (near + _LEAST), _SURE)
    own2 += _LEAST
    own_wanted += _LEAST
    raised = _FAINT * (inked + _LEAST) / own2  # over the mean darkness of ink, weighted by darkness
    edges2 += _RIDGE * own2
    sharper = (own2 * edges_wanted - both * own_wanted) / np.maximum(own2 * edges2 - both * both, 1e-9)
    clipped(sharper, 0, _SHARPER)
    gain = (own_wanted - sharper * both) / own2
    agrees = ramp(gain, _AGREES)
    raised = (clipped(raised, *_GAIN) - 1) * sure + 1
    fits = np.stack([np.maximum(clipped(gain, _GAIN[0], most), raised), sharper * agrees, agrees])
    gain, sharper, agrees = enlarged(fits, _COARSE, 0, own.shape)
    return gain, sharper, agrees


def _darkness(page: Float[np.ndarray, "maps H W"], paper: Float[np.ndarray, "maps H W"]) -> Float[np.ndarray, "H W"]:
    """How much darker than its paper a page is, from 0 to 1."""
    return 1 - grey_of(np.minimum(page / paper, 1))
