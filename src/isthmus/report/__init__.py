"""Plots and the single-file HTML report."""

from isthmus.report.page import Report, report

__all__ = ["Report", "report"]
