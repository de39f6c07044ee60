"""Measure how well networks, and older methods, clean noisy pages, with and without clean pages to compare with."""

from isthmus.system.extras import require

require("pages")

from isthmus.pages.evaluation.changes import Changes, evaluate_changes  # noqa: E402
from isthmus.pages.evaluation.measure import evaluate_pages  # noqa: E402
from isthmus.pages.evaluation.result import Evaluation  # noqa: E402

__all__ = ["Changes", "Evaluation", "evaluate_changes", "evaluate_pages"]
