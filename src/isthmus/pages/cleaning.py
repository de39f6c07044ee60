"""Clean a page: remove stains, folds, shadows and show-through, and leave everything else."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import overload

import numpy as np
from jaxtyping import Float, Shaped, UInt8
from numpy.typing import ArrayLike
from PIL import Image

from isthmus.documents.contract import LeftAsItIs, steps_at
from isthmus.documents.damage import meaning
from isthmus.documents.picture import bilevel_picture, changed_picture, grey_pixels, page_pixels
from isthmus.documents.pillow_images import dpi as dpi_of
from isthmus.documents.pillow_images import image_of, picture_of, resolution
from isthmus.errors import CoarsePageWarning, InputError, PaleLettersWarning
from isthmus.pages.bilevel import bilevel_dirt, is_bilevel
from isthmus.pages.colour import coloured, grey_of
from isthmus.pages.deskew import straight_picture, straight_pixels
from isthmus.pages.detail import Detail
from isthmus.pages.ink import OwnInk, without_shades, without_specks
from isthmus.pages.kinds import is_drawn
from isthmus.pages.maps import Map, clipped, enlarged, mixed, reduced
from isthmus.pages.paper import Paper, shows_where_clean
from isthmus.pages.plates import plates
from isthmus.pages.removed import removed
from isthmus.pages.restraint import share_of_change
from isthmus.pages.scale import DPI_LIMITS, NETWORK_DPI, Scale, page_scale
from isthmus.pages.scan_edges import find_edge_dirt, on_paper
from isthmus.pages.shipped import Network, PageNetwork, load_network
from isthmus.parameters.rules import refuse
from isthmus.system.surroundings import own_surroundings

_MOST_FOR_EDGES = 72_000_000  # pixels: A3 at 600 dpi; on larger pages edges are left, for lack of memory
_BILEVEL_LEFT = "black and white, and not cleaned: no borders, punch holes or isolated specks were found"
_EDGES_LEFT = f"borders and punch holes were not looked for: more than {_MOST_FOR_EDGES // 1_000_000} megapixels"
_BILEVEL_LARGE = f"black and white, and not cleaned: more than {_MOST_FOR_EDGES // 1_000_000} megapixels"
_BILEVEL_CLEANED = "black and white: only borders, punch holes and isolated specks are removed"
_BAND = 2**21  # pixels that are processed at a time
_WHITE = {"uint8": 255, "uint16": 65535, "bool": 1, "float32": 1, "float64": 1}
_OWN_MODES = {"1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F"}
_CONVERTED_TO = {"YCbCr": "RGB", "LAB": "RGB", "HSV": "RGB", "RGBX": "RGB", "RGBa": "RGBA", "La": "LA"}


@overload
def clean(
    image: Image.Image, *, network: Network = ..., dpi: float | None = ..., strength: float = ..., deskew: bool = ...,
    bilevel: bool = ...,
) -> Image.Image: ...  # fmt: skip
@overload
def clean(
    image: ArrayLike, *, network: Network = ..., dpi: float | None = ..., strength: float = ..., deskew: bool = ...,
    bilevel: bool = ...,
) -> np.ndarray: ...  # fmt: skip
def clean(
    image: Image.Image | ArrayLike, *, network: Network = "pages", dpi: float | None = None, strength: float = 1.0,
    deskew: bool = False, bilevel: bool = False,
) -> Image.Image | np.ndarray:  # fmt: skip
    """Remove stains, folds, shadows and show-through from a scanned page.

    Parameters
    ----------
    image : PIL image or array-like
        A page. Arrays are grey, (height, width), or have 1 to 4 channels last: grey, grey and alpha, RGB, RGB and
        alpha. They hold uint8, uint16, bool (True is white), or floats in [0, 1].
    network : {"pages", "reference"}, path or ConvAutoencoder, default="pages"
        The network that cleans: the name of one that comes with Isthmus, or a network of grey images in [0, 1].
    dpi : float, optional
        Dots per inch, for images that do not state them, or state them wrongly. Default: the dpi of the image, unless
        they are 72 or 96, which mean nothing, or contradict its letters; or else an estimate from the height of its
        letters, or from its size.
    strength : float, default=1.0
        Share of the change that is made, from 0, which returns the same pixels, to 1.
    deskew : bool, default=False
        Turn the cleaned page so that its lines are straight, if it is askew by 0.05 to 10 degrees. What leaves the page
        is lost, and its corners become paper. ``isthmus.pages.skew.find_skew`` returns the angle.
    bilevel : bool, default=False
        Return the page in black and white: an image of mode "1", or an array of bool, (height, width), True is white.

    Returns
    -------
    image : PIL image or ndarray
        The cleaned page, with the same type, size, mode, data type and ``image.info`` (resolution, colour profile, …).
        Alpha stays as it is, unless the page is turned.

    Raises
    ------
    ParameterError
        If a parameter is invalid (a ``ValueError``).
    InputError
        If the image has no pixels, is damaged, or has an unsupported type (a ``ValueError``).
    ModelFileError
        If the network cannot be read.

    Warns
    -----
    CoarsePageWarning
        If the page has fewer than 100 dpi, so that letters can be damaged.
    PaleLettersWarning
        If marks like letters lost most of their contrast; it says how many, and where.
    SkewedPageWarning
        If the page should be turned and is not, as its angle cannot be found surely, or letters would be cut off.

    Notes
    -----
    OMP_NUM_THREADS and ``threadpoolctl.threadpool_limits`` set the number of threads; a network of your own takes that
    of torch. ``isthmus.clean_document`` and ``isthmus clean`` clean files.

    Examples
    --------
    >>> import isthmus
    >>> from PIL import Image
    >>> page = Image.new("L", (60, 40), 200)
    >>> isthmus.clean(page, strength=0).getpixel((0, 0))
    200

    >>> isthmus.clean(Image.open("scan.png")).save("clean.png")  # doctest: +SKIP
    """
    if isinstance(image, Image.Image):
        result = _clean_image(image, network=network, dpi=dpi, strength=strength, deskew=deskew)
        return _in_black_and_white(result) if bilevel else result
    array = np.asarray(image)
    _check_array(array)
    colours = ... if array.ndim == 2 else (..., slice(3) if array.shape[2] > 2 else 0)
    cleaned = array.copy()
    cleaned[colours] = _warned(
        array[colours], cleaned_page(array[colours], network=network, dpi=dpi, strength=strength)
    )
    if deskew:
        cleaned = straight_pixels(cleaned, _grey_samples(cleaned[colours]))
    return bilevel_picture(_grey_samples(cleaned[colours])).samples if bilevel else cleaned


def _in_black_and_white(image: Image.Image) -> Image.Image:
    pixels = _grey_samples(np.asarray(image)) if image.mode == "F" else page_pixels(picture_of(image))
    result = image_of(bilevel_picture(pixels))
    result.info = dict(image.info)
    return result


@dataclass(frozen=True)
class Cleaned:
    """The new pixels of a page, and the scale that it was cleaned at, if it was."""

    pixels: Shaped[np.ndarray, "h w *three"]
    scale: Scale | None = None
    note: str = ""

    @property
    def warning(self) -> str | None:
        """A sentence, if letters may have suffered."""
        return None if self.scale is None or self.note else self.scale.warning

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences about what was assumed, what was not done, and what may have suffered."""
        found = (None if self.scale is None else self.scale.assumed, self.note, self.warning)
        return tuple(remark for remark in found if remark)


