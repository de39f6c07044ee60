"""Words for messages: text that a terminal can show, counts, percentages, lists, and names of nameless columns."""

from collections.abc import Sequence

_ROUNDING = 1e-10
_LITTLE = 0.01


def counted(count: int, noun: str, *, typeset: bool = False) -> str:
    """A count with its noun, as in "1 row" and "2 rows".

    ``typeset`` is for pages of HTML: it separates thousands, and the line never breaks before the noun.
    """
    plural = noun if count == 1 else f"{noun}s"
    return f"{count:,}\u00a0{plural}" if typeset else f"{count} {plural}"


def numbered(noun: str, numbers: Sequence[int], most: int = 8) -> str:
    """A noun with its numbers, as in "page 3" and "pages 3, 5 and 9"; after ``most`` of them, how many more."""
    more = [f"{len(numbers) - most} more"] if len(numbers) > most else []
    parts = [*map(str, numbers[:most]), *more]
    return f"{noun if len(numbers) == 1 else f'{noun}s'} {joined(parts)}"


def percent(share: float, digits: int = 3) -> str:
    """A share as a percentage with some significant digits.

    Little is never said to be nothing, nor nearly everything to be everything, unless the rest is rounding alone.
    """
    value = 100 * share
    if abs(value) < _ROUNDING or abs(value - 100) < _ROUNDING:
        return f"{value:.0f} %".replace("-0", "0")
    if 0 < value < _LITTLE:
        return f"less than {_LITTLE} %"
    if 100 - _LITTLE < value < 100:
        return f"more than {100 - _LITTLE} %"
    return f"{value:.{digits}g} %" if value < 10**digits else f"{value:.0f} %"


def joined(parts: Sequence[str]) -> str:
    """Parts of a sentence, as in "a, b and c"."""
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names in quotes, separated by commas; after ``most`` of them, how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(shown, names[:most])) + more


def shown(value: object, most: int = 40) -> str:
    """A value as an error message shows it: in quotes, on one line, and short."""
    text = str(value)
    return '"' + printable(text if len(text) <= most else text[: most - 1] + "…") + '"'


def printable(text: str) -> str:
    """A text on one line, with control characters escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def generic_names(n_columns: int) -> tuple[str, ...]:
    """Names for columns without any, as scikit-learn makes them: x0, x1, …"""
    return tuple(f"x{i}" for i in range(n_columns))
