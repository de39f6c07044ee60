"""Pages that are made: clean ones, and the dirt of paper, light and scanners, all from a seed."""

from isthmus.synthetic_pages.dirty import dirty_page, printed
from isthmus.synthetic_pages.fonts import Fonts
from isthmus.synthetic_pages.page import KINDS_OF_PAGES, Page, clean_page, draw_page
from isthmus.synthetic_pages.pairs import Settings, made_pair, make_pages
from isthmus.synthetic_pages.sheets import KINDS, Sheet, dirt_sheet, draw_sheet

__all__ = [
    "KINDS",
    "KINDS_OF_PAGES",
    "Fonts",
    "Page",
    "Settings",
    "Sheet",
    "clean_page",
    "dirt_sheet",
    "dirty_page",
    "draw_page",
    "draw_sheet",
    "made_pair",
    "make_pages",
    "printed",
]
