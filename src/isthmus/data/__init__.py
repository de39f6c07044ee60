"""Reading and writing tables, as streams; a format is one small module. Knows no estimator."""

from isthmus.data._base import generic_names
from isthmus.data.tables import FORMATS, Batch, TableReader, TableWriter, open_table, write_table

__all__ = ["FORMATS", "Batch", "TableReader", "TableWriter", "generic_names", "open_table", "write_table"]
