"""How well pages are cleaned: pairs of dirty and clean pages, through networks and what there was before them."""

from isthmus.pages.evaluation.measure import evaluate_pages
from isthmus.pages.evaluation.result import Evaluation

__all__ = ["Evaluation", "evaluate_pages"]
