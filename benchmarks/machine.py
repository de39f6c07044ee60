"""What every benchmark prints first: machine, versions, date."""

import datetime
import os
import platform
import re
from pathlib import Path

import numpy
import sklearn
import torch

import isthmus


def heading() -> str:
    """One line that says where figures come from."""
    return (
        f"{datetime.date.today()}, {cpu_model()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads; "
        f"Python {platform.python_version()}, isthmus {isthmus.__version__}, torch {torch.__version__}, "
        f"scikit-learn {sklearn.__version__}, numpy {numpy.__version__}"
    )


def machine_name() -> str:
    """A short name of the processor and its cores, for files: machines of one kind share it."""
    words = re.findall(r"[a-z0-9]+", re.sub(r"\((r|tm)\)|@.*", "", cpu_model().lower()))
    return "-".join([*words, str(os.cpu_count()), "cores"])


def cpu_model() -> str:
    return next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "unknown CPU",
    )
