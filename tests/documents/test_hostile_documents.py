"""Mutated files and decompression bombs are cleaned or refused with an error in words, at little cost."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile_documents import Reader, bombs, mutated, sound_documents


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.close()


@pytest.mark.parametrize(("seed", "n_files"), [(1, 76), pytest.param(0, 2000, marks=pytest.mark.slow)])
def test_mutated_files_are_cleaned_or_refused(seed: int, n_files: int, reader: Reader, tmp_path: Path):
    sound = list(sound_documents().items())
    wrong = {}
    for number in range(n_files):
        name, data = sound[number % len(sound)]
        path = tmp_path / f"{number:05}-{name}"
        path.write_bytes(mutated(data, random.Random(f"{seed}-{number}")))
        outcome = reader.read(path)
        path.unlink()
        if not outcome.expected or outcome.seconds > 5:
            wrong[path.name] = outcome
    assert wrong == {}


def test_bombs_cost_less_than_a_second_and_100_megabytes(reader: Reader, tmp_path: Path):
    for name, data in sound_documents().items():  # each format is imported before memory is measured
        (tmp_path / name).write_bytes(data)
        assert reader.read(tmp_path / name).error == ""
    wrong = {}
    for name, data in bombs():
        path = tmp_path / name
        path.write_bytes(data)
        outcome = reader.read(path)
        if not outcome.expected or outcome.seconds > 1 or outcome.megabytes > 100:
            wrong[name] = outcome
    assert wrong == {}
