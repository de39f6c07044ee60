"""Plots and the single-file HTML report; knows models by their public names alone."""

from isthmus.report.page import Report, Section, report

__all__ = ["Report", "Section", "report"]
