"""What reading a table may take: one budget that every format draws from before it allocates."""

from isthmus.errors import InputError
from isthmus.words import shown

MAX_COLUMNS = 2**15
_ROW_BYTES = 2**26
_FIRST_ROW_BYTES = 2**24  # its cells become text of Python
_BYTES_PER_COLUMN = 2**9
_FREE_BYTES = 2**28
_EXPANSION = 200


class Budget:
    """The columns, the bytes of a row, and the memory that a table may take.

    Parameters
    ----------
    name : str
        The table, for messages.
    limited : bool
        Whether there are limits at all.
    columns : int
        Columns that a model needs; a table may have as many in any case.

    Attributes
    ----------
    stored : int
        Bytes of the file so far, as they are stored: compressed, and without holes.
    """

    def __init__(self, name: str, *, limited: bool = True, columns: int = 0) -> None:
        self.stored = 0
        self.columns = max(MAX_COLUMNS, columns)
        self._name, self._limited, self._drawn = name, limited, 0

    def check_columns(self, count: int) -> None:
        """Raise an InputError for a table with too many columns."""
        if count > self.columns:
            self._refuse(f"has more than {self.columns:,} columns")

    def check_row(self, row: bytes, *, first: bool = False) -> None:
        """Raise an InputError for a row of text that is too long; less is allowed in the ``first`` two."""
        most = max(_FIRST_ROW_BYTES if first else _ROW_BYTES, _BYTES_PER_COLUMN * self.columns)
        if len(row) > most:
            start, quoted = shown(row[:80].decode(errors="replace")), b'"' in row
            self._refuse(
                f"has a row of more than {most // 2**20} MB, beginning {start}"
                + quoted * ", perhaps as a quotation mark is not closed"
            )

    def draw(self, n_bytes: int) -> None:
        """Take memory; raise an InputError where it is large, and far larger than the file."""
        self._drawn += n_bytes
        if self._drawn > max(_FREE_BYTES, _EXPANSION * self.stored):
            self._refuse(f"takes more than {_FREE_BYTES // 2**20} MB of memory, and {_EXPANSION} times its size")

    def _refuse(self, problem: str) -> None:
        if self._limited:
            raise InputError(f"{self._name}: {problem}; if you trust it, read it with --no-limits.")
