"""The parts of a model that can be exported, the names of what they take and give, and their types of numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from isthmus.errors import ParameterError

PARTS = ("encode", "decode", "reconstruct", "score")
DTYPES = ("float32", "float64")


@dataclass(frozen=True)
class Part:
    """What is exported: one of ``PARTS``, for numbers of one type; ``inputs`` and ``output`` are names in the graph."""

    name: str
    dtype: np.dtype[Any]
    inputs: str
    output: str


def checked_part(name: object, dtype: object, kind: str) -> Part:
    """Return the part of this name; it takes codes, or rows, which are called ``kind``.

    ParameterError if there is no such part or type.
    """
    if name not in PARTS:
        raise ParameterError(f"part must be one of {', '.join(PARTS)}. Got {name!r} instead.")
    if dtype not in DTYPES:
        raise ParameterError(f"dtype must be one of {', '.join(DTYPES)}. Got {dtype!r} instead.")
    output = {"encode": "codes", "score": "errors"}.get(str(name), "reconstructions")
    return Part(str(name), np.dtype(str(dtype)), "codes" if name == "decode" else kind, output)
