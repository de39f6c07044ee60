"""The one way to onnxruntime: it must send nothing anywhere."""

import os
from types import ModuleType


def load_onnxruntime() -> ModuleType:
    """Import onnxruntime, without the reports on its use that its builds, such as 1.32, send to Microsoft.

    These begin with the import, and leave files in the folders of temporary files and caches. Whoever wants them sets
    ``ORT_DISABLE_TELEMETRY`` to 0.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime  # noqa: PLC0415

    module: ModuleType = onnxruntime
    return module
