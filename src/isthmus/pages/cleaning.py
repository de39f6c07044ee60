"""Clean a page: take stains, folds, shadows and show-through off it, and leave everything else."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Shaped, UInt8
from PIL import Image
from torch import Tensor

from isthmus.documents.picture import changed_picture, page_pixels
from isthmus.documents.pillow_images import dpi as dpi_of
from isthmus.documents.pillow_images import image_of, picture_of
from isthmus.errors import InputError
from isthmus.pages.colour import Paper, coloured, grey_of
from isthmus.pages.detail import Detail, enlarged, reduced
from isthmus.pages.restraint import share_of_change
from isthmus.pages.scale import reduction
from isthmus.pages.shipped import Network, PageNetwork, load_network
from isthmus.parameters.rules import refuse

_BAND = 2**21  # pixels that are worked on at a time
_WHITE = {"uint8": 255, "uint16": 65535, "bool": 1, "float32": 1, "float64": 1}
_OWN_MODES = {"1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F"}
_BY_WAY_OF = {"YCbCr": "RGB", "LAB": "RGB", "HSV": "RGB", "RGBX": "RGB", "RGBa": "RGBA", "La": "LA"}


def clean(image: Any, *, network: Network = "pages", dpi: float | None = None, strength: float = 1.0) -> Any:
    """Take stains, folds, shadows and show-through off a scanned page.

    Parameters
    ----------
    image : PIL image or array
        A page. Arrays are grey, (height, width), or have 1 to 4 channels, which come last: grey, grey and alpha, RGB,
        RGB and alpha. They hold uint8, uint16, bool (True is white), or floats in [0, 1].
    network : {"pages", "reference"}, path or ConvAutoencoder, default="pages"
        The network that cleans: one of those that come with Isthmus, or of grey images in [0, 1].
    dpi : float, optional
        Dots per inch, where those that the image tells are missing or wrong. They are believed unless the height of
        the letters speaks against them; without any, the letters decide.
    strength : float, default=1.0
        How much of what the network removes is removed, from 0, which gives back the same pixels, to 1.

    Returns
    -------
    image : PIL image or array
        What was given, cleaned: of the same kind, size, mode and data type, with what the image tells about itself
        (``image.info``: resolution, colour profile, …). Alpha stays as it is.

    Raises
    ------
    ParameterError
        If a parameter has a value that it cannot have (a ``ValueError``).
    InputError
        If the image is no page: without pixels, damaged, or of another type (a ``ValueError``).
    ModelFileError
        If the network cannot be read.

    Notes
    -----
    docs/cleaning-pages.md says how it works and what it was measured to do. ``torch.set_num_threads`` says how many
    threads it takes.

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
        return _clean_image(image, network=network, dpi=dpi, strength=strength)
    array = np.asarray(image)
    _check_array(array)
    if array.ndim == 2:
        return clean_page(array, network=network, dpi=dpi, strength=strength)
    n_colours = 3 if array.shape[2] > 2 else 1
    result = array.copy()
    page = array[..., 0] if n_colours == 1 else array[..., :3]
    cleaned = clean_page(page, network=network, dpi=dpi, strength=strength)
    result[..., :n_colours] = cleaned[..., None] if n_colours == 1 else cleaned
    return result


def clean_page(
    pixels: Shaped[np.ndarray, "h w *three"],
    *,
    network: Network = "pages",
    dpi: float | None = None,
    strength: float = 1.0,
) -> Shaped[np.ndarray, "h w *three"]:
    """Clean the pixels of a page: what ``clean`` and everything else calls.

    Parameters
    ----------
    pixels : ndarray of shape (height, width) or (height, width, 3)
        Grey or RGB, of type uint8, uint16, bool, or a float in [0, 1].
    network, dpi, strength
        As for ``clean``.

    Returns
    -------
    ndarray
        A new array of the same shape and type.
    """
    _check_array(pixels)
    if not 0 <= strength <= 1:
        raise refuse("clean", "strength", "a number from 0 to 1", strength)
    if dpi is not None and not 0 < dpi < float("inf"):
        raise refuse("clean", "dpi", "a positive number or None", dpi)
    if strength == 0:
        return pixels.copy()
    found = load_network(network)
    result = pixels.copy()
    white = _WHITE[pixels.dtype.name]
    for rows, seen, cleaned, share in _cleaned_bands(pixels, found, dpi):
        out = torch.lerp(seen, cleaned, share * strength).mul_(white)
        values = (out if pixels.dtype.kind == "f" else out.round_()).numpy()
        # A bool is no number that could be rounded to: more than half is white.
        samples = values > 0.5 if pixels.dtype == bool else values
        result[rows] = samples if pixels.ndim == 2 else np.moveaxis(samples, 0, -1)
    return result


