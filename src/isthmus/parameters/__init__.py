"""The parameters of every estimator, each declared once: default, rule, help, option and search range."""

from isthmus.parameters.convolutional import CONVOLUTIONAL
from isthmus.parameters.declaration import (
    HasParameters,
    Option,
    Parameter,
    ParameterTable,
    SearchRange,
    validate,
    values_of,
)
from isthmus.parameters.dense import DENSE

__all__ = [
    "CONVOLUTIONAL",
    "DENSE",
    "HasParameters",
    "Option",
    "Parameter",
    "ParameterTable",
    "SearchRange",
    "validate",
    "values_of",
]
