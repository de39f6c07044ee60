"""Studies of a search, read from outside while processes work on them."""

import sqlite3
from pathlib import Path


def trial_count(path: Path) -> int:
    """How many trials there are; 0 as long as there is no such table."""
    if not path.exists():
        return 0
    connection = sqlite3.connect(path, timeout=60)
    try:
        return connection.execute("SELECT count(*) FROM trials").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()