def clean_page(
    pixels: Shaped[np.ndarray, "h w *three"], *, network: Network = "pages", dpi: float | None = None,
    strength: float = 1.0,
) -> Shaped[np.ndarray, "h w *three"]:  # fmt: skip
    """Clean the pixels of a page in grey or RGB, of the types that ``clean`` accepts; returns a new array."""
    return cleaned_page(pixels, network=network, dpi=dpi, strength=strength).pixels


@own_surroundings()
def cleaned_page(
    pixels: Shaped[np.ndarray, "h w *three"], *, network: Network = "pages", dpi: float | None = None,
    stated: float | None = None, strength: float = 1.0, max_megapixels: float | None = None,
) -> Cleaned:  # fmt: skip
    """Clean the pixels of a page as ``clean_page`` does; ``dpi`` is always used, ``stated`` is checked.

    Pages that have more than ``max_megapixels`` at the scale of the network raise ``LeftAsItIs``.
    """
    _check_array(pixels)
    if not 0 <= strength <= 1:
        raise refuse("clean", "strength", "a number from 0 to 1", strength)
    if dpi is not None and not DPI_LIMITS[0] <= dpi <= DPI_LIMITS[1]:
        raise refuse("clean", "dpi", f"a number from {DPI_LIMITS[0]} to {DPI_LIMITS[1]:,} or None", dpi)
    if strength == 0:
        return Cleaned(pixels.copy())
    found = load_network(network)
    grey = _grey_samples(pixels)
    white = _WHITE[pixels.dtype.name]
    black_and_white = is_bilevel(pixels, white)
    if black_and_white and grey.size > _MOST_FOR_EDGES and max_megapixels is not None:
        raise LeftAsItIs(_BILEVEL_LARGE)
    scale = page_scale(grey, dpi, stated)
    _check_scale(grey.size / scale.reduction**2 / 1e6, max_megapixels)
    if black_and_white:
        return _cleaned_bilevel(pixels, grey, scale, strength)
    if is_drawn(grey):
        return Cleaned(pixels.copy(), scale)
    looks_at_edges = grey.size <= _MOST_FOR_EDGES
    dirt = find_edge_dirt(grey, scale.dpi) if looks_at_edges else None
    del grey
    page = pixels if dirt is None else on_paper(pixels, dirt, scale.dpi)
    # Each band of the page is read before it is written; an empty array takes memory only where it is written.
    result, is_changed = (np.empty_like(pixels), False) if dirt is None else (page, True)
    for rows, seen, cleaned, share in _cleaned_bands(page, found, scale.reduction):
        is_changed = True
        values = mixed(seen, cleaned, share * np.float32(strength))
        values *= white
        if pixels.dtype.kind != "f":
            np.round(values, out=values)
        # Rounding gives no bool: more than half is white.
        samples = values > 0.5 if pixels.dtype == bool else values
        result[rows] = samples if pixels.ndim == 2 else np.moveaxis(samples, 0, -1)
    if dirt is not None and strength < 1:
        partly = result[dirt].astype(np.float64) * strength + pixels[dirt] * (1 - strength)
        result[dirt] = partly if pixels.dtype.kind == "f" else np.round(partly)
    return Cleaned(result if is_changed else pixels.copy(), scale, "" if looks_at_edges else _EDGES_LEFT)


