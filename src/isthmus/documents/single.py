"""Writing a document of one picture: what was encoded is the whole file."""

import shutil
from collections.abc import Iterable

from isthmus.documents.contract import File, Place, Plan


def write_single(
    file: File, name: str, plan: Plan, encoded: Iterable[tuple[Place, bytes | None]], output: File
) -> None:
    """Write the encoded file, or the old one where nothing changed."""
    for _, data in encoded:
        if data is None:
            copy_whole(file, output)
        else:
            output.write(data)


def copy_whole(file: File, output: File) -> None:
    """Make the output the same bytes as a file."""
    file.seek(0)
    output.seek(0)
    output.truncate()
    shutil.copyfileobj(file, output, 2**20)
