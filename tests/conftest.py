"""Every function of Isthmus whose arrays are annotated with shapes is checked at run time in the tests.

The tests are shared out to processes that take one thread each, since threads that wait for each other are slower.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings
from jaxtyping import install_import_hook

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch and numpy are imported

install_import_hook("isthmus", "shape_checks.check")
ROOT = Path(__file__).parents[1]
SLOW_TIMEOUT = 3600  # seconds

# No test depends on how busy the machine is; timeouts end what hangs.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_collection_modifyitems(items):
    """Mark the tests by what they use, so that nobody has to remember it."""
    for item in items:
        if "chromium_program" in item.fixturenames:
            item.add_marker("browser")
        if starts_programs(item.module):
            item.add_marker("subprocess")
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.timeout(SLOW_TIMEOUT))


@cache
def starts_programs(module: ModuleType) -> bool:
    """Whether a file of tests, or a helper or benchmark that it imports from, imports ``subprocess``."""
    names = {getattr(value, "__module__", None) or getattr(value, "__name__", None) for value in vars(module).values()}
    helpers = [each for name, each in sys.modules.items() if name in names and not name.startswith("isthmus")]
    ours = [each for each in helpers if ROOT in Path(getattr(each, "__file__", None) or "/").parents]
    return any(value is subprocess for each in [module, *ours] for value in vars(each).values())


@pytest.fixture(scope="session")
def chromium_program():
    """Where Chromium is."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        reason = "there is no Chromium to open the page in; apt install chromium brings it"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return program


@pytest.fixture(scope="session")
def chromium(chromium_program, tmp_path_factory):
    """A function that opens a file in Chromium with some options: its stdout, its messages and its requests."""
    folder = tmp_path_factory.mktemp("chromium")

    def open_page(path, *options):
        log = folder / "net.json"
        log.unlink(missing_ok=True)
        quiet = ("background-networking", "component-update", "sync", "default-apps", "gpu")
        found = subprocess.run(
            [chromium_program, "--headless", "--no-sandbox", "--no-first-run", *(f"--disable-{part}" for part in quiet),
             f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}", "--enable-logging=stderr",
             "--hide-scrollbars", *options, path.as_uri()],
            capture_output=True, timeout=600, check=True, text=True,
        )  # fmt: skip
        messages = re.findall(r":CONSOLE.*", found.stderr)
        events = json.loads(log.read_text())["events"]
        # What Chromium asks for itself has "not an origin" as its initiator.
        requests = [
            event["params"]["url"]
            for event in events
            if event.get("params", {}).get("initiator", "not an origin") != "not an origin"
        ]
        return found.stdout, messages, requests

    return open_page
