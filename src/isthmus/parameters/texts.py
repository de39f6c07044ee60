"""From the texts of the command line to values of parameters."""

from isthmus.errors import ParameterError


def number(option: str, text: str) -> int | float:
    """Return an int, or else a float."""
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            raise ParameterError(f"{option} must be a number. Got {text!r} instead.") from None


def number_or_mle(option: str, text: str) -> int | float | str:
    """Return "mle", an int or else a float."""
    if text == "mle":
        return text
    try:
        return number(option, text)
    except ParameterError:
        raise ParameterError(f"{option} must be a number or mle. Got {text!r} instead.") from None


def auto_or_int(option: str, text: str) -> str | int:
    """Return "auto" or an int."""
    try:
        return text if text == "auto" else int(text)
    except ValueError:
        raise ParameterError(f"{option} must be a whole number or auto. Got {text!r} instead.") from None


def auto_or_number(option: str, text: str) -> str | int | float:
    """Return "auto" or a number."""
    return text if text == "auto" else number(option, text)


def layers(option: str, text: str) -> int | tuple[int, ...]:
    """Return the number of layers ("2"), or the nodes of each ("256,128", "64,")."""
    try:
        widths = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise ParameterError(
            f"{option} must be a number of layers, or nodes separated by commas. Got {text!r} instead."
        ) from None
    return widths if "," in text else widths[0] if widths else 0


def noise(option: str, text: str) -> str | tuple[str, float]:
    """Return a kind of noise ("masking"), or a kind and its strength ("masking:0.3")."""
    kind, colon, strength = text.partition(":")
    return (kind, float(number(option, strength))) if colon else text


def either(choices: tuple[str, ...]) -> str:
    """Return choices as a sentence lists them: "a, b or c"."""
    return " or ".join([", ".join(choices[:-1]), choices[-1]])
