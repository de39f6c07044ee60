"""Scanned pages: cleaning them, measuring how well that went, and making pages to learn from."""
