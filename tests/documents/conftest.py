"""Transforming one document, as most tests here do."""

from dataclasses import replace
from pathlib import Path

import pytest

from document_pages import whiten
from isthmus.documents import Options, transform_documents


@pytest.fixture
def transform(tmp_path):
    """A function that puts a document through a page function, and gives the output's path and the report."""

    def run(source, function=whiten, name=None, **options):
        if isinstance(source, bytes):
            path = tmp_path / (name or "in")
            path.write_bytes(source)
        else:
            path = Path(source)
        (tmp_path / "out").mkdir(exist_ok=True)
        output = tmp_path / "out" / path.name
        (report,) = transform_documents([(str(path), str(output))], function, replace(Options(), **options))
        assert list(tmp_path.rglob(".isthmus-*")) == []
        if report.error is not None:
            raise report.error
        return output, report

    return run
