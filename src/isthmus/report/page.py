"""The report: one self-contained page about a fitted model and some rows."""

import html
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from isthmus.errors import ParameterError
from isthmus.estimators.base import BaseAutoencoder
from isthmus.report import reproduce, sections
from isthmus.report.html import rendered
from isthmus.report.images import ImageShape
from isthmus.report.measure import measure
from isthmus.report.plots import css_variables, require_report_extra
from isthmus.report.sandwich import sandwich_svg
from isthmus.report.words import Names, counted, number, percent, times
from isthmus.system.files import atomic_write
from isthmus.tuning.section import tuning

if TYPE_CHECKING:
    from isthmus.tuning import AutoencoderSearch


@dataclass(frozen=True, repr=False)
class Report:
    """A report as a page of HTML, which a notebook shows.

    Attributes
    ----------
    html : str
        The whole page. It needs no other file and no network.
    """

    html: str

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page to a file, whole or not at all.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        with atomic_write(path) as file:
            file.write(self.html.encode())

    def __repr__(self) -> str:
        return f"Report({len(self.html.encode()) / 1024:.0f} kB of HTML; .save(path) writes it)"

    def _repr_html_(self) -> str:
        page = html.escape(self.html)
        style = "width:100%;height:45rem;border:1px solid #8886;border-radius:4px"
        return f'<iframe title="Isthmus report" sandbox srcdoc="{page}" style="{style}"></iframe>'


def report(
    model: BaseAutoencoder,
    X: Any,
    *,
    path: str | os.PathLike[str] | None = None,
    image_shape: Sequence[int] | None = None,
    colour: Any = None,
    colour_name: str | None = None,
    title: str | None = None,
    command: str | None = None,
    date: str | None = None,
    search: "AutoencoderSearch | None" = None,
) -> Report:
    """Describe a fitted model, and what it does to some rows, on one self-contained page.

    The same model, rows and versions give the same bytes.

    Parameters
    ----------
    model : Autoencoder
        A fitted model.
    X : array, dataframe, tensor or CSR matrix of shape (n_rows, n_features)
        The rows to report on; best those that the model has never seen.
    path : path, optional
        File to write the page to, as ``Report.save`` does.
    image_shape : tuple of int, optional
        ``(height, width)`` or ``(height, width, 3)``, where each row is an image; a ``ConvAutoencoder`` knows it.
    colour : str or array of shape (n_rows,), optional
        What the map of the codes is coloured by: the name of a column, or a value or label for each row. By default
        the error of the row.
    colour_name : str, optional
        What the values of ``colour`` are; by default the name of the series, if it is one.
    title : str, optional
        Heading of the page.
    command : str, optional
        The command that made the report, to be printed on it.
    date : str, optional
        To be printed on the page as it is; none by default, so that reports can be compared.
    search : AutoencoderSearch, optional
        The search that chose the model, to be told about.

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
    require_report_extra()
    check_is_fitted(model)
    if not hasattr(model, "pca_error_"):
        raise ParameterError(
            "A report compares a code with PCA's, and this model has no code of a fixed size; fit it with code_size=…."
        )
    X = X if hasattr(X, "shape") else np.asarray(X)
    X = X.reshape(len(X), -1) if len(X.shape) > 2 else X
    shape = ImageShape.of(_image_shape_of(model) if image_shape is None else image_shape, model.n_features_in_)
    measured = measure(model, X)
    given = sections.errors_on(model, X, measured)
    names = Names(sections.column_names(model))
    context = {
        "variables": css_variables(),
        "title": title or f"{counted(model.n_features_in_, 'column')} in {counted(model.code_size_, 'code')}",
        "command": command,
        "date": date,
        "model": model,
        "measured": measured,
        "names": names,
        "facts": sections.facts_of(model),
        "held": sections.shares(model.validation_error_, model.pca_error_, model.validation_variance_),
        "given": given,
        "sandwich": sandwich_svg(model.layers),
        "learning": sections.learning(model),
        "rate": sections.rate(given),
        "examples": sections.examples(model, X, measured, shape),
        "by_column": sections.errors_by_column(measured, shape),
        "map": sections.map_of_codes(model, measured, names, (colour, colour_name)),
        "influence": sections.influence_of_codes(model, X, measured, shape),
        "tuning": None if search is None else tuning(search),
        "reproduce": {
            "python": reproduce.python_code(model),
            "has_seed": reproduce.has_seed(model),
            "fit": reproduce.fit_command(model),
            "versions": reproduce.versions(),
            "fingerprint": reproduce.fingerprint(measured.sample_values),
        },
    }
    filters: dict[str, Any] = {"number": number, "percent": percent, "times": times, "counted": counted}
    made = Report(rendered("isthmus", "report", "template.html", context, filters))
    if path is not None:
        made.save(path)
    return made


def _image_shape_of(model: Any) -> tuple[int, ...] | None:
    """What a model of images knows of them, where they can be drawn."""
    height, width, channels = getattr(model, "image_shape_", (1, 1, 1))
    return {1: (height, width), 3: (height, width, 3)}.get(channels) if height > 1 else None
