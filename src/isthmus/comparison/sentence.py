"""The result of a comparison in words, which claim only what was measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from isthmus.words import counted, joined, percent


@dataclass(frozen=True)
class Saving:
    """Codes with which Isthmus explains a share of the variance, and codes that PCA needs for the same share."""

    codes: int
    share: float
    pca_codes: int | None  # None: not even all components are enough


def saving(isthmus: Mapping[int, float], pca: Sequence[float], share: float) -> Saving:
    """Return the codes that Isthmus saves, as far as the fitted sizes show.

    The saving is at ``share`` if a size reaches it, otherwise at what the best size explains. If Isthmus might need
    fewer codes than PCA but no size in between was fitted, the saving is at what the next smaller size explains.
    ``isthmus`` has the explained shares by fitted code size, ``pca`` those of 0, 1, 2, … components.
    """
    size = _smallest(isthmus, share)
    if size is None:
        best = max(isthmus, key=lambda size: isthmus[size])
        return Saving(best, isthmus[best], _need(pca, isthmus[best]))
    need, too_few = _need(pca, share), _size_below(isthmus, size)
    if need is not None and 0 < too_few < need <= size and isthmus[too_few] > 0:
        return Saving(too_few, isthmus[too_few], _need(pca, isthmus[too_few]))
    return Saving(size, share, need)


def codes_sentence(isthmus: Mapping[int, float], pca: Sequence[float], share: float, rows: str) -> str:
    """Say how many codes Isthmus and PCA need for a share of the variance of ``rows`` ("36 held-out rows").

    PCA is known at every size, Isthmus only at the fitted sizes.
    """
    size, need, n_components = _smallest(isthmus, share), _need(pca, share), len(pca) - 1
    found, asked = saving(isthmus, pca, share), f"{_percent(share)} of the variance of {rows}"
    if size is None:
        return f"{_explains(found, n_components, share, rows)} No fitted size reaches {_percent(share)}."
    too_few = _size_below(isthmus, size)
    known = too_few == size - 1
    needed = f"Isthmus needs {'' if known else 'at most '}{codes_text(size)}"
    if need is None:
        return f"{needed} to explain {asked}; PCA does not reach that with all its {n_components}."
    if size < need:
        return f"{needed} instead of PCA's {need} to explain {asked}."
    if known and size == need:
        return f"{needed} to explain {asked}, as many as PCA."
    if too_few >= need:
        return f"{needed} to explain {asked}, more than PCA's {need}."
    between = f"more than {too_few} and at most {size}" if too_few else f"at most {size}"
    unknown = f"PCA needs {codes_text(need)} to explain {asked}, Isthmus {between}; no size in between was fitted."
    return unknown if found.codes == size else f"{unknown} {_explains(found, n_components, share, 'it')}"


def _explains(found: Saving, n_components: int, share: float, rows: str) -> str:
    """Say what the largest saving below the share explains, and how many codes PCA needs for it."""
    if found.share <= 0:
        return f"Isthmus explains no more of the variance of {rows} than the mean alone."
    whole = "" if rows == "it" else f" of the variance of {rows}"
    explains = f"With {codes_text(found.codes)} Isthmus explains {_percent(found.share, below=share)}{whole}"
    if found.pca_codes is None:
        return f"{explains}; PCA does not reach that with all its {n_components}."
    if found.pca_codes == found.codes:
        return f"{explains}, and PCA needs as many for that."
    return f"{explains}; PCA needs {'' if found.pca_codes > found.codes else 'only '}{found.pca_codes} for that."


def _smallest(isthmus: Mapping[int, float], share: float) -> int | None:
    return min((size for size, explained in isthmus.items() if explained >= share), default=None)


def _size_below(isthmus: Mapping[int, float], size: int) -> int:
    """Return the next smaller fitted size, or 0."""
    return max((other for other in isthmus if other < size), default=0)


def _need(pca: Sequence[float], share: float) -> int | None:
    """The smallest number of components that explain a share."""
    return next((size for size, explained in enumerate(pca) if explained >= share), None)


def errors_sentence(isthmus: Mapping[int, float], others: Mapping[str, Mapping[int, float]], tolerance: float) -> str:
    """Say at which code sizes Isthmus's error is below, above or equal to those of the other models.

    Errors are by code size, the others' also by the model's name in the possessive ("PCA's"). Errors that differ by no
    more than ``tolerance`` count as equal.
    """
    parts: dict[str, list[str]] = {}
    for name, errors in others.items():
        parts.setdefault(_order(isthmus, errors, tolerance), []).append(name)
    said = [order.format(name=joined(names)) for order, names in parts.items()]
    return f"Isthmus's error is {'; it is '.join(said)}."


def _order(isthmus: Mapping[int, float], other: Mapping[int, float], tolerance: float) -> str:
    """For example "below {name} with 2 and 4 codes and above with 1 code"."""
    sizes: dict[str, list[int]] = {"below": [], "equal to": [], "above": []}
    for size in sorted(isthmus):
        difference = isthmus[size] - other[size]
        sizes["equal to" if abs(difference) <= tolerance else "above" if difference > 0 else "below"].append(size)
    found = [order for order in sizes if sizes[order]]
    if len(found) == 1 and len(isthmus) > 1:
        return f"{found[0]} {{name}} with every code size"
    first, *rest = (f"{order} {{name}} with {codes_text(*sizes[order])}" for order in found)
    return joined([first, *(part.replace(" to {name}", "").replace(" {name}", "") for part in rest)])


def codes_text(*sizes: int) -> str:
    """Return code sizes in words: "1 code" or "2, 4 and 8 codes"."""
    return counted(sizes[0], "code") if len(sizes) == 1 else f"{joined([str(size) for size in sizes])} codes"


def _percent(share: float, below: float | None = None) -> str:
    """A share in percent, with more digits if rounding would lift it to ``below``."""
    text = f"{100 * share:.4g}"
    if below is None or float(text) < 100 * below:
        return percent(share, 4)
    return f"{100 * share:.17g} %"
