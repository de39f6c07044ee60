"""Fill the HTML templates of Isthmus with jinja2, an optional package."""

from collections.abc import Mapping
from functools import partial

from isthmus.report.words import number, percent, times
from isthmus.words import counted


def render(template: str, context: Mapping[str, object]) -> str:
    """Fill a template with values; text is escaped, and a missing value is an error.

    Bytes of file names that are not UTF-8 are shown as ``\\udcff``, so that the page can be written.

    ``template`` is a path within the package, such as ``"report/template.html"``.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 — optional

    loader = PackageLoader("isthmus", "")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    filters = {"number": number, "percent": percent, "times": times, "counted": partial(counted, typeset=True)}
    environment.filters |= filters
    page = environment.get_template(template).render(context)
    return page.encode(errors="backslashreplace").decode()
