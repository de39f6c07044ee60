"""CSV and TSV as they are written."""

import gzip
import io
import re
from typing import BinaryIO

import numpy as np
from jaxtyping import Float

from isthmus.tables.cells import header_cells
from isthmus.tables.contract import CannotKeepError, Layout, Sink
from isthmus.tables.kept import number_texts, texts
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
        cells, n = number_texts(values), values.shape[1]
        lines = [self._delimiter.join(cells[i : i + n]) for i in range(0, len(cells), n)]
        if self._kept:
            columns = [map(self._quoted, texts(kept[name])) for name in self._kept]
            lines = list(map(self._delimiter.join, zip(*columns, lines, strict=True)))
        self._file.write(("\n".join(lines) + "\n").encode())

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