def _cleaned_bilevel(
    pixels: Shaped[np.ndarray, "h w *three"], grey: UInt8[np.ndarray, "h w"], scale: Scale, strength: float
) -> Cleaned:
    """Remove what classical image processing finds; the networks know nothing of black and white."""
    result = pixels.copy()
    if grey.size > _MOST_FOR_EDGES:
        return Cleaned(result, scale, _BILEVEL_LARGE)
    dark = grey == 0
    dirt = bilevel_dirt(dark, scale.dpi)
    if not dirt.any():
        return Cleaned(result, scale, _BILEVEL_LEFT if dark.any() else "")
    if strength > 0.5:  # there is nothing between black and white
        result[dirt] = _WHITE[pixels.dtype.name]
    return Cleaned(result, scale, _BILEVEL_CLEANED)


def _cleaned_bands(
    pixels: Shaped[np.ndarray, "h w *three"], network: PageNetwork, scale: float
) -> Iterator[tuple[slice, Float[np.ndarray, "*three H W"], Float[np.ndarray, "*three H W"], Float[np.ndarray, "H W"]]]:
    """Yield bands of the page: rows, noisy pixels, clean pixels, and the share of the change to make.

    Only one band at a time is in floats. If nothing is to change, there are no bands.
    """
    factor = max(1, int(scale))
    bands = _bands(pixels.shape[0], pixels.shape[1], factor)
    small = np.concatenate([reduced(_seen(pixels, rows), factor) for _, rows in bands], axis=-2)
    grey, maps = grey_of(small), small.reshape(-1, *small.shape[-2:])
    large = maps if scale >= 1 else _enlarged(maps)  # pages that are too coarse for the networks
    clean = network(grey) if scale >= 1 else _cleaned_enlarged(network, grey, large)
    share = share_of_change(grey, clean)
    if share.any():
        share[plates(maps)] = 0
    if not share.any():
        return
    ink = _ink(network, large, grey, clean)
    own = None if ink is None else OwnInk(maps, clean, ink, factor)
    detail = Detail(grey, clean, factor) if own is None and factor > 1 else None
    paper = None
    if pixels.ndim == 3:
        paper = Paper(maps, shows_where_clean(maps, clean), factor) if own is None else own.paper
    del small, grey, maps, large, ink  # large pages need their memory
    if detail is not None:
        for first, rows in bands:
            detail.fit(first, grey_of(_seen(pixels, rows)))
    for first, rows in bands:
        seen = _seen(pixels, rows)
        if own is not None:
            cleaned = own.apply(first, seen.reshape(-1, *seen.shape[-2:]))
        else:
            cleaned = clean[rows] if detail is None else detail.apply(first, grey_of(seen))
        if paper is not None:
            cleaned = coloured(seen, paper.under(first, seen.shape[1:]), cleaned)
        part = share[rows] if factor == 1 else enlarged(share[None], factor, first * factor, seen.shape[-2:])[0]
        yield rows, seen, cleaned, part


