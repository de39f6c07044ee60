"""The parameters of every estimator, each declared once: default, rule, help, option and search range."""

from isthmus.parameters.convolutional import CONVOLUTIONAL
from isthmus.parameters.declaration import Option, Parameter, ParameterTable, validate, values_of
from isthmus.parameters.dense import DENSE

__all__ = ["CONVOLUTIONAL", "DENSE", "Option", "Parameter", "ParameterTable", "validate", "values_of"]
