"""Batches of documents: where each output goes, and which documents are done already."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from isthmus.documents.formats import SUFFIXES
from isthmus.errors import InputError, OutputError, ParameterError
from isthmus.system.files import is_file, is_folder, reason
from isthmus.system.suffixes import KNOWN
from isthmus.words import joined

_LONGEST, _LONGEST_SUFFIX = 200, 12  # characters of a name in a message, and of a suffix
_MOST_KINDS = 8  # of files that were left out, in a message


@dataclass(frozen=True)
class Batch:
    """Pairs of source and output, and the number of documents that are done already.

    ``skipped`` counts what was left out of folders, by its kind: a suffix, "without a suffix", "hidden" or "linked
    folder".
    """

    pairs: tuple[tuple[str, str], ...]
    n_done: int = 0
    into_folders: bool = True
    skipped: Counter[str] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Yield the pairs, and make the folder of each output just before."""
        for source, output in self.pairs:
            if output != "-" and self.into_folders:
                try:
                    Path(output).absolute().parent.mkdir(parents=True, exist_ok=True)
                except OSError as error:
                    raise OutputError(f"{output}: its folder cannot be created ({reason(error)}).") from error
            yield source, output


def plan_batch(inputs: Sequence[str], output: str, *, again: bool = False) -> Batch:
    """Decide where the output of each document goes.

    The inputs are files, folders, or ``-`` alone for standard input. A folder stands for the documents below it,
    recognised by their suffixes, in order; hidden files and folders are skipped, and the tree stays. The output is a
    file for one file, ``-`` for standard output, or else a folder, which is created if missing. Unless ``again``,
    documents are left out whose output is not older than they are; a single file never is. Several documents cannot
    have the same output, or go into a file.
    """
    if "" in inputs or output == "":
        raise ParameterError("An input or output must be the name of a file or a folder. Got '' instead.")
    if len(inputs) == 1 and not is_folder(inputs[0]):
        source = inputs[0]
        if source != "-" and output != "-" and (is_folder(output) or output.endswith(os.sep)):
            return _missing([(source, str(Path(output) / Path(source).name))], again)
        return Batch(((source, output),), into_folders=False)
    if "-" in inputs or output == "-":
        raise ParameterError("Standard input and output are for one document. Give a folder as the output instead.")
    if is_file(output):
        raise OutputError(f"{output}: is a file, and several documents need a folder.")
    if Path(output).suffix.lower() in KNOWN | SUFFIXES and not is_folder(output) and not output.endswith(os.sep):
        what = "A folder of documents goes" if len(inputs) == 1 else "Several documents go"
        raise ParameterError(f"{what} into a folder, and the output has the name of a file. Got {output!r}.")
    skipped = Counter[str]()
    pairs: list[tuple[str, str]] = []
    for name in inputs:
        folder = Path(name)
        if not is_folder(name):
            pairs.append((name, str(Path(output) / folder.name)))
            continue
        into = Path(output) if len(inputs) == 1 else Path(output) / folder.resolve().name
        pairs += [(str(path), str(into / path.relative_to(folder))) for path in documents_below(folder, skipped)]
    sources: dict[str, str] = {}
    for source, place in pairs:
        if place in sources:
            raise ParameterError(f"{sources[place]} and {source} would both go to {place}; give them in two commands.")
        sources[place] = source
    if not pairs:
        found = f" ({left_out(+skipped)})" if +skipped else ""
        raise InputError(f"{', '.join(inputs)}: no file has a name that ends in {', '.join(sorted(SUFFIXES))}{found}.")
    return replace(_missing(pairs, again), skipped=+skipped)


def left_out(skipped: Counter[str]) -> str:
    """What was left out of folders, with the most frequent kinds first."""
    kinds = [f"{count} {kind}" for kind, count in sorted(skipped.items(), key=lambda item: (-item[1], item[0]))]
    rest = skipped.total() - sum(sorted(skipped.values(), reverse=True)[:_MOST_KINDS])
    listed = joined([*kinds[:_MOST_KINDS], *([f"{rest} of other kinds"] if rest else [])])
    return f"{skipped.total()} left out that {'is no page' if skipped.total() == 1 else 'are no pages'}: {listed}"


def refuse_overlap(inputs: Sequence[str], folder: str | os.PathLike[str], role: str) -> None:
    """Refuse a folder for results that is, is within, or contains a folder of inputs: a run would read its own files.

    ``role`` says what the results are, such as "output".
    """
    results = Path(folder).resolve()
    for name in inputs:
        source = Path(name).resolve()
        if not is_folder(source):
            continue
        if results == source:
            raise ParameterError(f"The {role} folder must be another than the input. Got {name!r} for both.")
        if source in results.parents or results in source.parents:
            got = f"Got {os.fspath(folder)!r} and {name!r}."
            raise ParameterError(f"The {role} folder must lie outside the input, and the input outside it. {got}")


def _refuse_folder(error: OSError) -> None:
    """A folder within the input that cannot be read, whose documents would be left out."""
    name = os.fspath(error.filename)
    shown = name if len(name) <= _LONGEST else f"…{name[-_LONGEST:]}"
    raise InputError(f"{shown}: cannot be read ({reason(error)}).") from error


def _missing(pairs: list[tuple[str, str]], again: bool) -> Batch:
    todo = tuple(pair for pair in pairs if again or not _is_done(*pair))
    return Batch(todo, len(pairs) - len(todo))


def _is_done(source: str, output: str) -> bool:
    try:
        return Path(output).stat().st_mtime >= Path(source).stat().st_mtime
    except (OSError, ValueError):
        return False


def documents_below(folder: Path, skipped: Counter[str]) -> Iterator[Path]:
    """The documents below a folder; what is left out is counted by its kind."""
    for place, folders, names in os.walk(folder, onerror=_refuse_folder):
        skipped["hidden"] += sum(name.startswith(".") for name in (*folders, *names))
        seen = [name for name in folders if not name.startswith(".")]
        folders[:] = sorted(name for name in seen if not os.path.islink(Path(place, name)))  # noqa: PTH114 — Path.is_symlink raises
        skipped["linked folder"] += len(seen) - len(folders)
        for name in sorted(name for name in names if not name.startswith(".")):
            suffix = Path(name).suffix.lower()
            if suffix in SUFFIXES:
                yield Path(place, name)
            else:
                skipped[suffix if 1 < len(suffix) <= _LONGEST_SUFFIX else "without a suffix"] += 1
