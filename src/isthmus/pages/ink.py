"""Find ink, and keep it: strokes of any darkness and colour, rules, tints, pictures; all but paper and dirt.

One network says where ink is, another how light a page should be. The first redraws the page with its ink at full
strength; it sees the page over its mean around each pixel, so that ink is alike on white, brown and shaded paper. The
second writes its own idea of a letter, and loses faint ones. So between them stands the page itself: over its paper,
each stroke has its own shape. One factor around each pixel brings it to the darkness that the second network gives, but
never makes it paler, and is never above that of the page's ink as a whole, so that paper taken for ink stays pale and
ink beside ink keeps its relation. Within a small margin that network then decides.
"""

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from isthmus.documents.bands import bands
from isthmus.pages.colour import grey_of
from isthmus.pages.detail import enlarged, ramp, reduced
from isthmus.pages.masks import grown, opened
from isthmus.pages.paper import Paper, shows_without_ink, widened
from isthmus.pages.pepper import pepper

_BLOCK = 4  # pixels of the page per pixel of the map of means
_REACH = 24  # pixels of that map to each side of one, over which the page is averaged
_DARK = 0.02  # added to the page and to its mean, so that the noise of black pixels stays small
_AROUND = 8  # rows beyond a band on which it depends
_COARSE = 2  # pixels of the page per pixel of a fit
_NEAR = 1  # pixels of a fit to each side of one, over which it is averaged, twice: in all about a letter
_LEAST = 1e-3  # square of darkness below which there is nothing to fit
_RIDGE = 0.02  # of the sharper part, in squares of darkness
_GAIN = (1.0, 4.0)  # factors by which ink may become darker
_FAINT = 0.4  # darkness up to which ink that is surely ink is raised by these factors
_SURE = (0.5, 0.9)  # share of dark pixels that the map calls ink: from the first on ink is raised, from the second all
_SHARPER = 1.5  # largest share of the difference to the nearest pixels that is added
_AGREES = (0.6, 1.0)  # the same factor before it is limited: up to the first, the tone is wrong about ink
_MARGIN = 0.05  # of darkness, by which ink may differ from its own shape
_SPECK, _BLUR = 0.3, 2  # ink from which on a pixel can be of a speck, and pixels around it that are blurred
_INK, _PAPER = 0.5, 0.9  # ink and clean grey from which on a pixel counts as such
_STROKE, _RIM = 8, 3  # pixels: half of the width of the widest strokes, and around an area, its edge
_MOSTLY = 0.5  # share of paper in the tone of an area that is none of ink
_DARKEST_SHADE = 0.5  # of the page's paper
_PRINT = (0.1, 0.5)  # darkness of the tone of no, and full, ink in such an area
_GATE = 2.0  # ink is whole where the map of ink, times this, is 1
_WANTED, _SHOWS = (0.3, 0.6), (0.05, 0.15)  # darkness, wanted and seen, from which on ink that the map lacks stays


class NetworkInput:
    """A page as the network sees it, in [0, 1]: half of its ratio to the mean around each pixel, at most 1.

    ``page`` has one map, of grey, or three, of red, green and blue, in [0, 1].
    """

    def __init__(self, page: Float[Tensor, "maps h w"]) -> None:
        self._page, self._block = page, min(_BLOCK, *page.shape[1:])
        self._around = _box_mean(reduced(page, self._block), _REACH)

    def rows(self, start: int, stop: int) -> Float[Tensor, "3 rows w"]:
        """Some rows of it; ``start`` is a multiple of 4."""
        part = self._page[:, start:stop]
        around = enlarged(self._around, self._block, start, part.shape[1:])
        return part.add(_DARK).div_(around.add_(_DARK)).mul_(0.5).clamp_(max=1).expand(3, -1, -1)


