"""The report: one self-contained page about a fitted model and some rows."""

import html
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils.validation import check_is_fitted

from isthmus.errors import ParameterError
from isthmus.report import reproduce
from isthmus.report.code_map import map_of_codes
from isthmus.report.columns import column_images, columns_of, influence_of
from isthmus.report.examples import example_columns, examples
from isthmus.report.figures import learning_curves
from isthmus.report.html import render
from isthmus.report.images import ImageShape
from isthmus.report.measure import measure
from isthmus.report.plots import css_variables
from isthmus.report.sandwich import sandwich_svg
from isthmus.report.summary import Shares, facts_of, sample_errors
from isthmus.report.words import Names
from isthmus.rows.frames import without_torch
from isthmus.system.extras import require
from isthmus.system.files import atomic_write
from isthmus.system.suffixes import PAGE, check_suffix
from isthmus.words import counted

if TYPE_CHECKING:
    from isthmus.report.model import Model, Table


@dataclass(frozen=True, repr=False)
class Report:
    """A page of HTML about a model, which notebooks show.

    Attributes
    ----------
    html : str
        The whole page. It needs no other file and no network.
    """

    html: str

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page to a file, whole or not at all; raises OutputError if that fails, or for another suffix."""
        check_suffix(path, PAGE, "is to be an HTML page")
        with atomic_write(path) as file:
            file.write(self.html.encode())

    def __repr__(self) -> str:
        return f"Report({len(self.html.encode()) / 1024:.0f} kB of HTML; .save(path) writes it)"

    def _repr_html_(self) -> str:
        page = html.escape(self.html)
        style = "width:100%;height:45rem;border:1px solid #8886;border-radius:4px"
        return f'<iframe title="Isthmus report" sandbox srcdoc="{page}" style="{style}"></iframe>'


@dataclass(frozen=True)
class Section:
    """A section that someone else adds to a report.

    ``name`` is its identifier on the page (its heading has ``{name}-title``), ``title`` its entry in the navigation,
    and ``html`` its content: a ``header`` and a ``div``, already escaped.
    """

    name: str
    title: str
    html: str


def report(
    model: "Model",
    X: object,
    *,
    path: str | os.PathLike[str] | None = None,
    image_shape: Sequence[int] | None = None,
    colour: object = None,
    colour_name: str | None = None,
    title: str | None = None,
    command: str | None = None,
    date: str | None = None,
    sections: Sequence[Section] = (),
) -> Report:
    """Describe a fitted model, and how it reconstructs some rows, on one self-contained page.

    The same model, rows and versions give the same bytes.

    Parameters
    ----------
    model : Autoencoder or ConvAutoencoder
        A fitted model with a code of a fixed size.
    X : array, dataframe, tensor or CSR matrix of shape (n_rows, n_features)
        The rows to report on; preferably rows that the model was not trained on.
    path : path, optional
        File to write the page to, as ``Report.save`` does.
    image_shape : tuple of int, optional
        ``(height, width)`` or ``(height, width, 3)`` if each row is an image; a ``ConvAutoencoder`` knows it.
    colour : str or array of shape (n_rows,), optional
        What colours the map of the codes: the name of a column, or a value or label for each row. By default the error
        of each row.
    colour_name : str, optional
        What the values of ``colour`` mean; by default the name of the series, if it is one.
    title : str, optional
        Heading of the page.
    command : str, optional
        The command that made the report, to be printed on it.
    date : str, optional
        Date to be printed on the page as it is; none by default, so that reports can be compared.
    sections : sequence of Section, optional
        Further sections, such as a search's; they come last but one.

    Returns
    -------
    report : Report

    Raises
    ------
    MissingExtraError
        If matplotlib or jinja2 is not installed.
    ParameterError
        If ``image_shape`` or ``colour`` does not fit the model or the rows, or the model has no code of a fixed size
        (a ``ValueError``).
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from isthmus import Autoencoder
    >>> from isthmus.report import report
    >>> X = load_digits().data
    >>> model = Autoencoder(8, max_epochs=2, random_state=0).fit(X[:1500])
    >>> page = report(model, X[1500:], image_shape=(8, 8))
    >>> page.html[:15]
    '<!DOCTYPE html>'

    ``page.save("report.html")`` writes it, and a notebook shows it.
    """
    require("report")
    check_is_fitted(model)
    if not hasattr(model, "pca_error_"):
        needs = "A report compares the code with PCA's, but this model has no code of a fixed size"
        raise ParameterError(f"{needs}; fit it with code_size=….")
    rows = _flat(X)
    shape = ImageShape.of(_image_shape_of(model) if image_shape is None else image_shape, model.n_features_in_)
    measured = measure(model, rows)
    sampled, names = sample_errors(model, rows, measured), Names(model.feature_names)
    columns = counted(model.n_features_in_, "column", typeset=True)
    context = {
        "variables": css_variables(),
        "title": title or f"{columns} in {counted(model.code_size_, 'code', typeset=True)}",
        "command": command,
        "date": date,
        "model": model,
        "facts": facts_of(model),
        "measured": measured,
        "names": names,
        "shape": shape,
        "scored": Shares.of(model.validation_error_, model.pca_error_, model.validation_variance_),
        "lost": measured.error / measured.variance if measured.variance > 0 else None,
        "sampled": sampled,
        "sandwich": sandwich_svg(model.layers),
        "learning": learning_curves(model),
        "examples": examples(model, rows, measured, shape),
        "example_columns": example_columns(measured),
        "columns": columns_of(measured),
        "column_images": None if shape is None else column_images(measured, shape),
        "map": map_of_codes(measured, model.feature_names, names, colour=colour, colour_name=colour_name),
        "influence": influence_of(model, rows, measured, shape),
        "sections": sections,
        "python": reproduce.python_code(model),
        "has_seed": reproduce.has_seed(model),
        "fit_command": reproduce.fit_command(model),
        "versions": reproduce.versions(model),
        "fingerprint": reproduce.fingerprint(measured.sample_values),
    }
    page = Report(render("report/template.html", context))
    if path is not None:
        page.save(path)
    return page


def _flat(X: object) -> "Table":
    """The rows as a table, with one line of values each."""
    X = without_torch(X)
    if not hasattr(X, "shape"):
        X = np.asarray(X)
    return np.asarray(X).reshape(X.shape[0], -1) if len(X.shape) > 2 else X


def _image_shape_of(model: "Model") -> tuple[int, ...] | None:
    """Height, width and colours, if the model knows images that can be drawn."""
    height, width, channels = getattr(model, "image_shape_", (1, 1, 1))
    return {1: (height, width), 3: (height, width, 3)}.get(channels) if height > 1 else None
