"""Options that set the parameters of an Autoencoder, made from the table that declares them."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, NamedTuple

import typer

from isthmus.parameters import DENSE, Option, Parameter

Values = dict[str, object]


class OptionsOf(NamedTuple):
    """Marks the argument of a command that takes the values of some parameters: ``Annotated[Values, OptionsOf(…)]``."""

    names: tuple[str, ...]


def with_parameter_options(command: Callable[..., None]) -> Callable[..., None]:
    """Replace each argument marked with ``OptionsOf`` by one option for each of its parameters."""
    arguments: list[inspect.Parameter] = []
    groups: dict[str, list[tuple[str, Option]]] = {}
    signature = inspect.signature(command)
    for argument in signature.parameters.values():
        mark = next(iter(getattr(argument.annotation, "__metadata__", ())), None)
        if isinstance(mark, OptionsOf):
            declared = [(DENSE[name], option_of(DENSE[name])) for name in mark.names]
            groups[argument.name] = [(parameter.name, option) for parameter, option in declared]
            arguments += [_argument(parameter, option) for parameter, option in declared]
        else:
            arguments.append(argument)

    @wraps(command)
    def run(**given: object) -> None:
        for group, options in groups.items():
            given[group] = {name: option.value_of(given.pop(name)) for name, option in options}
        command(**given)

    run.__dict__["__signature__"] = signature.replace(parameters=arguments)
    run.__annotations__ = {argument.name: argument.annotation for argument in arguments}
    return run


def option_of(parameter: Parameter) -> Option:
    """Return the option of a parameter that has one."""
    assert isinstance(parameter.option, Option), parameter.option
    return parameter.option


def _argument(parameter: Parameter, option: Option) -> inspect.Parameter:
    choices = list(parameter.rule.choices)
    info = typer.Option(*option.flags, help=parameter.help, autocompletion=(lambda: choices) if choices else None)
    default = parameter.default if option.default is None else option.default
    if default is not None and option.kind is not bool:
        default = option.kind(option.text_of(default))
    kind = option.kind if default is not None else option.kind | None
    annotation = Annotated[kind, info]  # type: ignore[valid-type]  # it is made when the program runs
    return inspect.Parameter(parameter.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
