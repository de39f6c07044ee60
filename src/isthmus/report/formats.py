"""Results as text that programs and documents read: CSV, JSON and Markdown."""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence


def csv_text(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A header and a line a row, with all digits; None, NaN and infinities are empty cells."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(map(_finite, row) for row in rows)
    return text.getvalue()


def json_text(value: object) -> str:
    """Indented JSON, with null for NaN and infinities."""
    return json.dumps(_finite(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def markdown_table(headings: Sequence[str], rules: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in GitHub's Markdown; below each heading stands a rule: "---", or "---:" to align to the right."""
    escaped = ([cell.replace("|", r"\|") for cell in row] for row in rows)
    lines = (f"| {' | '.join(row)} |" for row in escaped)
    return "\n".join([f"| {' | '.join(headings)} |", f"|{'|'.join(rules)}|", *lines])


def _finite(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
