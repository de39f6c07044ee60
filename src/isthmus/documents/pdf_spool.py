"""New streams for a PDF, kept in an unnamed file until it is written, so that memory does not grow with its pages."""

import tempfile
from typing import Any, BinaryIO, cast

import pikepdf


class Spool:
    """A PDF that holds streams and nothing else, written as they come (ISO 32000-1, 7.5)."""

    def __init__(self, folder: str | None = None) -> None:
        self._file = cast(BinaryIO, tempfile.TemporaryFile(dir=folder))  # noqa: SIM115
        self._file.write(b"%PDF-1.7\n")
        self._starts: list[int] = []

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, data: bytes, entries: str) -> int:
        """Keep a stream with these entries in its dictionary, and give the number that it is found by."""
        self._starts.append(self._file.tell())
        number = len(self._starts)
        head = f"{number} 0 obj\n<< {entries} /Length {len(data)} >>\nstream\n"
        self._file.write(head.encode() + data + b"\nendstream\nendobj\n")
        return number

    def open(self) -> Any:
        """The streams as a pikepdf.Pdf; nothing can be added any more."""
        root = len(self._starts) + 1
        self._starts.append(self._file.tell())
        self._file.write(
            f"{root} 0 obj\n<< /Type /Catalog /Pages << /Type /Pages /Kids [] /Count 0 >> >>\nendobj\n".encode()
        )
        table = self._file.tell()
        lines = [f"xref\n0 {root + 1}\n0000000000 65535 f \n", *(f"{start:010} 00000 n \n" for start in self._starts)]
        trailer = f"trailer\n<< /Size {root + 1} /Root {root} 0 R >>\nstartxref\n{table}\n%%EOF\n"
        self._file.write(("".join(lines) + trailer).encode())
        self._file.seek(0)
        return pikepdf.open(self._file)
