"""The evaluation as one self-contained HTML page: tables, and pieces of pages before, after and clean."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from isthmus._version import __version__
from isthmus.pages.evaluation.crops import Piece, piece, spread, worst_window
from isthmus.pages.evaluation.measure import BASELINES, find_methods, read_pair
from isthmus.pages.evaluation.pairs import Pair, find_pairs
from isthmus.pages.evaluation.result import Evaluation
from isthmus.report.html import render
from isthmus.system.extras import require

_PAGES = 6


@dataclass(frozen=True)
class _Shown:
    name: str
    errors: list[tuple[str, str]]
    pieces: list[Piece]


def evaluation_page(
    found: Evaluation,
    noisy: str | os.PathLike[str],
    clean: str | os.PathLike[str],
    *,
    dpi: float | None = None,
    command: str | None = None,
) -> str:
    """Render an evaluation as HTML that needs no other file and no internet.

    It shows six pages, from the worst to the best result of the last network, each where its dirt is worst.

    Parameters
    ----------
    found : Evaluation
        The result of ``evaluate_pages`` on the folders ``noisy`` and ``clean``, with the same ``dpi``.
    command : str, optional
        The command to print as the origin of the page.
    """
    require("evaluate")
    networks = found.methods[len(BASELINES) :]
    judged = networks[-1:] or ("background division",)
    shown = _shown(found, find_pairs(noisy, clean)[0], networks or judged, dpi)
    context = {"found": found, "judged": judged[0], "shown": shown, "command": command,
               "version": __version__}  # fmt: skip
    return render("pages/evaluation/page.html", context)


def _shown(found: Evaluation, pairs: list[Pair], methods: Sequence[str], dpi: float | None) -> list[_Shown]:
    functions, _ = find_methods(found.methods[len(BASELINES) :])
    by_page = {(page.page, page.method): page for page in found.pages}
    judged = [page for page in found.pages if page.method == methods[-1]]
    names = spread([page.page for page in judged], [page.rmse for page in judged], _PAGES)
    named = {pair.name: pair for pair in pairs}
    shown = []
    for name in names:
        page, target, resolution = read_pair(named[name])
        resolution = resolution if dpi is None else dpi
        window = worst_window(page, target, resolution)
        after = [(method, functions[method](page, resolution)) for method in methods]
        pages = [("before", page), *after, ("clean", target)]
        errors = [(method, f"{by_page[name, method].rmse:.4f}") for method in ("untouched", *methods)]
        shown.append(_Shown(name, errors, [piece(title, pixels, window) for title, pixels in pages]))
    return shown
