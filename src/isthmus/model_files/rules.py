"""Rules for JSON values, beside those that parameters have too."""

import sys

from isthmus.parameters.rules import Rule, is_int, number

NULL = Rule("null", lambda value: value is None)
TEXT = Rule("text", lambda value: isinstance(value, str))
FINITE = number("that is finite", lambda value: abs(value) <= sys.float_info.max)


def size(minimum: int) -> Rule:
    """An int of at least ``minimum`` that can be a number of rows, columns or nodes."""
    return Rule(f"an int from {minimum} to 2**40", lambda value: is_int(value) and minimum <= value <= 2**40)


def list_of(rule: Rule, shortest: int = 0, longest: int = 1000) -> Rule:
    """A list of so many entries, all of which follow a rule."""
    return Rule(
        f"a list, {shortest} to {longest} long, where each is {rule.words}",
        lambda value: isinstance(value, list) and shortest <= len(value) <= longest and all(map(rule.allows, value)),
    )


def table_of(rule: Rule, *names: str, optional: tuple[str, ...] = ()) -> Rule:
    """An object with these keys, all of whose values follow a rule."""
    return Rule(
        f"an object of {', '.join((*names, *optional))}, where each is {rule.words}",
        lambda value: (
            isinstance(value, dict)
            and {*names} <= value.keys() <= {*names, *optional}
            and all(map(rule.allows, value.values()))
        ),
    )
