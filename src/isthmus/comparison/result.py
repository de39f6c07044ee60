"""Comparison: the figures and a sentence about them, as text, Markdown, HTML, CSV, JSON or a plot."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64, Int64

from isthmus.comparison import formats
from isthmus.comparison.sentence import codes_sentence, codes_text, errors_sentence
from isthmus.estimators.dense import Autoencoder
from isthmus.parameters.rules import refuse
from isthmus.report.formats import csv_text, json_text
from isthmus.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """The mean, PCA, a randomly initialised network and Isthmus on the same held-out rows; ``compare`` makes it.

    Attributes
    ----------
    results : dict of ndarray
        A table's columns, a line a measurement: ``pandas.DataFrame(comparison.results)``. ``"model"`` is "mean" (once,
        with code size 0), "pca", "random" or "isthmus"; ``"code_size"`` the number of codes; ``"error"`` the mean
        squared error; ``"variance_explained"`` 1 − error / the mean's error (NaN if the held-out rows do not vary about
        the mean; negative if a model is worse than the mean); ``"seconds"`` the time to fit.
    pca_errors : ndarray of shape (n_components + 1,)
        PCA's error with 0 (the mean alone), 1, 2, … and all components. There are as many components as training rows
        or columns, whichever are fewer (none if all training rows are equal); larger codes do not help PCA.
    models : dict of dict
        The fitted networks: ``models["isthmus"][8]`` and ``models["random"][8]`` have 8 codes.
    test_index : ndarray of shape (n_test,)
        Positions of the held-out rows.
    n_train, n_features : int
        Number of training rows, and of columns.
    error_unit : str
        Unit of the errors: "the data's units" (squared) or "standardised columns".
    """

    results: dict[str, np.ndarray]
    pca_errors: Float64[np.ndarray, " sizes"]
    models: dict[str, dict[int, Autoencoder]]
    test_index: Int64[np.ndarray, " test_rows"]
    n_train: int
    n_features: int
    error_unit: str

    @cached_property
    def code_sizes(self) -> tuple[int, ...]:
        """The fitted code sizes, in order."""
        return tuple(self.models["isthmus"])

    @property
    def pca_variance_explained(self) -> Float64[np.ndarray, " sizes"]:
        """The share of variance that PCA explains with 0, 1, … and all components; NaN if there is no variance."""
        return 1 - self.pca_errors / (self._variance or np.nan)

    @property
    def sentence(self) -> str:
        """The result in words, for 95 % of the variance."""
        return self.describe()

    def describe(self, share: float = 0.95) -> str:
        """Say how many codes Isthmus and PCA need for a share of the variance, and whose errors are lower.

        PCA's number is exact. Isthmus is known only at the fitted sizes, so it needs "at most" the smallest of them
        that is enough. Errors that differ by less than a millionth of the variance are called equal.
        Raises ParameterError (a ``ValueError``) if ``share`` is not in (0, 1].
        """
        if not 0 < share <= 1:
            raise refuse("describe", "share", "a number in (0, 1]", share)
        rows = counted(len(self.test_index), "held-out row")
        if self._variance == 0:
            return f"There is no variance to explain: the mean of the training rows reconstructs the {rows} exactly."
        explained, isthmus = (self.by_size("isthmus", column) for column in ("variance_explained", "error"))
        others = {"PCA's": self.by_size("pca", "error"), "the random initialisation's": self.by_size("random", "error")}
        codes = codes_sentence(explained, self.pca_variance_explained.tolist(), share, rows)
        return f"{codes} {errors_sentence(isthmus, others, 1e-6 * self._variance)}"

    def by_size(self, model: str, column: str) -> dict[int, float]:
        """A column of the results for one model, by code size."""
        chosen = self.results["model"] == model
        sizes, values = self.results["code_size"][chosen], self.results[column][chosen]
        return dict(zip(sizes.tolist(), values.tolist(), strict=True))

    def to_csv(self) -> str:
        """One line for each measurement, with all digits; an undefined share is empty."""
        return csv_text(self.results, self._rows)

    def to_json(self) -> str:
        """Everything but the networks, with all digits; an undefined share is null."""
        found: dict[str, object] = {
            "sentence": self.sentence,
            "n_train": self.n_train,
            "n_test": len(self.test_index),
            "n_features": self.n_features,
            "error_unit": self.error_unit,
            "results": [dict(zip(self.results, row, strict=True)) for row in self._rows],
            "pca_errors": self.pca_errors.tolist(),
        }
        return json_text(found)

    def to_markdown(self) -> str:
        """A table with a line for each code size, rounded, and the sentence."""
        return formats.markdown(self.heading, self._lines, self.sentence)

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the share of variance explained by code size into ``ax``, and return it.

        By default draw into a new figure of pyplot, with the sentence above it. Raises MissingExtraError (an
        ``ImportError``) without matplotlib: ``pip install "isthmus[report]"``.
        """
        from isthmus.comparison.plot import plot_comparison  # noqa: PLC0415 — matplotlib is optional

        return plot_comparison(self, ax)

    @property
    def heading(self) -> str:
        """A line about the rows and the units."""
        rows = f"{counted(len(self.test_index), 'held-out row')} of {counted(self.n_features, 'column')}"
        return (
            f"{rows}, after fitting on {self.n_train}. "
            f"The mean alone has an error of {formats.number(self.pca_errors[0])}, in {self.error_unit}."
        )

    @property
    def _variance(self) -> float:
        """The mean's error; 0 if it is rounding alone."""
        return 0.0 if np.isnan(self.results["variance_explained"][0]) else float(self.pca_errors[0])

    @property
    def _rows(self) -> list[tuple[object, ...]]:
        return list(zip(*(column.tolist() for column in self.results.values()), strict=True))

    @property
    def _lines(self) -> formats.Lines:
        return formats.lines(self.code_sizes, self.by_size)

    def to_text(self, mark: Callable[[str], str] = str) -> str:
        """The text that ``print`` shows: a table with a line for each code size, rounded, and the sentence.

        ``mark`` highlights a cell with the lowest error of its line: it takes the text and returns what to show.
        """
        return formats.plain(self.heading, self._lines, self.sentence, mark)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"<Comparison with {codes_text(*self.code_sizes)}: {self.sentence}>"

    def _repr_html_(self) -> str:
        return formats.html_table(self.heading, self._lines, self.sentence)
