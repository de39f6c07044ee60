"""The recipes of docs/cleaning-documents.md do what they say."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from document_pages import page, saved

DOCUMENT = Path(__file__).parents[2] / "docs" / "cleaning-documents.md"


@pytest.fixture
def consume(tmp_path):
    """A function that runs the script for Paperless on a document, and gives what is in the document's folder then."""
    script = tmp_path / "clean.sh"
    script.write_text(re.search(r"<!-- paperless script -->\n```sh\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)[1])
    isthmus = tmp_path / "isthmus"  # a quick one: black and white, without the network
    code = "import sys; from isthmus.cli import main; sys.exit(main([*sys.argv[1:], '--strength', '0', '--bilevel']))"
    isthmus.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}" "$@"\n')
    isthmus.chmod(0o755)

    def run(name, content):
        folder = tmp_path / "work"
        folder.mkdir()
        (folder / name).write_bytes(content)
        environment = os.environ | {"DOCUMENT_WORKING_PATH": str(folder / name), "ISTHMUS": str(isthmus)}
        found = subprocess.run(["sh", script], env=environment, capture_output=True, text=True, check=True)
        return {path.name: path.read_bytes() for path in folder.iterdir()}, found.stderr

    return run


def test_documents_for_paperless_are_cleaned_in_their_place(consume):
    scan = saved(page(), "PNG")
    found, said = consume("a scan.png", scan)
    assert list(found) == ["a scan.png"]
    assert found["a scan.png"] != scan
    assert "1 page, 1 cleaned" in said


def test_documents_for_paperless_that_cannot_be_cleaned_stay(consume):
    found, said = consume("words.txt", b"words")
    assert found == {"words.txt": b"words"}
    assert "is not PNG" in said
