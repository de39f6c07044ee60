"""Pages that are made: clean ones, and the dirt of paper, light and scanners, all from a seed."""

from isthmus.pages.made.sheets import KINDS, Sheet, dirt_sheet, draw_sheet

__all__ = ["KINDS", "Sheet", "dirt_sheet", "draw_sheet"]
