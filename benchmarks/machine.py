"""What every benchmark prints first: machine, versions, date."""

import datetime
import os
import platform
from pathlib import Path

import numpy
import sklearn
import torch

import isthmus


def heading() -> str:
    """One line that says where figures come from."""
    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "unknown CPU",
    )
    return (
        f"{datetime.date.today()}, {model}, {os.cpu_count()} cores, {torch.get_num_threads()} threads; "
        f"Python {platform.python_version()}, isthmus {isthmus.__version__}, torch {torch.__version__}, "
        f"scikit-learn {sklearn.__version__}, numpy {numpy.__version__}"
    )
