"""Rows in memory: batches, dataframes, scales."""
