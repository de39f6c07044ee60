"""Keep new streams for a PDF in an unnamed file until it is written, so that memory does not grow with the pages."""

import tempfile
from typing import BinaryIO, cast

import pikepdf

from isthmus.documents.contract import temporary_errors


class Spool:
    """A PDF of nothing but streams, written one after the other (ISO 32000-1, 7.5)."""

    def __init__(self) -> None:
        with temporary_errors():
            self._file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115
            self._file.write(b"%PDF-1.7\n")
        self._starts: list[int] = []

    def close(self) -> None:
        self._file.close()

    def add(self, data: bytes, entries: str) -> int:
        """Add a stream with these entries in its dictionary, and return its object number."""
        self._starts.append(self._file.tell())
        number = len(self._starts)
        head = f"{number} 0 obj\n<< {entries} /Length {len(data)} >>\nstream\n"
        with temporary_errors():
            self._file.write(head.encode() + data + b"\nendstream\nendobj\n")
            self._file.flush()
        return number

    def open(self) -> pikepdf.Pdf:
        """Open the streams as a PDF; after this no stream can be added."""
        root = len(self._starts) + 1
        self._starts.append(self._file.tell())
        pages = "<< /Type /Pages /Kids [] /Count 0 >>"
        self._file.write(f"{root} 0 obj\n<< /Type /Catalog /Pages {pages} >>\nendobj\n".encode())
        table = self._file.tell()
        lines = [f"xref\n0 {root + 1}\n0000000000 65535 f \n", *(f"{start:010} 00000 n \n" for start in self._starts)]
        trailer = f"trailer\n<< /Size {root + 1} /Root {root} 0 R >>\nstartxref\n{table}\n%%EOF\n"
        self._file.write(("".join(lines) + trailer).encode())
        self._file.seek(0)
        return pikepdf.open(self._file)
