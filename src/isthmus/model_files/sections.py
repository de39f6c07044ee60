"""Sections of JSON: dataclasses whose types are annotated with the rules that their values follow."""

import re
import sys
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from typing import TypeVar, get_type_hints

from isthmus.errors import ModelFileError
from isthmus.parameters.rules import Rule, is_int, number
from isthmus.words import shown

SectionT = TypeVar("SectionT", bound="Section")

Rules = Iterator[tuple[str, str, bool]]
"""Rules between the entries of a section: the name of one, what it must be, and whether it is."""


@dataclass(frozen=True)
class Section:
    """Base of the sections of a model file; the names of the fields are the keys in JSON.

    An entry with a default is left out where it has it.
    """

    def rules(self) -> Rules:
        yield from ()

    @classmethod
    def read(cls: type[SectionT], found: object, place: str) -> SectionT:
        """Check a JSON value: an object with these entries and no others, each of which follows its rules."""
        hints = get_type_hints(cls, include_extras=True)
        rules: dict[str, Rule] = {field.name: hints[field.name].__metadata__[0] for field in fields(cls)}
        if not isinstance(found, dict):
            raise ModelFileError(f"{place} must be an object, got {shown(found)}")
        needed = {field.name for field in fields(cls) if field.default is MISSING}
        for name in sorted((needed - found.keys()) | (found.keys() - rules.keys())):
            raise ModelFileError(f"{place}: {name[:80]!r} is {'missing' if name in rules else 'unknown'}")
        for name, rule in rules.items():
            if name in found and not rule.allows(found[name]):
                raise ModelFileError(f"{place}: {name!r} must be {rule.words}, got {shown(found[name])}")
        section = cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in found.items()})
        for name, words, holds in section.rules():
            if not holds:
                raise ModelFileError(f"{place}: {name!r} must be {words}, got {shown(getattr(section, name))}")
        return section

    def written(self) -> dict[str, object]:
        """Return the entries that a file has."""
        values = {field.name: (getattr(self, field.name), field.default) for field in fields(self)}
        return {name: value for name, (value, default) in values.items() if default is MISSING or value != default}


NULL = Rule("null", lambda value: value is None)
# Halves of a pair of surrogates are in no encoding, so that no table or page could have them.
TEXT = Rule("text in Unicode", lambda value: isinstance(value, str) and not re.search("[\ud800-\udfff]", value))
INTEGER = Rule("an int of 64 bits", lambda value: is_int(value) and -(2**63) <= value < 2**63)
FINITE = number("that is finite", lambda value: abs(value) <= sys.float_info.max)


def size(minimum: int) -> Rule:
    """An int of at least ``minimum`` that can be a number of rows, columns, nodes or bytes."""
    return Rule(f"an int from {minimum} to 2**40", lambda value: is_int(value) and minimum <= value <= 2**40)


def list_of(rule: Rule, shortest: int = 0, longest: int = 1000) -> Rule:
    """A list of so many entries, each of which follows a rule."""
    return Rule(
        f"a list of {shortest} to {longest} entries, each {rule.words}",
        lambda value: isinstance(value, list) and shortest <= len(value) <= longest and all(map(rule.allows, value)),
    )


def table_of(rule: Rule, *names: str, optional: tuple[str, ...] = ()) -> Rule:
    """An object with these keys, each of whose values follows a rule."""
    return Rule(
        f"an object of {', '.join((*names, *optional))}, each {rule.words}",
        lambda value: (
            isinstance(value, dict)
            and {*names} <= value.keys() <= {*names, *optional}
            and all(map(rule.allows, value.values()))
        ),
    )
