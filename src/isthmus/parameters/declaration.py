"""Declarations: everything that the other rooms need to know about a parameter of an estimator."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

from isthmus.parameters.rules import Rule, check

# What the search tries by default: a range such as "0.003:1", or a list of choices.
SearchRange = str | Sequence[str | int]


class Option(NamedTuple):
    """The option of ``isthmus fit`` that sets a parameter.

    ``read`` makes a value of a text, given the name of the option for the error; by default the text is the value.
    """

    flags: tuple[str, ...]  # its names, the first of which the report's command uses
    kind: type[str] | type[int] | type[float] | type[bool] = str  # a bool is set by giving the option alone
    read: Callable[[str, str], object] | None = None
    default: str | int | None = None  # the command line's own, where it is not the estimator's
    none: str = ""  # the text that stands for None

    def value_of(self, given: object) -> object:
        """Return the parameter's value for what the command line read; None if the option was not given."""
        if given is None or (self.none and str(given) == self.none):
            return None
        return given if self.read is None else self.read(self.flags[0], str(given))

    def text_of(self, value: object) -> str:
        """Return the text that ``value_of`` makes this value of."""
        if value is None:
            return self.none
        if isinstance(value, str) or not isinstance(value, Sequence):
            return str(value)
        if value and isinstance(value[0], str):  # a kind of noise and its strength
            return ":".join(map(str, value))
        return ",".join(map(str, value)) + "," * (len(value) < 2)


class Parameter(NamedTuple):
    """One parameter of an estimator.

    ``search`` has the default ranges by hyperparameter; most have the parameter's name. Empty: searched only in a range
    that the user gives. A text is the reason why the parameter is never searched.
    """

    name: str
    default: object  # as in the estimator's signature
    rule: Rule  # what its value must be
    help: str  # one line for the command line
    option: Option | str  # the option of ``isthmus fit``, or the reason why it has none
    search: Mapping[str, SearchRange] | str


class ParameterTable:
    """The parameters of an estimator, in the order of the command line's help.

    ``check_together`` checks the rules that join several parameters, given the owner's name and the values.
    """

    def __init__(
        self, *parameters: Parameter, check_together: Callable[[str, Mapping[str, object]], None] | None = None
    ) -> None:
        self._by_name, self._check_together = {parameter.name: parameter for parameter in parameters}, check_together

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._by_name.values())

    def __getitem__(self, name: str) -> Parameter:
        return self._by_name[name]

    def check(self, owner: str, values: Mapping[str, object]) -> None:
        """Raise a ParameterError if a value breaks a rule; parameters that are left out have their defaults."""
        complete = {parameter.name: values.get(parameter.name, parameter.default) for parameter in self}
        for name, value in complete.items():
            check(owner, name, value, self[name].rule)
        if self._check_together is not None:
            self._check_together(owner, complete)

    def search_space(self) -> dict[str, SearchRange]:
        """Return the default range of every hyperparameter that is searched."""
        spaces = (parameter.search for parameter in self if not isinstance(parameter.search, str))
        return {name: values for space in spaces for name, values in space.items()}


@runtime_checkable
class HasParameters(Protocol):
    """An estimator whose class says which parameters it has."""

    parameter_table: ClassVar[ParameterTable]


def values_of(estimator: HasParameters) -> dict[str, object]:
    """Return the value of every parameter of an estimator, in the order of its table."""
    return {parameter.name: getattr(estimator, parameter.name) for parameter in type(estimator).parameter_table}


def validate(estimator: HasParameters) -> None:
    """Raise a ParameterError if a parameter of an estimator breaks a rule, alone or together with others."""
    type(estimator).parameter_table.check(type(estimator).__name__, values_of(estimator))
