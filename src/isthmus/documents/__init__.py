"""Documents: pages out of files, and cleaned pages back, with nothing lost; a format is one small module."""

from isthmus.documents.contract import Rules
from isthmus.documents.transform import DocumentReport, Options, transform_documents
from isthmus.documents.work import PageFunction, PageReport

__all__ = ["DocumentReport", "Options", "PageFunction", "PageReport", "Rules", "transform_documents"]
