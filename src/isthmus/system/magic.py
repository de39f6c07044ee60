"""What a file is, by its first bytes."""

from enum import StrEnum


class Kind(StrEnum):
    """Kinds of files, in the words of an error message."""

    PARQUET = "a Parquet file"
    FEATHER = "a Feather file"
    NPY = "a NumPy array"
    ZIP = "a zip archive (as are .xlsx, .docx, .npz and torch.save)"
    OLD_OFFICE = "an old Office file (.xls, .doc)"
    GZIP = "a file compressed with gzip"
    ZSTD = "a file compressed with zstd"
    BZIP2 = "a file compressed with bzip2"
    XZ = "a file compressed with xz"
    PICKLE = "a pickle (as are models of PyTorch, joblib and scikit-learn)"
    HDF5 = "an HDF5 file"
    SQLITE = "an SQLite database"
    PDF = "a PDF"
    POSTSCRIPT = "a PostScript document"
    DJVU = "a DjVu document"
    PHOTOSHOP = "a Photoshop document"
    PNG = "a PNG image"
    JPEG = "a JPEG image"
    JPEG_2000 = "a JPEG 2000 image"
    TIFF = "a TIFF image"
    GIF = "a GIF image"


_MAGIC = {
    b"PAR1": Kind.PARQUET,
    b"ARROW1": Kind.FEATHER,
    b"\x93NUMPY": Kind.NPY,
    b"PK\x03\x04": Kind.ZIP,
    b"\xd0\xcf\x11\xe0": Kind.OLD_OFFICE,
    b"\x1f\x8b": Kind.GZIP,
    b"\x28\xb5\x2f\xfd": Kind.ZSTD,
    b"BZh": Kind.BZIP2,
    b"\xfd7zXZ": Kind.XZ,
    **{bytes([0x80, protocol]): Kind.PICKLE for protocol in (2, 3, 4, 5)},
    b"\x89HDF": Kind.HDF5,
    b"SQLite format 3\0": Kind.SQLITE,
    b"%PDF-": Kind.PDF,
    b"%!PS": Kind.POSTSCRIPT,
    b"AT&TFORM": Kind.DJVU,
    b"8BPS\0\1": Kind.PHOTOSHOP,
    b"\x89PNG": Kind.PNG,
    b"\xff\xd8\xff": Kind.JPEG,
    b"\0\0\0\x0cjP  ": Kind.JPEG_2000,
    **dict.fromkeys((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), Kind.TIFF),
    **dict.fromkeys((b"GIF87a", b"GIF89a"), Kind.GIF),
}
LONGEST = max(map(len, _MAGIC))
"""How many bytes ``kind_of`` looks at."""


def kind_of(first: bytes) -> Kind | None:
    """The kind of a file that begins with these bytes; None if it is unknown.

    Only beginnings that no text has are known, so that a table of text is never mistaken for something else.
    """
    return next((kind for magic, kind in _MAGIC.items() if first.startswith(magic)), None)
