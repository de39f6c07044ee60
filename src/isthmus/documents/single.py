"""Write a document of one picture, whose encoded bytes are the whole file."""

import shutil
from collections.abc import Iterable

from isthmus.documents.contract import File, Place, Plan


def write_single(
    file: File, name: str, plan: Plan, encoded: Iterable[tuple[Place, bytes | None]], output: File
) -> None:
    """Write the encoded file, or copy the input if nothing changed."""
    for _, data in encoded:
        if data is None:
            copy_whole(file, output)
        else:
            output.write(data)


def copy_whole(file: File, output: File) -> None:
    """Replace the content of the output by that of a file."""
    file.seek(0)
    output.seek(0)
    output.truncate()
    shutil.copyfileobj(file, output, 2**20)
