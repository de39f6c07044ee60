"""What benchmarks/speeds does with its figures, and that it gets some; how large they are is no business of tests."""

import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.quotes import CASES, figures, part, speeds
from benchmarks.run import put
from benchmarks.speeds.cases import Case, cases
from benchmarks.speeds.processes import Subject, in_turns
from benchmarks.speeds.results import changes, error_after, markdown, read, result_of, seconds_until, table, write

ROOT = Path(__file__).parents[1]


def result(*, seconds_per=None, threads=2, **values):
    """Of subjects that did one thing in each run, in so many seconds."""
    case = Case("case", "Title", "About it.", {}, [], "s" if seconds_per else "rows/s", seconds_per)
    runs = {
        label: found if isinstance(found, str) else [{"seconds": s, "amount": 1, "memory": 1234.0} for s in found]
        for label, found in values.items()
    }
    return result_of(case, runs, "2026-11-28, a machine", threads)


def test_tables_have_medians_spreads_and_ratios_of_medians():
    lines = table(result(Isthmus=[0.01, 0.02, 0.005], other=[0.04, 0.02, 0.08], third="not installed")).splitlines()
    assert lines[0] == "|  | rows/s | times Isthmus's speed | memory, MB |"
    assert lines[2:] == [
        "| Isthmus | 100 (50–200) | 1.00 | 1,234 |",
        "| other | 25 (12.5–50) | 0.25 | 1,234 |",
        "| third | not installed |  |  |",
    ]


def test_less_seconds_are_more_speed():
    lines = table(result(seconds_per=1, Isthmus=[2.0], other=[1.0])).splitlines()
    assert lines[2:] == ["| Isthmus | 2 | 1.00 | 1,234 |", "| other | 1 | 2.00 | 1,234 |"]


def test_quality_is_when_isthmus_has_the_error_of_others_and_what_it_has_when_they_end():
    case = Case("quality", "Title", "About it.", {}, [], "s", 1)
    curve = [[1.0, 0.5], [2.0, 0.3], [3.0, 0.1]]
    ours = {"seconds": 3.0, "amount": 1, "memory": None, "error": 0.1, "curve": curve}
    others = {
        "slow": {"seconds": 4.0, "amount": 1, "memory": None, "error": 0.4},
        "good": {"seconds": 2.5, "amount": 1, "memory": None, "error": 0.05},
        "soon": {"seconds": 0.5, "amount": 1, "memory": None, "error": 0.5},
    }
    runs = {"Isthmus": [ours], **{label: [run] for label, run in others.items()}}
    cells = {
        line.split(" | ")[0].strip("| "): line.strip(" |").split(" | ")[-3:]
        for line in table(result_of(case, runs, "", 2)).splitlines()[2:]
    }
    assert cells["slow"] == ["2.00", "2.0", "0.10000"]
    assert cells["good"] == ["never", "", "0.30000"]
    assert cells["soon"] == ["1.00", "0.5", "none yet"]
    assert (seconds_until(curve, 0.3), error_after(curve, 2.0)) == (2.0, 0.3)


@pytest.mark.parametrize("seconds_per", [None, 1])
def test_the_change_to_the_last_results_is_marked_where_it_is_slower_than_their_spread(seconds_per):
    before = {"case": result(seconds_per=seconds_per, a=[1.0, 2.0, 4.0], b=[1.0, 2.0, 4.0], c="not installed")}
    now = {"case": result(seconds_per=seconds_per, a=[3.0], b=[5.0], c=[1.0], d=[1.0]), "new": result(a=[1.0])}
    assert changes(before, now).splitlines() == [
        "case, a: 0.67 times as fast as before",
        "case, b: 0.40 times as fast as before  SLOWER than the spread of the last results",
    ]


def test_other_numbers_of_threads_are_not_compared():
    assert "no results" in changes({"case": result(threads=1, a=[1.0])}, {"case": result(threads=2, a=[1.0])})


def test_results_come_back_from_their_file(tmp_path):
    results = {"case": result(Isthmus=[0.01, 0.02], other="failed: why")}
    write(tmp_path / "results" / "machine.json", results)
    assert read(tmp_path / "results" / "machine.json") == results
    assert read(tmp_path / "none.json") == {}


