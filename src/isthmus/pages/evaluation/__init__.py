"""Measure how well networks, and older methods, clean noisy pages whose clean pages are known."""

from isthmus.pages.evaluation.measure import evaluate_pages
from isthmus.pages.evaluation.result import Evaluation

__all__ = ["Evaluation", "evaluate_pages"]
