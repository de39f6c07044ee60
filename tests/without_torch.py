"""Run a program without torch and pyarrow, as in a base install: ``python without_torch.py PROGRAM.py``."""

import runpy
import sys
from importlib.machinery import PathFinder
from pathlib import Path


class WithoutTorch(PathFinder):
    """Finds every module but torch and pyarrow."""

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        return None if fullname.split(".")[0] in ("torch", "pyarrow") else PathFinder.find_spec(fullname, path, target)


if __name__ == "__main__":
    sys.meta_path[:] = [WithoutTorch if finder is PathFinder else finder for finder in sys.meta_path]
    sys.argv = sys.argv[1:]
    sys.path[0] = str(Path(sys.argv[0]).parent)
    runpy.run_path(sys.argv[0], run_name="__main__")
