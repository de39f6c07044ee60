"""Synthetic pages: clean pages, and noisy scans of them with the dirt of paper, light and scanners, all from a seed."""

from isthmus.system.extras import require

require("pages")

from isthmus.synthetic_pages.fonts import Fonts  # noqa: E402
from isthmus.synthetic_pages.letters import Letter, read_letters  # noqa: E402
from isthmus.synthetic_pages.noisy import noisy_page, printed  # noqa: E402
from isthmus.synthetic_pages.page import KINDS_OF_PAGES, Page, clean_page, draw_page  # noqa: E402
from isthmus.synthetic_pages.pairs import Settings, make_pages, synthetic_pair  # noqa: E402
from isthmus.synthetic_pages.sheets import KINDS, Sheet, dirt_sheet, draw_sheet  # noqa: E402

__all__ = [
    "KINDS",
    "KINDS_OF_PAGES",
    "Fonts",
    "Letter",
    "Page",
    "Settings",
    "Sheet",
    "clean_page",
    "dirt_sheet",
    "draw_page",
    "draw_sheet",
    "make_pages",
    "noisy_page",
    "printed",
    "read_letters",
    "synthetic_pair",
]
