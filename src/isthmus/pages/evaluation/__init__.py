"""Measure how well networks, and older methods, clean noisy pages, with and without clean pages to compare with."""

from isthmus.pages.evaluation.changes import Changes, evaluate_changes
from isthmus.pages.evaluation.measure import evaluate_pages
from isthmus.pages.evaluation.result import Evaluation

__all__ = ["Changes", "Evaluation", "evaluate_changes", "evaluate_pages"]
