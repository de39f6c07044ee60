"""Reading and writing tables, as streams; a format is one small module. Knows no estimator."""

from isthmus.data._base import generic_names
from isthmus.data.formats import FORMATS
from isthmus.data.reader import Batch, TableReader, open_table
from isthmus.data.writer import TableWriter, write_table

__all__ = ["FORMATS", "Batch", "TableReader", "TableWriter", "generic_names", "open_table", "write_table"]
