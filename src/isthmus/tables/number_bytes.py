"""Floating-point numbers as text, a block at once: half of the time of ``repr`` for each, a third in float32.

A number has as few digits as restore it, and is written as Python writes it, but for ".0" at the end. Its first 17
digits are an integer M: the number times a power of ten, in the exactness of two float64 (Dekker 1971). Texts with 16,
15, … digits are right as long as the rounded M stays nearer to M than half the distance to the next number. Where that
is too close to call, and for numbers that are very large, very small or none, Python decides.
"""

from fractions import Fraction
from functools import cache

import numpy as np

_DIGITS = 17
_BLOCK = 2**13  # numbers whose arrays stay in the cache
_LEAST, _MOST = 1e-250, 1e250
_CLOSE, _CLOSE_TO_TIE = 1e-4, 1e-9  # as shares of half the distance, and of the last digit
_SPLIT = 2.0**27 + 1
_WIDTH = 26  # of the longest text, with its end
# What the texts are put together from: 20 digits (three zeros before the 17), marks, and an exponent.
_MARKS = b"0.-e"
_ZERO, _POINT, _MINUS, _E, _SIGN, _EXPONENT, _END = 20, 21, 22, 23, 24, 25, 28
_N_SOURCES = 29
_FIXED = range(-4, 16)  # exponents that are not written


@np.errstate(all="ignore")  # of numbers that Python writes
def number_bytes(values: np.ndarray, ends: bytes) -> bytes:
    """Return float32 or float64 as text, row after row; number i of a row is followed by byte i of ``ends``."""
    flat, n = values.ravel(), len(ends)
    followed = np.resize(np.frombuffer(ends, np.uint8), _BLOCK + n)
    parts = []
    for start in range(0, len(flat), _BLOCK):
        part = flat[start : start + _BLOCK]
        parts.append(_block_bytes(part, followed[start % n : start % n + len(part)]))
    return b"".join(parts)


def _block_bytes(values: np.ndarray, ends: np.ndarray) -> bytes:
    sizes = np.abs(values.astype(np.float64))
    is_zero = sizes == 0
    is_odd = ~((sizes >= _LEAST) & (sizes <= _MOST) | is_zero)
    sizes[is_odd | is_zero] = 1.0
    half = np.spacing(np.abs(values)).astype(np.float64) / 2
    half[is_odd | is_zero] = 0.25
    first, exponents, n_digits, is_unsure = _shortest(sizes, half, 8 if values.dtype == np.float32 else 0)
    first[is_zero] = 0

    sources = np.empty((len(values), _N_SOURCES), np.uint8)
    sources[:, :20] = _four_digits().take(_groups_of(first)).view(np.uint8)
    sources[:, 20:24] = np.frombuffer(_MARKS, np.uint8)
    sources[:, _SIGN] = np.where(exponents < 0, ord("-"), ord("+"))
    size_of_exponent = np.abs(exponents)
    sources[:, _EXPONENT : _EXPONENT + 3] = _four_digits().take(size_of_exponent).view(np.uint8).reshape(-1, 4)[:, 1:]
    sources[:, _END] = ends

    kinds = exponents - _FIXED.start
    kinds[(exponents < _FIXED.start) | (exponents >= _FIXED.stop)] = len(_FIXED)
    kinds += (kinds == len(_FIXED)) & (size_of_exponent >= 100)
    places, lengths = _layouts()
    layouts = (kinds * _DIGITS + n_digits - 1) * 2 + np.signbit(values)
    index = places[layouts]
    index += (np.arange(len(values)) * _N_SOURCES)[:, np.newaxis]
    texts, length = sources.reshape(-1)[index], lengths[layouts]
    for i in np.flatnonzero(is_odd | (is_unsure & ~is_zero)):
        cell = repr(float(str(values[i]))).removesuffix(".0").encode() + bytes([ends[i]])
        texts[i, : len(cell)], length[i] = np.frombuffer(cell, np.uint8), len(cell)
    written: np.ndarray = texts[np.arange(_WIDTH) < length[:, np.newaxis]]
    return written.tobytes()