def _check_scale(megapixels: float, most: float | None) -> None:
    if most is not None and megapixels > most:
        raise LeftAsItIs(
            f"the page has {megapixels:.3g} megapixels at the {NETWORK_DPI} dpi of the network, more than {most:.3g}, "
            "and is left as it is; --dpi states another resolution, --max-megapixels raises the limit"
        )


def _ink(
    network: PageNetwork, large: Float[np.ndarray, "maps H W"], grey: Map, clean: Map
) -> Map | None:  # fmt: skip
    """How surely ink is at each pixel, without isolated specks and shades, if the network finds ink."""
    ink = network.ink_on(large)
    if ink is None:
        return None
    ink = ink if ink.shape == grey.shape else reduced(ink, 2)
    return without_shades(without_specks(ink, NETWORK_DPI), grey, clean)


def _cleaned_enlarged(network: PageNetwork, grey: Map, large: Float[np.ndarray, "maps H W"]) -> Map:
    """Clean a page that is too coarse for the network: apply the changes that it makes at twice the size."""
    before = grey_of(large)
    return clipped(reduced(network(before) - before, 2) + grey)


def _enlarged(maps: Float[np.ndarray, "maps h w"]) -> Float[np.ndarray, "maps H W"]:
    return clipped(enlarged(maps, 2, 0, [2 * side for side in maps.shape[1:]], cubic=True))


