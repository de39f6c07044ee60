"""Fill the HTML templates of Isthmus with jinja2, an optional package."""

from collections.abc import Mapping
from functools import partial

from isthmus.report.words import number, percent, times
from isthmus.words import counted


def render(template: str, context: Mapping[str, object]) -> str:
    """Fill a template with values; text is escaped, and a missing value is an error.

    Parameters
    ----------
    template : str
        Path of the template within the package, such as ``"report/template.html"``.
    context : mapping of str to object
        Values by the names that the template uses.

    Returns
    -------
    page : str
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 — optional

    environment = Environment(
        loader=PackageLoader("isthmus", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "percent": percent,
        "times": times,
        "counted": partial(counted, typeset=True),
    }
    return environment.get_template(template).render(context)
