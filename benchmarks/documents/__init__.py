"""Whole documents: their resolutions, memory over many pages, and other programs."""
