"""Kinds of files, by their first bytes."""

from enum import StrEnum


class Kind(StrEnum):
    """Kinds of files: the words of an error message, and the bytes that such a file can begin with.

    Only beginnings that no text has are listed, so that a table of text is never mistaken for something else.
    """

    magic: tuple[bytes, ...]

    def __new__(cls, words: str, *magic: bytes) -> "Kind":
        kind = str.__new__(cls, words)
        kind._value_, kind.magic = words, magic
        return kind

    PARQUET = "a Parquet file", b"PAR1"
    FEATHER = "a Feather file", b"ARROW1"
    NPY = "a NumPy array", b"\x93NUMPY"
    ZIP = "a zip archive (as are .xlsx, .docx, .npz and torch.save)", b"PK\x03\x04"
    OLD_OFFICE = "an old Office file (.xls, .doc)", b"\xd0\xcf\x11\xe0"
    GZIP = "a file compressed with gzip", b"\x1f\x8b"
    ZSTD = "a file compressed with zstd", b"\x28\xb5\x2f\xfd"
    BZIP2 = "a file compressed with bzip2", b"BZh"
    XZ = "a file compressed with xz", b"\xfd7zXZ"
    PICKLE = "a pickle (as are models of PyTorch, joblib and scikit-learn)", b"\x80\2", b"\x80\3", b"\x80\4", b"\x80\5"
    HDF5 = "an HDF5 file", b"\x89HDF"
    SQLITE = "an SQLite database", b"SQLite format 3\0"
    PDF = "a PDF", b"%PDF-"
    POSTSCRIPT = "a PostScript document", b"%!PS"
    DJVU = "a DjVu document", b"AT&TFORM"
    PHOTOSHOP = "a Photoshop document", b"8BPS\0\1"
    PNG = "a PNG image", b"\x89PNG"
    JPEG = "a JPEG image", b"\xff\xd8\xff"
    JPEG_2000 = "a JPEG 2000 image", b"\0\0\0\x0cjP  "
    TIFF = "a TIFF image", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"
    GIF = "a GIF image", b"GIF87a", b"GIF89a"


LONGEST = max(len(magic) for kind in Kind for magic in kind.magic)
"""Number of bytes that ``kind_of`` needs."""


def kind_of(first: bytes) -> Kind | None:
    """The kind of a file that begins with these bytes; None if it is unknown."""
    return next((kind for kind in Kind if first.startswith(kind.magic)), None)
