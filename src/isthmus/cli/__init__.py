"""The command line: one module a command, each of which imports what it needs when it runs."""

from isthmus.cli.app import main

__all__ = ["main"]
