"""The part of a fitted model that the report reads: public names, of whatever class."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float64

from isthmus.dense.layers import Layer
from isthmus.parameters import ParameterTable


@runtime_checkable
class Model(Protocol):
    """A fitted autoencoder whose code has a fixed size; ``Autoencoder`` documents each name."""

    parameter_table: ClassVar[ParameterTable]

    activation: str
    scale: str
    noise: object
    random_state: object

    code_size_: int
    n_features_in_: int
    loss_: str
    mean_: Float64[np.ndarray, " features"]
    scale_: Float64[np.ndarray, " features"]
    held_out_: bool
    n_epochs_: int
    best_epoch_: int
    history_: Mapping[str, Sequence[float]]
    start_error_: float
    validation_error_: float
    validation_variance_: float
    pca_error_: float

    @property
    def n_weights(self) -> int: ...
    @property
    def feature_names(self) -> list[str]: ...
    @property
    def scored_rows(self) -> str: ...
    @property
    def layers(self) -> list[Layer]: ...
    @property
    def starts_at_pca(self) -> bool: ...

    def transform(self, X: object) -> object: ...
    def inverse_transform(self, X: object) -> object: ...
    def code_influence(self, X: object, *, standardise: bool = False) -> np.ndarray: ...


@runtime_checkable
class Ordered(Protocol):
    """A model that may know its error at every code size; without an order it raises AttributeError."""

    def rate_distortion(self, X: object, sizes: Sequence[int] | None = None) -> dict[str, np.ndarray]: ...


@runtime_checkable
class Table(Protocol):
    """Rows as an array, a CSR matrix or a dataframe of any library."""

    @property
    def shape(self) -> tuple[int, ...]: ...