def _cleaned_bands(
    pixels: Shaped[np.ndarray, "h w *three"], network: PageNetwork, dpi: float | None
) -> Iterator[tuple[slice, Float[Tensor, "*three H W"], Float[Tensor, "*three H W"], Float[Tensor, "H W"]]]:
    """Rows of the page, what was seen there, what it is when clean, and how much of the change is to be made.

    Only a band of the page is ever there in floats. Where nothing is to be changed at all there are no rows.
    """
    scale = reduction(_grey_samples(pixels), dpi)
    factor = max(1, int(scale))
    bands = _bands(pixels.shape[0], pixels.shape[1], factor)
    small = torch.cat([reduced(_seen(pixels, rows), factor) for _, rows in bands], dim=-2)
    grey = _grey(small)
    clean = network(grey) if scale >= 1 else _cleaned_enlarged(network, grey)
    share = share_of_change(grey, clean)
    if not share.any():
        return
    detail = Detail(grey, clean, factor) if factor > 1 else None
    paper = None if pixels.ndim == 2 else Paper(small, clean, factor)
    if detail is not None:
        for first, rows in bands:
            detail.fit(first, _grey(_seen(pixels, rows)))
    for first, rows in bands:
        seen = _seen(pixels, rows)
        cleaned = clean[rows] if detail is None else detail.apply(first, _grey(seen))
        if paper is not None:
            cleaned = coloured(seen, paper.under(first, seen), cleaned)
        height, width = seen.shape[-2:]
        part = share[rows] if factor == 1 else enlarged(share[None], factor, first * factor, (height, width))[0]
        yield rows, seen, cleaned, part


def _cleaned_enlarged(network: PageNetwork, grey: Float[Tensor, "h w"]) -> Float[Tensor, "h w"]:
    """Clean a page that is too coarse for the network by what the network changes at twice its size."""
    large = F.interpolate(grey[None, None], scale_factor=2, mode="bicubic", align_corners=False)[0, 0].clamp_(0, 1)
    return reduced(network(large).sub_(large), 2).add_(grey).clamp_(0, 1)


def _bands(height: int, width: int, factor: int) -> list[tuple[int, slice]]:
    """Bands of rows: the row of the small page that each begins at, and its rows of the large one."""
    step = max(1, _BAND // (width * factor))
    return [
        (first, slice(first * factor, min(height, (first + step) * factor)))
        for first in range(0, -(-height // factor), step)
    ]


def _seen(pixels: Shaped[np.ndarray, "h w *three"], rows: slice) -> Float[Tensor, "*three H W"]:
    """Rows of the page as floats from black, 0, to white, 1; colours come first."""
    part = pixels[rows] if pixels.ndim == 2 else np.moveaxis(pixels[rows], -1, 0)
    return torch.from_numpy(np.array(part, np.float32, order="C")).div_(_WHITE[pixels.dtype.name])


def _grey(seen: Float[Tensor, "*three H W"]) -> Float[Tensor, "H W"]:
    return seen if seen.ndim == 2 else grey_of(seen)


def _grey_samples(pixels: Shaped[np.ndarray, "h w *three"]) -> UInt8[np.ndarray, "h w"]:
    """The page in 8-bit grey, to look for letters on."""
    if pixels.dtype == np.uint8:
        return pixels if pixels.ndim == 2 else np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).convert("L"))
    grey = np.empty(pixels.shape[:2], np.uint8)
    for _, rows in _bands(pixels.shape[0], pixels.shape[1], 1):
        grey[rows] = _grey(_seen(pixels, rows)).mul(255).round().numpy()
    return grey


def _clean_image(image: Image.Image, *, network: Network, dpi: float | None, strength: float) -> Image.Image:
    try:
        image.load()
    except (OSError, SyntaxError, ValueError) as error:  # Pillow's decoders raise any of them
        raise InputError(f"The image is damaged ({str(error).rstrip('.')}).") from error
    dpi = dpi_of(image) if dpi is None else dpi
    way = _BY_WAY_OF.get(image.mode)
    if way is None and image.mode not in _OWN_MODES:
        raise InputError(
            f"The image must be of mode {', '.join(sorted(_OWN_MODES))}. Got {image.mode!r} instead; convert it first."
        )
    if image.mode == "F":
        result = Image.fromarray(clean(np.asarray(image), network=network, dpi=dpi, strength=strength))
    else:
        picture = picture_of(image if way is None else image.convert(way))
        before = page_pixels(picture)
        after = clean_page(before, network=network, dpi=dpi, strength=strength)
        result = image_of(changed_picture(picture, before, after))
    if result.mode != image.mode:
        result = result.convert(image.mode)
    result.info = dict(image.info)
    return result


def _check_array(array: np.ndarray) -> None:
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.ndim not in (2, 3) or not 1 <= channels <= 4:
        raise InputError(
            f"A page must be an array of shape (height, width) or (height, width, 1 to 4). Got {array.shape} instead."
        )
    if not array.size:
        raise InputError(f"A page must have pixels. Got an array of shape {array.shape} instead.")
    if array.dtype.name not in _WHITE:
        raise InputError(f"A page must hold uint8, uint16, bool or floats in [0, 1]. Got {array.dtype} instead.")
    if array.dtype.kind == "f" and not (array.min() >= 0 and array.max() <= 1):
        raise InputError(
            f"A page of floats must lie in [0, 1], from black to white. Got {array.min():.6g} to {array.max():.6g} "
            "instead."
        )
