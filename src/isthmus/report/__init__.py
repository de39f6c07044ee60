"""Plots and the single-file HTML report."""
