"""Files of pages: read each page, pass it through a function, and write the document back with nothing lost."""

from isthmus.documents.contract import Rules
from isthmus.documents.reports import DocumentReport, PageReport
from isthmus.documents.transform import Options, transform_documents
from isthmus.documents.work import Inspector, PageFunction, Remarked

__all__ = [
    "DocumentReport", "Inspector", "Options", "PageFunction", "PageReport", "Remarked", "Rules", "transform_documents",
]  # fmt: skip
