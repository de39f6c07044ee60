"""The version of Isthmus, in one place."""

__version__ = "0.1.0"
