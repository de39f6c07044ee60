"""Pages that are made: clean ones, and the dirt of paper, light and scanners, all from a seed."""

from isthmus.pages.made.dirty import dirty_page, printed
from isthmus.pages.made.fonts import Fonts
from isthmus.pages.made.page import Page, clean_page, draw_page
from isthmus.pages.made.sheets import KINDS, Sheet, dirt_sheet, draw_sheet

__all__ = [
    "KINDS",
    "Fonts",
    "Page",
    "Sheet",
    "clean_page",
    "dirt_sheet",
    "dirty_page",
    "draw_page",
    "draw_sheet",
    "printed",
]
