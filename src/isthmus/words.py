"""Words for messages: text that a terminal can show, counts, lists."""

from collections.abc import Sequence


def counted(number: int, noun: str) -> str:
    """A count with its noun, as in "1 row" and "2 rows"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def printable(text: str) -> str:
    """A text on one line, with control characters escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def shown(value: object, most: int = 40) -> str:
    """A value as an error message shows it: in quotes, on one line, and short."""
    text = str(value)
    return '"' + printable(text if len(text) <= most else text[: most - 1] + "…") + '"'


def listed(names: Sequence[str], most: int = 8) -> str:
    """Some names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(shown, names[:most])) + more
