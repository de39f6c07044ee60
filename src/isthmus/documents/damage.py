"""Say in words of our own what is wrong with damaged data; the texts of decoders can name objects and functions."""

import struct
import zlib
from binascii import Error as ASCIIError

_UNKNOWN = "its data cannot be decoded"
# Parts of the texts of Pillow, libtiff and qpdf, and what they mean.
_MEANINGS = (
    ("truncated", "its data end too early"),
    ("not enough image data", "its data end too early"),
    ("unexpected end of file", "its data end too early"),
    ("cannot identify image", "its header cannot be read"),
    ("can't find pdf header", "its header cannot be read"),
    ("unable to find trailer", "its trailer cannot be found"),
    ("unable to find /root", "its catalogue cannot be found"),
    ("broken png", "a chunk of its data is broken"),
    ("bad header checksum", "a chunk of its data is broken"),
    ("broken data stream", "its compressed data are broken"),
    ("unrecognized data stream", "its compressed data are broken"),
    ("memory limit", "its data are much longer than allowed"),
    ("decompression bomb", "its data are much longer than allowed"),
    ("too many filters", "it has too many filters"),
)


class DamageError(Exception):
    """Data contradict their format; the text, in words for users, says how."""


def meaning(error: Exception) -> str:
    """What an error of a decoder says about the data, in a few words."""
    if isinstance(error, DamageError):
        return str(error)
    if isinstance(error, zlib.error | ASCIIError):
        return "its compressed data are broken"
    if isinstance(error, struct.error | EOFError):
        return "its data end too early"
    text = str(error).lower().rpartition(": ")[2]  # qpdf puts the name of the file first
    return next((words for part, words in _MEANINGS if part in text), _UNKNOWN)
