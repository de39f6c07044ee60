"""Every function of Isthmus whose arrays are annotated with shapes is checked at run time in the tests.

The tests are shared out to processes that take one thread each, since threads that wait for each other are slower.
"""

import os

from jaxtyping import install_import_hook

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch and numpy are imported

install_import_hook("isthmus", "shape_checks.check")
