"""Cleaning of single pages: how well, how safely and how fast."""
