"""What can go wrong, in words that a user understands, and the exit code that each failure has.

Every error of Isthmus is one sentence that names the place (file, column, row), the rule and the value that
broke it, and where there is something to do, says what. ``docs/command-line.md`` prints the exit codes.
"""


class IsthmusError(Exception):
    """The base of all errors that Isthmus raises on purpose; ``exit_code`` is the command line's."""

    exit_code = 1


class ParameterError(IsthmusError, ValueError, TypeError):
    """A parameter has a value that it cannot have."""

    exit_code = 2


class InputError(IsthmusError, ValueError):
    """The data cannot be used: text, missing values, infinities, ragged rows, an empty or unreadable file."""

    exit_code = 3


class ModelFileError(IsthmusError, ValueError):
    """The model file is damaged, hostile, of an unknown version, or no model file at all."""

    exit_code = 4


class OutputError(IsthmusError, OSError):
    """The output cannot be written; what stood there before still does."""

    exit_code = 5


class MismatchError(InputError):
    """The model and the data are both fine, but not of the same kind: other columns, or another width."""

    exit_code = 6


class MissingExtraError(IsthmusError, ImportError):
    """Something that is optional is needed and not installed; the sentence has the command that brings it."""

    exit_code = 7


class ProtectedError(InputError):
    """The document is encrypted or signed, and is left alone unless its user says otherwise."""

    exit_code = 8


class WorseThanPCAWarning(UserWarning):
    """A fitted network reconstructs the held-out rows worse than PCA with as many codes does."""
