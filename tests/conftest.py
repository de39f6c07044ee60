"""Every function of Isthmus whose arrays are annotated with shapes is checked at run time in the tests."""

from jaxtyping import install_import_hook

install_import_hook("isthmus", "shape_checks.check")
