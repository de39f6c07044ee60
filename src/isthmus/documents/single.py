"""Writing a document of one picture: what was encoded is the whole file."""

import shutil
from collections.abc import Iterable
from typing import BinaryIO

from isthmus.documents._base import Place, Plan


def write_single(
    file: BinaryIO, name: str, plan: Plan, encoded: Iterable[tuple[Place, bytes | None]], output: BinaryIO
) -> None:
    """Write the encoded file, or the old one where nothing changed."""
    for _, data in encoded:
        if data is None:
            copy_whole(file, output)
        else:
            output.write(data)


def copy_whole(file: BinaryIO, output: BinaryIO) -> None:
    """Make the output the same bytes as a file."""
    file.seek(0)
    output.seek(0)
    output.truncate()
    shutil.copyfileobj(file, output, 2**20)
