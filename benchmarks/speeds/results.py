"""What becomes of the figures: tables, a file of the last results of a machine, and the change to them."""

import json
import statistics
from pathlib import Path
from typing import Any

from benchmarks.speeds.cases import Case

# A result is what a case needs for its table: its title and unit, and by subject its values, memory, or why there are
# none. It is kept as JSON.
Result = dict[str, Any]


def result_of(case: Case, runs: dict[str, list[dict[str, Any]] | str], heading: str, threads: int) -> Result:
    """``runs`` has the runs of each subject, or a sentence why there are none."""
    subjects = {label: found if isinstance(found, str) else measured(case, found) for label, found in runs.items()}
    return {
        "title": case.title, "about": case.about, "unit": case.unit, "less_is_better": case.seconds_per is not None,
        "compares": case.compares, "threads": threads, "heading": heading, "subjects": subjects,
    }  # fmt: skip


def measured(case: Case, runs: list[dict[str, Any]]) -> dict[str, Any]:
    memory = [run["memory"] for run in runs if run["memory"] is not None]
    found = {"values": [value(case, run) for run in runs], "memory": max(memory, default=None)}
    return found | {name: [run[name] for run in runs] for name in ("error", "curve") if name in runs[0]}


def value(case: Case, run: dict[str, Any]) -> float:
    if case.seconds_per is None:
        return run["amount"] / run["seconds"]
    return run["seconds"] / run["amount"] / case.seconds_per


def markdown(results: dict[str, Result]) -> str:
    """A table for each case, and where the figures are from."""
    heading = max(result["heading"] for result in results.values())  # they begin with the day
    parts = [f"{heading}\n\nMedian (least–most) of runs that everyone took in turns, each in a process of its own."]
    for result in results.values():
        threads = "one thread" if result["threads"] == 1 else f"{result['threads']} threads"
        other = "" if result["heading"] == heading else f" ({result['heading']})"
        parts.append(f"## {result['title']}\n\n{result['about']} {threads.capitalize()}.{other}\n\n{table(result)}")
    return "\n\n".join(parts)


def table(result: Result) -> str:
    """The rows of a case."""
    subjects = result["subjects"]
    reference = next(iter(subjects.values()))
    has_errors = not isinstance(reference, str) and "curve" in reference
    heads = ["", result["unit"], *(["times Isthmus's speed"] if result["compares"] else []), "memory, MB"]
    if has_errors:
        heads += ["test error", "Isthmus has it after, s", "times as fast", "Isthmus's error by then"]
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)]]
    for label, found in subjects.items():
        if isinstance(found, str):
            lines.append([label, found, *[""] * (len(heads) - 2)])
            continue
        cells = [label, spread(found["values"])]
        if result["compares"]:
            cells.append("" if isinstance(reference, str) else f"{speed(result, found, reference):.2f}")
        cells.append("" if found["memory"] is None else f"{found['memory']:,.0f}")
        if has_errors:
            cells += quality(found, reference)
        lines.append(cells)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def speed(result: Result, found: dict[str, Any], reference: dict[str, Any]) -> float:
    """How many times as fast as the reference, by medians."""
    ratio = statistics.median(found["values"]) / statistics.median(reference["values"])
    return 1 / ratio if result["less_is_better"] else ratio


def quality(found: dict[str, Any], reference: dict[str, Any]) -> list[str]:
    """The error, when Isthmus has it and how many times as soon, and Isthmus's error when the other has ended."""
    error, seconds = statistics.median(found["error"]), statistics.median(found["values"])
    if found is reference:
        return [f"{error:.5f}", "", "", ""]
    reached = [seconds_until(curve, error) for curve in reference["curve"]]
    by_then = [error_after(curve, seconds) for curve in reference["curve"]]
    first, then = median_of_all(reached), median_of_all(by_then)
    until = "never" if first is None else f"{first:.2f}"
    sooner = "" if first is None else f"{seconds / first:.1f}"
    return [f"{error:.5f}", until, sooner, "none yet" if then is None else f"{then:.5f}"]


def median_of_all(values: list[float | None]) -> float | None:
    """The median, or None if a value is missing."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if len(known) == len(values) else None


def seconds_until(curve: list[list[float]], error: float) -> float | None:
    """When a curve of (seconds, error) is first at an error or below."""
    return next((seconds for seconds, reached in curve if reached <= error), None)


def error_after(curve: list[list[float]], seconds: float) -> float | None:
    """The last error of a curve that was reached within some seconds."""
    return next((error for spent, error in reversed(curve) if spent <= seconds), None)


def spread(values: list[float]) -> str:
    middle, least, most = (number(x) for x in (statistics.median(values), min(values), max(values)))
    return middle if len(values) == 1 else f"{middle} ({least}–{most})"


def number(x: float) -> str:
    """Three digits, or all of those before the point."""
    return f"{x:,.0f}" if x >= 100 else f"{x:.3g}"


def changes(before: dict[str, Result], now: dict[str, Result]) -> str:
    """How many times as fast everyone is now; marked where the median is beyond all that was measured before."""
    lines = []
    for name, result in now.items():
        for label, found in result["subjects"].items():
            old = before.get(name, {}).get("subjects", {}).get(label)
            if isinstance(found, str) or old is None or isinstance(old, str) or old["values"] == []:
                continue
            if before[name]["unit"] != result["unit"] or before[name]["threads"] != result["threads"]:
                continue
            ratio = speed(result, found, old)
            mark = "  SLOWER than the spread of the last results" if is_slower(result, found, old) else ""
            lines.append(f"{name}, {label}: {ratio:.2f} times as fast as before{mark}")
    return "\n".join(lines) or "There are no results of this machine to compare with."


def is_slower(result: Result, found: dict[str, Any], old: dict[str, Any]) -> bool:
    middle = statistics.median(found["values"])
    return middle > max(old["values"]) if result["less_is_better"] else middle < min(old["values"])


def read(path: Path) -> dict[str, Result]:
    return json.loads(path.read_text()) if path.exists() else {}


def write(path: Path, results: dict[str, Result]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
