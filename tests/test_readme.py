"""The Python and the shell of the README run as they stand, and print what stands beside them.

Numbers may differ a little between machines, and times and epochs altogether. ``python tests/test_readme.py`` writes
anew what they print.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"
COMMANDS = {
    "python": [sys.executable, "-c"],
    "images": [sys.executable, "-c"],
    "shell": ["bash", "-eo", "pipefail", "-c"],
}
# Numbers whose size depends on the machine: seconds, and when training ended.
TIMES = re.compile(r"\(\d+ epochs, [\d.]+ s\)")
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?")


def block(name: str) -> tuple[str, str]:
    """The code after a marker, and what it prints."""
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```\n\n```text\n(.*?)```", README.read_text(), re.DOTALL)
    assert found is not None
    return found[1], found[2]


def run(command: list[str], folder: Path) -> str:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    result = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


def words(text: str) -> list[str]:
    return NUMBER.sub("#", TIMES.sub("(#)", text)).split()


def numbers(text: str) -> list[float]:
    """All but the seconds, which the last three columns of a comparison are, too."""
    text = re.sub(r"(?m)^( +\d+(?: +[\d.]+){6})(?: +[\d.]+){3}$", r"\1", TIMES.sub("", text))
    return [float(number) for number in NUMBER.findall(text)]


def compare(printed: str, promised: str) -> None:
    assert words(printed) == words(promised)
    assert numbers(printed) == pytest.approx(numbers(promised), rel=0.1)


@pytest.mark.parametrize("name", ["python", "images"])
def test_the_python_prints_what_the_readme_says(name, tmp_path):
    code, promised = block(name)
    assert len(code.strip().splitlines()) <= 12
    compare(run([*COMMANDS[name], code], tmp_path), promised)


def test_the_shell_prints_what_the_readme_says(tmp_path):
    pytest.importorskip("matplotlib", reason="the report needs it")
    code, promised = block("shell")
    assert len(code.strip().splitlines()) <= 12
    compare(run([*COMMANDS["shell"], code], tmp_path), promised)


def test_links_lead_to_files():
    text = README.read_text()
    targets = re.findall(r"\]\(([^)#:]+)\)", text) + re.findall(r'src(?:set)?="([^"]+)"', text)
    assert targets
    assert [target for target in targets if not (README.parent / target).exists()] == []


def test_changed_words_and_numbers_are_noticed():
    line = "569 rows, 10 codes: 5.06 % lost (39 epochs, 2.2 s)."
    compare("569 rows, 10 codes: 5.2 % lost (60 epochs, 12 s).", line)
    for old, new in (("5.06", "9.1"), ("lost", "kept")):
        with pytest.raises(AssertionError):
            compare(line.replace(old, new), line)


if __name__ == "__main__":
    for name, command in COMMANDS.items():
        code, promised = block(name)
        with tempfile.TemporaryDirectory() as folder:
            printed = run([*command, code], Path(folder))
        README.write_text(README.read_text().replace(f"```text\n{promised}```", f"```text\n{printed}```"))
