"""Reading and writing tables, as streams; a format is one small module. Knows no estimator."""

from isthmus.tables.formats import FORMATS
from isthmus.tables.reader import Batch, TableReader, open_table
from isthmus.tables.writer import TableWriter, write_table

__all__ = ["FORMATS", "Batch", "TableReader", "TableWriter", "open_table", "write_table"]