def without_specks(ink: Float[Tensor, "h w"], dpi: float) -> Float[Tensor, "h w"]:
    """A map of ink without isolated specks, which are no dots, leaders or accents; changed in place."""
    dark = (ink > _SPECK).numpy()
    specks = pepper(dark, np.zeros_like(dark), dpi)
    return ink.masked_fill_(torch.from_numpy(grown(specks, _BLUR)), 0.0)


def without_shades(
    ink: Float[Tensor, "h w"], grey: Float[Tensor, "h w"], tone: Float[Tensor, "h w"]
) -> Float[Tensor, "h w"]:
    """A map of ink without areas wider than strokes, not dark, that the tone has as paper: hard shadows, and stains.

    In such areas the tone says what is ink. The map is changed in place.
    """
    is_paper = tone > _PAPER
    shows = grey[is_paper & (ink < _INK)]
    light = float(shows.median()) if len(shows) else 1.0
    del shows
    wide = torch.from_numpy(opened((ink > _INK).numpy(), _STROKE))
    block = min(_BLOCK, *ink.shape)
    sums = torch.stack([reduced(each.float(), block) for each in (wide, is_paper & wide, grey * wide)])
    area, whites, greys = _box_mean(sums, _STROKE // block)
    found = (whites > _MOSTLY * area) & (greys > _DARKEST_SHADE * light * area)
    shades = wide & found.repeat_interleave(block, 0).repeat_interleave(block, 1)[: ink.shape[0], : ink.shape[1]]
    near = torch.from_numpy(grown(shades.numpy(), _RIM))
    del is_paper, wide, shades
    for rows in bands(ink.shape):
        ink[rows] = torch.where(near[rows], ink[rows].minimum(ramp(1 - tone[rows], _PRINT)), ink[rows])
    return ink


class OwnInk:
    """The clean grey of a page: its own strokes at full resolution wherever ink may be, white elsewhere.

    Parameters
    ----------
    small : Tensor of shape (maps, h, w)
        The noisy page at the scale of the networks, in grey (one map) or RGB.
    tone : Tensor of shape (h, w)
        Its clean grey, as a network gives it.
    ink : Tensor of shape (h, w)
        How surely ink is there. All three are in [0, 1].
    factor : int
        Rows and columns of the large page per pixel of the small page.
    """

    def __init__(
        self, small: Float[Tensor, "maps h w"], tone: Float[Tensor, "h w"], ink: Float[Tensor, "h w"], factor: int
    ) -> None:
        self.paper = Paper(small, shows_without_ink(small, ink), factor)
        self._small, self._tone, self._ink, self._factor = small, tone, ink, factor
        self._most = min(max(_GAIN[0], self._gain_of_page()), _GAIN[1])

    def apply(self, first: int, band: Float[Tensor, "maps H W"]) -> Float[Tensor, "H W"]:
        """The clean grey of a band of the large page; ``first`` is the first row of the band on the small page."""
        start = max(0, first - _AROUND) // _COARSE * _COARSE
        stop = first + -(-band.shape[1] // self._factor) + _AROUND
        maps = enlarged(self._maps(start, stop), self._factor, (first - start) * self._factor, band.shape[1:])
        gain, more, gate = maps
        darkness = _darkness(band, self.paper.under(first, band.shape[1:])).mul_(gain).clamp_(max=1).add_(more)
        return darkness.clamp_(0, 1).mul_(gate).neg_().add_(1)

    def _gain_of_page(self) -> float:
        """The factor that brings all ink of the page to the wanted darkness, by least squares."""
        own2, wanted = _LEAST, _LEAST
        for rows in bands(self._ink.shape):
            own = _darkness(small := self._small[:, rows], self.paper.under(rows.start, small.shape[1:], 1))
            inked = own * self._ink[rows]
            own2 += float((own * inked).sum())
            wanted += float(((1 - self._tone[rows]) * inked).sum())
        return wanted / own2

    def _maps(self, start: int, stop: int) -> Float[Tensor, "3 h w"]:
        """Some rows of what is done to darkness: the factor, what is added, and the share of the sum that stays."""
        small, tone, ink = (maps[..., start:stop, :] for maps in (self._small, self._tone, self._ink))
        own = _darkness(small, self.paper.under(start, small.shape[1:], 1))
        wanted, near_ink = 1 - tone, widened(ink)
        edges = own - _box_mean(own[None], 1)[0]
        gain, sharper, agrees = _fit(own, edges, wanted, ink, near_ink, most=self._most)
        line = own.mul(gain).clamp_(max=1)
        shape = sharper.mul_(edges).add_(line).clamp_(0, 1)
        margin = agrees.mul_(_MARGIN)
        darkness = wanted.maximum(shape - margin).minimum(shape + margin)
        of_tone = ramp(wanted, _WANTED).mul_(ramp(own - edges, _SHOWS))
        return torch.stack([gain, darkness - line, near_ink.mul_(_GATE).clamp_(max=1).maximum(of_tone)])


def _fit(
    own: Float[Tensor, "h w"], edges: Float[Tensor, "h w"], wanted: Float[Tensor, "h w"], ink: Float[Tensor, "h w"],
    near_ink: Float[Tensor, "h w"], *, most: float,
) -> tuple[Float[Tensor, "h w"], Float[Tensor, "h w"], Float[Tensor, "h w"]]:  # fmt: skip
    """Fit the wanted darkness of ink by its own and by its difference to the nearest pixels, over about a letter.

    Returns the factors of both, and from 0 to 1 how far the wanted darkness agrees that there is ink. The first factor
    is at most ``most``, so that what is faint beside dark ink stays faint; but faint ink that is surely ink is raised.
    """
    inked = own * ink
    products = [own * inked, edges * inked, edges * edges * ink, wanted * inked, edges * wanted * ink, inked]
    coarse = reduced(torch.stack([*products, own * near_ink]), _COARSE)
    own2, both, edges2, own_wanted, edges_wanted, inked, near = _box_mean(_box_mean(coarse, _NEAR), _NEAR)
    sure = ramp((inked + _LEAST) / (near + _LEAST), _SURE)
    own2, own_wanted = own2.add_(_LEAST), own_wanted.add_(_LEAST)
    raised = _FAINT * (inked + _LEAST) / own2  # over the mean darkness of ink, weighted by darkness
    edges2 = edges2.add_(own2, alpha=_RIDGE)
    sharper = (own2 * edges_wanted - both * own_wanted).div_((own2 * edges2 - both * both).clamp_(min=1e-9))
    sharper.clamp_(0, _SHARPER)
    gain = (own_wanted - sharper * both).div_(own2)
    agrees = ramp(gain, _AGREES)
    raised = raised.clamp_(*_GAIN).sub_(1).mul_(sure).add_(1)
    fits = torch.stack([gain.clamp_(_GAIN[0], most).maximum(raised), sharper.mul_(agrees), agrees])
    gain, sharper, agrees = enlarged(fits, _COARSE, 0, own.shape)
    return gain, sharper, agrees


def _darkness(page: Float[Tensor, "maps H W"], paper: Float[Tensor, "maps H W"]) -> Float[Tensor, "H W"]:
    """How much darker than its paper a page is, from 0 to 1."""
    over_paper = (page / paper).clamp_(max=1)
    return 1 - (over_paper[0] if len(page) == 1 else grey_of(over_paper))


def _box_mean(maps: Float[Tensor, "maps h w"], reach: int) -> Float[Tensor, "maps h w"]:
    """The mean over the pixels up to ``reach`` rows and columns away that are on the page."""
    for size, padding in (((2 * reach + 1, 1), (reach, 0)), ((1, 2 * reach + 1), (0, reach))):
        maps = F.avg_pool2d(maps[None], size, 1, padding, count_include_pad=False)[0]
    return maps
