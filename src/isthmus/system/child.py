"""Run a module in a child process while its parent lives: ``python -m isthmus.system.child PARENT MODULE …``.

The parent is watched from the beginning, before the module has imported anything.
"""

import os
import runpy
import signal
import sys
import threading
import time

_OFTEN = 0.2  # seconds
_TIME_TO_CLEAN_UP = 1.0  # seconds that the module itself has, if it notices


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_OFTEN)
    time.sleep(_TIME_TO_CLEAN_UP)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with, args=(int(sys.argv[1]),), daemon=True).start()
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
