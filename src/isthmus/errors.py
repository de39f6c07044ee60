"""The errors of Isthmus, and the exit code of each.

Every error is one sentence that names the place (file, column, row), the rule and the value that broke it, and where
possible says what to do. ``isthmus --help`` lists the exit codes.
"""


class IsthmusError(Exception):
    """The base class of all errors that Isthmus raises; ``exit_code`` is that of the command line."""

    exit_code = 1


class ParameterError(IsthmusError, ValueError, TypeError):
    """A parameter has a value that is not allowed."""

    exit_code = 2


class InputError(IsthmusError, ValueError):
    """The data cannot be used: text, missing values, infinities, ragged rows, an empty or unreadable file."""

    exit_code = 3


class ModelFileError(IsthmusError, ValueError):
    """The file is damaged, hostile, of an unknown version, or not a model file."""

    exit_code = 4


class OutputError(IsthmusError, OSError):
    """The output cannot be written; an existing file stays unchanged."""

    exit_code = 5


class MismatchError(InputError):
    """The data does not fit the model: it has other columns, or another number of columns."""

    exit_code = 6


class MissingExtraError(IsthmusError, ImportError):
    """An optional library is needed but not installed; the message has the command that installs it."""

    exit_code = 7


class ProtectedError(InputError):
    """The document is encrypted or signed, and stays unchanged unless the user allows a change."""

    exit_code = 8


class CoarsePageWarning(UserWarning):
    """A page has so few dots per inch that cleaning can damage its letters."""


class PaleLettersWarning(UserWarning):
    """Marks like letters became pale when a page was cleaned; they may have been text."""


class SkewedPageWarning(UserWarning):
    """A page is not turned straight, since its angle cannot be found surely, or print would be cut off."""


class UnusedCodesWarning(UserWarning):
    """A model has more codes than its rows have dimensions."""


class WorseThanPCAWarning(UserWarning):
    """A fitted network reconstructs the held-out rows worse than PCA with as many codes."""
