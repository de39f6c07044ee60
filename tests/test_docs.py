"""The pages of the documentation lead to each other, and use the words of the glossary."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))]
LINK = re.compile(r'\]\(([^)\s]+)\)|src(?:set)?="([^"]+)"')
CODE = re.compile(r"^```.*?^```|`[^`\n]+`|^    .*?$", re.DOTALL | re.MULTILINE)
WRITTEN_BY_SCRIPTS = re.compile(r"<!-- ([\w -]+) -->.*?<!-- end of \1 -->", re.DOTALL)
# By word that the glossary replaces, the one to write.
REPLACED = {
    r"made pages?": "synthetic page",
    r"random start": "random initialisation",
    r"randomly (?:started|initialized)": "randomly initialised",
    r"dirty (?:pages?|scans?)": "noisy page",
    r"hold-?out (?:rows|set)": "held-out rows",
    r"initialization": "initialisation",
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(path: Path) -> str:
    return CODE.sub("", WRITTEN_BY_SCRIPTS.sub("", path.read_text(encoding="utf-8")))


def links(path: Path) -> Iterator[tuple[Path, str]]:
    """The file and the heading of each relative link; a link to a heading alone stays in its file."""
    for found in LINK.finditer(CODE.sub("", path.read_text(encoding="utf-8"))):
        target = found[1] or found[2]
        if ":" not in target:
            file, _, heading = target.partition("#")
            yield (path.parent / file).resolve() if file else path, heading


def headings(path: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    titles = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_lead_to_files_and_headings(path):
    for target, heading in links(path):
        assert target.exists(), f"{path.name} links to {target}, which does not exist"
        assert not heading or heading in headings(target), f"{target.name} has no heading #{heading}"


def test_every_page_and_picture_is_reachable_from_the_index():
    waiting, seen = [DOCS / "index.md"], {DOCS / "index.md"}
    while waiting:
        found = {target for target, _ in links(waiting.pop())} - seen
        seen |= found
        waiting += [target for target in found if target.suffix == ".md" and target.exists()]
    assert {name_of(path) for path in DOCS.rglob("*") if path.suffix in {".md", ".png", ".jpg"}} <= {
        name_of(path) for path in seen if path.is_relative_to(ROOT)
    }


@pytest.mark.parametrize("folder", ["src", "benchmarks", "tests", "demo", "page_network"])
def test_pages_that_the_code_names_exist(folder):
    for path in (ROOT / folder).rglob("*.py"):
        for page in re.findall(r"docs/[\w/.-]+\.(?:md|png|jpg|py)\b", path.read_text(encoding="utf-8")):
            assert (ROOT / page).exists(), f"{name_of(path)} names {page}, which does not exist"


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_files_that_pages_name_exist(path):
    for file in re.findall(r"(?<![\w./-])(?:[\w-]+/)+\w+\.(?:py|toml)\b", path.read_text(encoding="utf-8")):
        assert any((folder / file).exists() for folder in (ROOT, ROOT / "src" / "isthmus")), f"{path.name} names {file}"


def replaced_words(text: str) -> list[str]:
    """The lines with words that the glossary replaces, and what to write."""
    found = ((re.search(rf"[^\n]*\b{old}[^\n]*", text, re.IGNORECASE), new) for old, new in REPLACED.items())
    return [f"write {new!r} in {line[0]!r}" for line, new in found if line]


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_pages_use_the_words_of_the_glossary(path):
    assert replaced_words(prose(path)) == []


@pytest.mark.parametrize("folder", ["src", "demo", "page_network"])
def test_the_code_uses_the_words_of_the_glossary(folder):
    files = [path for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".html"}]
    found = {name_of(path): replaced_words(path.read_text(encoding="utf-8")) for path in files}
    assert {name: words for name, words in found.items() if words} == {}


def test_wrong_links_and_words_are_noticed(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A title: of it\n\n[x](#a-title-of-it) [y](missing.md#z) `made pages`\n\n    random start\n")
    assert list(links(page)) == [(page, "a-title-of-it"), (tmp_path / "missing.md", "z")]
    assert headings(page) == {"a-title-of-it"}
    assert "made pages" not in prose(page)
    assert "random start" not in prose(page)
    assert replaced_words("On dirty pages.\nFine.") == ["write 'noisy page' in 'On dirty pages.'"]
