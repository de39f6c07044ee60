"""What cleaning changed as one self-contained HTML page: a table, and pieces of the pages that lost most."""

import os
from dataclasses import dataclass

from isthmus._version import __version__
from isthmus.documents.picture import grey_pixels
from isthmus.pages.evaluation.changes import Changes, pages_of
from isthmus.pages.evaluation.crops import Piece, crowded_window, piece
from isthmus.pages.evaluation.pairs import find_pairs
from isthmus.pages.letters_gone import letters_gone
from isthmus.pages.scale import reduction
from isthmus.report.html import render
from isthmus.system.extras import require

_PAGES = 6


@dataclass(frozen=True)
class _Shown:
    name: str
    pieces: list[Piece]


def changes_page(
    found: Changes,
    noisy: str | os.PathLike[str],
    cleaned: str | os.PathLike[str],
    *,
    command: str | None = None,
) -> str:
    """Render changes as HTML that needs no other file and no internet, with the six pages that lost most marks.

    Parameters
    ----------
    found : Changes
        The result of ``evaluate_changes`` on ``noisy`` and ``cleaned``.
    command : str, optional
        The command to print as the origin of the page.
    """
    require("evaluate")
    worst = sorted((page for page in found.pages if page.pale), key=lambda page: page.pale, reverse=True)[:_PAGES]
    wanted = [page.page for page in worst]
    shown = {}
    for pair in find_pairs(noisy, cleaned, documents=True)[0]:
        if any(name == pair.name or name.startswith(f"{pair.name}, page ") for name in wanted):
            for name, before, after in pages_of(pair):
                if name in wanted:
                    scale = max(1, int(reduction(grey_pixels(before))))
                    window = crowded_window(letters_gone(before, after).boxes, before.shape, scale)
                    shown[name] = _Shown(name, [piece("before", before, window), piece("after", after, window)])
    context = {"found": found, "shown": [shown[name] for name in wanted], "command": command, "version": __version__}
    return render("pages/evaluation/changes.html", context)