def _shortest(
    sizes: np.ndarray, half: np.ndarray, n_dropped: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return 17 digits of positive numbers, exponents of ten, numbers of digits that count, and what is unsure.

    ``half`` is half the distance to the next number. The last ``n_dropped`` digits never count.
    """
    exponents = np.floor(np.log10(sizes)).astype(np.int64)
    high, low = _times_power(sizes, exponents)
    is_off = (high < 1e16) | (high >= 1e17)  # the logarithm is rounded
    if is_off.any():
        exponents[is_off] += np.where(high[is_off] < 1e16, -1, 1)
        high[is_off], low[is_off] = _times_power(sizes[is_off], exponents[is_off])
    rounded = np.rint(low)
    digits, rest = high.astype(np.int64) + rounded.astype(np.int64), low - rounded
    half = half * _powers()[0][16 - exponents + _OFFSET]
    is_unsure = (digits < 10 ** (_DIGITS - 1)) | (digits >= 10**_DIGITS)

    result, n_digits = digits.copy(), np.full(len(sizes), _DIGITS)
    alive: np.ndarray = np.arange(len(sizes))
    for dropped in range(max(1, n_dropped), _DIGITS):
        step = 10**dropped
        own, beyond = digits[alive], rest[alive]
        below = own % step
        is_up = below + beyond > step / 2
        distance = np.where(is_up, step - below, below) + np.where(is_up, -beyond, beyond)
        limit = half[alive]
        is_unsure[alive[np.abs(distance - limit) <= _CLOSE * limit]] = True
        is_unsure[alive[(np.abs(distance - step / 2) <= _CLOSE_TO_TIE * step) & (distance < limit)]] = True
        is_right = distance < limit
        if dropped == n_dropped:  # always right
            is_right[:] = True
        alive = alive[is_right]
        if not len(alive):
            break
        result[alive] = (own - below + np.where(is_up, step, 0))[is_right]
        n_digits[alive] = _DIGITS - dropped
    # Below a power of two the next number is nearer.
    is_power = np.frexp(sizes)[0] == 0.5
    is_unsure |= is_power & ((result != digits) | (np.abs(rest) > 0))
    is_carried = result == 10**_DIGITS
    result[is_carried] //= 10
    exponents += is_carried
    n_digits[is_carried] = 1
    return result, exponents, n_digits, is_unsure


_OFFSET = 300


def _times_power(sizes: np.ndarray, exponents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers times 10 ** (16 − exponent), as sums of two float64."""
    powers_high, powers_low = _powers()
    index = 16 - exponents + _OFFSET
    power = powers_high[index]
    high = sizes * power
    split = sizes * _SPLIT
    a = split - (split - sizes)
    b = sizes - a
    split = power * _SPLIT
    c = split - (split - power)
    d = power - c
    low = ((a * c - high) + a * d + b * c) + b * d
    low += sizes * powers_low[index]
    return high, low


@cache
def _powers() -> tuple[np.ndarray, np.ndarray]:
    """Powers of ten from 10 ** −300 to 10 ** 300, as sums of two float64."""
    exact = [Fraction(10) ** k for k in range(-_OFFSET, _OFFSET + 1)]
    high = [float(power) for power in exact]
    low = [float(power - Fraction(rounded)) for power, rounded in zip(exact, high, strict=True)]
    return np.array(high), np.array(low)


@cache
def _four_digits() -> np.ndarray:
    """Return four digits as the bytes of one number, by their value."""
    return np.frombuffer(b"".join(b"%04d" % i for i in range(10_000)), np.uint32)


def _groups_of(digits: np.ndarray) -> np.ndarray:
    """Return integers of 17 digits in groups of four."""
    groups = np.empty((len(digits), 5), np.int64)
    for i in range(4, 0, -1):
        rest = digits // 10_000
        groups[:, i] = digits - rest * 10_000
        digits = rest
    groups[:, 0] = digits
    return groups


@cache
def _layouts() -> tuple[np.ndarray, np.ndarray]:
    """Return which source each letter of a text is, by kind of exponent, number of digits and sign; and lengths."""
    kinds = [*_FIXED, "two digits", "three digits"]
    places = np.full((len(kinds) * _DIGITS * 2, _WIDTH), _ZERO, np.int64)
    lengths = np.empty(len(places), np.int64)
    for i, kind in enumerate(kinds):
        for n in range(1, _DIGITS + 1):
            text = _layout(kind, n)
            for sign in (0, 1):
                whole = [_MINUS] * sign + text + [_END]
                row = (i * _DIGITS + n - 1) * 2 + sign
                places[row, : len(whole)], lengths[row] = whole, len(whole)
    return places, lengths


def _layout(kind: int | str, n: int) -> list[int]:
    digits = list(range(3, 3 + n))
    if isinstance(kind, str):
        exponent = [_EXPONENT, _EXPONENT + 1, _EXPONENT + 2][kind == "two digits" :]
        return [*digits[:1], *([_POINT] if n > 1 else []), *digits[1:], _E, _SIGN, *exponent]
    if kind < 0:
        return [_ZERO, _POINT, *[_ZERO] * (-kind - 1), *digits]
    whole = digits[: kind + 1] + [_ZERO] * (kind + 1 - n)
    return [*whole, _POINT, *digits[kind + 1 :]] if n > kind + 1 else whole
