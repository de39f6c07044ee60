"""Options that say what network is to be fitted, and how their texts are read: what fit and compare have in common."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from isthmus.cli.outputs import say
from isthmus.errors import ParameterError

# What completion offers, and the help names: written here, too, since the estimator takes seconds to import.
ACTIVATIONS = ("identity", "relu", "leaky_relu", "sigmoid", "tanh", "elu", "gelu", "silu")
LOSSES = ("auto", "mse", "bce")
STARTS = ("pca", "random")
NOISES = ("gaussian", "masking", "salt_and_pepper")
SCALES = ("standard", "global", "none", "auto")
DEVICES = ("auto", "cpu", "cuda")


def listed_or(choices: Sequence[str]) -> str:
    """Choices as a sentence lists them."""
    return " or ".join([", ".join(choices[:-1]), choices[-1]])


EncoderLayers = Annotated[
    str, typer.Option("--encoder-layers", "--layers", help="Hidden layers: a number, or nodes such as 256,128.")
]
Activation = Annotated[str, typer.Option(help=f"{listed_or(ACTIVATIONS)}.", autocompletion=lambda: ACTIVATIONS)]
Loss = Annotated[str, typer.Option(help="auto, mse or bce (for values in [0, 1]).", autocompletion=lambda: LOSSES)]
Scale = Annotated[
    str,
    typer.Option(help="standard (each column by its deviation), global, none or auto.", autocompletion=lambda: SCALES),
]
MaxEpochs = Annotated[int, typer.Option(help="Epochs at most.")]
Columns = Annotated[
    list[str] | None, typer.Option(help="Columns to use (repeat, or separate by commas).  [default: all]")
]
Exclude = Annotated[list[str] | None, typer.Option(help="Columns to leave out.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, …", autocompletion=lambda: DEVICES)]


def number(option: str, text: str) -> int | float:
    """A whole number, or else a number."""
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            raise ParameterError(f"{option} must be a number. Got {text!r} instead.") from None


def layers(option: str, text: str) -> int | tuple[int, ...]:
    """How many layers, or the nodes of each."""
    try:
        widths = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise ParameterError(
            f"{option} must be a number of layers, or nodes separated by commas. Got {text!r} instead."
        ) from None
    return widths if "," in text else widths[0] if widths else 0


def speaking(work: Callable[[], Any]) -> Any:
    """Do the work, and say in a sentence, once, what a Python user is warned of."""
    import warnings

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = work()
    for message in dict.fromkeys(str(warning.message) for warning in caught):
        say(f"isthmus: {message}")
    return result
