"""Files of rows, read and written in batches: ``open_table``, ``read_table`` and ``write_table``."""

from isthmus.tables.formats import FORMATS
from isthmus.tables.reader import Batch, Table, TableReader, open_table, read_table
from isthmus.tables.writer import TableWriter, write_table

__all__ = ["FORMATS", "Batch", "Table", "TableReader", "TableWriter", "open_table", "read_table", "write_table"]
