"""CSV and TSV as they are written."""

import gzip
import io
import re
from typing import BinaryIO

import numpy as np
from jaxtyping import Float

from isthmus.tables.cells import header_cells
from isthmus.tables.contract import CannotKeepError, Layout, Sink
from isthmus.tables.kept import texts
from isthmus.tables.number_bytes import number_bytes
from isthmus.tables.types import Kept


class TextSink(Sink):
    """A CSV or TSV table; numbers have as few digits as restore them exactly."""

    def __init__(self, file: BinaryIO, layout: Layout, *, kind: str, delimiter: str, compressed: bool) -> None:
        bad = next((field for field in layout.kept if not field.kind.fits_text), None)
        if bad is not None:
            raise CannotKeepError(f"the kept columns cannot be written as {kind} (one holds {bad.kind.words})")
        # Without a name and a time in the header the same table gives the same bytes. Level 4 takes a third of the time
        # of level 6, and 2 % more space.
        self._gzip = gzip.GzipFile("", "wb", 4, file, mtime=0) if compressed else None
        self._file = self._gzip or file
        self._delimiter, self._kept = delimiter, [field.name for field in layout.kept]
        self._special = re.compile(f'["\r\n{delimiter}]')
        self._file.write((delimiter.join(header_cells(layout.names)) + "\n").encode())

    def write(self, values: Float[np.ndarray, "rows columns"], kept: Kept) -> None:
        if not len(values):
            return
        written = number_bytes(values, (self._delimiter * (values.shape[1] - 1) + "\n").encode())
        if self._kept:
            columns = [map(self._quoted, texts(kept[name])) for name in self._kept]
            lines = map(self._delimiter.join, zip(*columns, written.decode().split("\n")[:-1], strict=True))
            written = ("\n".join(lines) + "\n").encode()
        self._file.write(written)

    def finish(self) -> None:
        if self._gzip is not None:
            self._gzip.close()

    def abandon(self) -> None:
        if self._gzip is not None:
            self._gzip.fileobj = io.BytesIO()  # closing writes the end of the archive
            self._gzip.close()

    def _quoted(self, text: str) -> str:
        """Return a cell, in quotes where it needs them."""
        return '"' + text.replace('"', '""') + '"' if self._special.search(text) else text
