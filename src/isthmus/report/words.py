"""Numbers and names as reports print them: readable, and safe in a page."""

import math
from collections.abc import Sequence

from isthmus.words import printable

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_ROUNDING = 1e-12  # shares that are the rounding of float64 alone
_NARROW_SPACE = "\u202f"


def number(value: float, digits: int = 4) -> str:
    """A number with some significant digits."""
    if not math.isfinite(value):
        return "not finite"
    size = abs(value)
    if value == 0 or 1e-3 <= size < 999.5:
        text = f"{value:.{digits}g}"
    elif 999.5 <= size < 1e9:
        text = f"{value:,.0f}"
    else:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        text = f"{mantissa.rstrip('0').rstrip('.')} × 10" + str(int(exponent)).translate(_SUPERSCRIPT)
    return text.replace("-", "−").replace(" ", _NARROW_SPACE)


def percent(share: float) -> str:
    """A share in percent; less than everything is never rounded to 100 %."""
    if not math.isfinite(share):
        return "not finite"
    value = 100 * share if abs(share) >= _ROUNDING else 0.0
    size = abs(value)
    if 99.95 <= size < 100:
        text = f"{math.copysign(min(math.floor(size * 100) / 100, 99.99), value):.2f}"
    elif value == 0 or size >= 200:
        text = f"{value:,.0f}"
    elif size >= 0.1:
        text = f"{value:.1f}" if size >= 1 else f"{value:.2f}"
    else:
        text = f"{value:.2g}" if size >= 1e-4 else "under 0.0001"
    return f"{text.replace('-', '−')}{_NARROW_SPACE}%"


def times(ratio: float) -> str:
    """A ratio, as in "0.31 times"."""
    return f"{ratio:.2f}" if ratio < 10 else number(ratio, 3)


class Names:
    """Column names for display: short, on one line, with the whole name in a title at its first use.

    All titles together have at most ``most_in_titles`` characters, so that long names cannot bloat the page.
    """

    def __init__(self, names: Sequence[str], longest: int = 40, most_in_titles: int = 60_000) -> None:
        self._names, self._longest, self._left = names, longest, most_in_titles
        self._titled: set[int] = set()

    def __getitem__(self, column: int) -> dict[str, str]:
        """The ``text`` to show, and a ``title``, which is often empty."""
        text, title = self.short(self._names[column]), ""
        name = printable(self._names[column])
        if text != name and column not in self._titled and len(name) <= self._left:
            title = name
            self._titled.add(column)
            self._left -= len(name)
        return {"text": text, "title": title}

    def short(self, name: str) -> str:
        """A name, or a label, cut to a readable length."""
        cut = name if len(name) <= self._longest else name[: self._longest - 1] + "…"
        return printable(cut) if cut.strip() else "(no name)"