def _bands(height: int, width: int, factor: int) -> list[tuple[int, slice]]:
    """Bands of rows: the first row of each on the small page, and its rows on the large page."""
    step = max(1, _BAND // (width * factor))
    firsts = range(0, -(-height // factor), step)
    return [(first, slice(first * factor, min(height, (first + step) * factor))) for first in firsts]


def _seen(pixels: Shaped[np.ndarray, "h w *three"], rows: slice) -> Float[np.ndarray, "*three H W"]:
    """Rows of the page as floats from 0 (black) to 1 (white), with channels first."""
    part = pixels[rows] if pixels.ndim == 2 else np.moveaxis(pixels[rows], -1, 0)
    seen = np.array(part, np.float32, order="C")
    seen /= _WHITE[pixels.dtype.name]
    return seen


def _grey_samples(pixels: Shaped[np.ndarray, "h w *three"]) -> UInt8[np.ndarray, "h w"]:
    """The page in 8-bit grey, in which letters are measured."""
    if pixels.dtype == np.uint8:
        return grey_pixels(pixels)
    grey = np.empty(pixels.shape[:2], np.uint8)
    for _, rows in _bands(pixels.shape[0], pixels.shape[1], 1):
        grey[rows] = np.round(grey_of(_seen(pixels, rows)) * 255)
    return grey


def _clean_image(
    image: Image.Image, *, network: Network, dpi: float | None, strength: float, deskew: bool
) -> Image.Image:
    try:
        image.load()
    except (OSError, SyntaxError, ValueError) as error:  # the errors of Pillow's decoders
        raise InputError(f"The image is damaged ({meaning(error)}).") from error
    mode = _CONVERTED_TO.get(image.mode)
    if mode is None and image.mode not in _OWN_MODES:
        modes = ", ".join(sorted(_OWN_MODES))
        raise InputError(f"The image must be of mode {modes}. Got {image.mode!r} instead; convert it first.")
    if image.mode == "F":
        values = np.asarray(image)
        cleaned = cleaned_page(values, network=network, dpi=dpi, stated=dpi_of(image), strength=strength)
        after = _warned(values, cleaned, stacklevel=4)
        result = Image.fromarray(straight_pixels(after, _grey_samples(after)) if deskew else after)
    else:
        picture = picture_of(image if mode is None else image.convert(mode))
        before = page_pixels(picture)
        cleaned = cleaned_page(before, network=network, dpi=dpi, stated=dpi_of(image), strength=strength)
        picture = changed_picture(picture, before, _warned(before, cleaned, stacklevel=4))
        if deskew:
            picture = straight_picture(picture, steps_at(*(resolution(image) or (1, 1))))
        result = image_of(picture)
    result = result if result.mode == image.mode else result.convert(image.mode)
    result.info = dict(image.info)
    return result


def _warned(
    before: Shaped[np.ndarray, "h w *three"], cleaned: Cleaned, stacklevel: int = 3
) -> Shaped[np.ndarray, "h w *three"]:
    """The pixels, after warnings if letters may have suffered; these name the line that called ``clean``."""
    if cleaned.warning is not None:
        warnings.warn(f"The page is coarse: {cleaned.warning}.", CoarsePageWarning, stacklevel=stacklevel)
    if not np.array_equal(before, cleaned.pixels):
        found = removed(_grey_samples(before), _grey_samples(cleaned.pixels)).warning
        if found is not None:
            warnings.warn(f"{found}: look whether they were text.", PaleLettersWarning, stacklevel=stacklevel)
    return cleaned.pixels


def _check_array(array: np.ndarray) -> None:
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.ndim not in (2, 3) or not 1 <= channels <= 4:
        shapes = "(height, width) or (height, width, 1 to 4)"
        raise InputError(f"A page must be an array of shape {shapes}. Got {array.shape} instead.")
    if not array.size:
        raise InputError(f"A page must have pixels. Got an array of shape {array.shape} instead.")
    if array.dtype.name not in _WHITE:
        raise InputError(f"A page must hold uint8, uint16, bool or floats in [0, 1]. Got {array.dtype} instead.")
    if array.dtype.kind == "f" and not (array.min() >= 0 and array.max() <= 1):
        span = f"{array.min():.6g} to {array.max():.6g}"
        raise InputError(f"A page of floats must lie in [0, 1], from black to white. Got {span} instead.")
