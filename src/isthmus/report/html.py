"""Self-contained pages of HTML, by jinja2, which an extra brings."""

from collections.abc import Callable, Mapping
from typing import Any


def rendered(
    package: str, folder: str, name: str, context: Mapping[str, Any], filters: Mapping[str, Callable[..., Any]]
) -> str:
    """The page that a template makes of a context; texts are escaped, and a name that is not given is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 — optional

    environment = Environment(
        loader=PackageLoader(package, folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters)
    return environment.get_template(name).render(context)