def test_the_page_says_where_figures_are_from_where_they_differ():
    old = result(threads=1, Isthmus=[1.0]) | {"heading": "2026-11-27, a machine"}
    text = markdown({"old": old, "new": result(Isthmus=[1.0])})
    assert text.startswith("2026-11-28, a machine\n")
    assert "About it. One thread. (2026-11-27, a machine)" in text
    assert "About it. 2 threads.\n" in text


def test_a_part_of_a_page_is_replaced_and_its_markers_keep_their_lines(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- speed -->\n<!-- end of speed -->\nafter\n")
    for content in ("one", "| two |\n", "three"):
        put(page, "speed", content)
        assert page.read_text() == f"before\n<!-- speed -->\n{content.strip()}\n<!-- end of speed -->\nafter\n"
    assert part(page.read_text(), "speed") == "three"


def page_of(results: dict) -> str:
    text = markdown(results).replace("\n## ", "\n### ")
    return f"<!-- speed -->\n{text}\n<!-- end of speed -->\n"


def test_the_readme_quotes_how_many_times_as_fast_isthmus_is():
    training = result(**{"Isthmus": [0.001, 0.0005, 0.002], "Keras, JAX": [0.0024], "skorch": "not installed"})
    training["title"] = "Training a small dense network"
    encoding = result(
        **{
            "Isthmus transform": [0.001],
            "Keras, TensorFlow": [0.01],
            "Isthmus reconstruction_error": [0.002],
            "PyOD decision_function": [0.02],
        }
    )
    encoding["title"] = "Encoding a long table"
    case = Case("quality", "Time to quality: Fashion-MNIST", "About it.", {}, [], "s", 1)
    ours = {"seconds": 4.0, "amount": 1, "memory": None, "error": 0.1, "curve": [[2.0, 0.3], [4.0, 0.1]]}
    other = {"seconds": 5.0, "amount": 1, "memory": None, "error": 0.4}
    quality = result_of(case, {"Isthmus": [ours], "pythae AE": [other]}, "2026-11-28, a machine", 2)
    assert "784-256-128-32 |  |  |  |  |  | 2.5 |  |" in speeds(page_of({"quality": quality}))
    quoted = speeds(page_of({"small": training, "encoding": encoding, "other": result(Isthmus=[1.0])}))
    assert "| training, 20-64-32-8, batches of 64 |  | 2.4 |  |  |  |  |  |" in quoted
    assert "| encoding 1,000,000 rows | 10 |  |  |  | 10 |  |  |" in quoted
    assert quoted.endswith("(2026-11-28, a machine)")
    assert len(quoted.splitlines()) == 6
    assert speeds(page_of({"other": result(Isthmus=[1.0])})).startswith("Not measured yet")


def test_the_readme_has_the_figures_of_the_page():
    readme, docs = ((ROOT / name).read_text() for name in ("README.md", "docs/notes/benchmarks.md"))
    assert part(readme, "figures") == figures(docs)
    assert part(readme, "speeds") == speeds(docs)


def test_names_of_cases_and_of_their_subjects_are_unique():
    found = cases(Path("folder"))
    assert len({case.name for case in found}) == len(found)
    assert set(CASES) <= {case.title for case in found}  # those that the README quotes
    for case in found:
        assert len({subject.label for subject in case.subjects}) == len(case.subjects)


def test_what_needs_something_missing_is_known_and_what_fails_says_why():
    assert not Subject("one", needs=("no_such_package",)).is_installed
    runs = in_turns({"one": ({"make": "no_such_module:work", "threads": 1}, {})}, 1)
    assert runs == {"one": "failed: ModuleNotFoundError: No module named 'no_such_module'"}


@pytest.mark.slow
def test_a_trial_measures_isthmus_and_what_is_always_installed(tmp_path):
    options = ["--quick", "--cases", "small", "--peers", "torch", "scikit-learn", "--repeats", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.speeds", *options, "--results", tmp_path],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")][2:]
    assert [cells[0].strip("| ") for cells in rows] == [
        "Isthmus", "Isthmus, random start", "plain torch loop", "scikit-learn MLPRegressor",
    ]  # fmt: skip
    assert all(float(cells[1].replace(",", "")) > 0 for cells in rows)
    assert list(tmp_path.iterdir()) == []
