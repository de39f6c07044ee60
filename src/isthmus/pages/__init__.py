"""Scanned pages: clean them, clean the pages of documents, and measure how well networks clean."""
