"""Run a program where some libraries cannot be imported: ``python without.py torch,pyarrow PROGRAM.py …``."""

import runpy
import sys
from importlib.machinery import PathFinder
from pathlib import Path


class Without(PathFinder):
    """Finds every module but those of some libraries."""

    refused: tuple[str, ...] = ()

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        return None if fullname.split(".")[0] in cls.refused else PathFinder.find_spec(fullname, path, target)


if __name__ == "__main__":
    Without.refused = tuple(sys.argv[1].split(","))
    sys.meta_path[:] = [Without if finder is PathFinder else finder for finder in sys.meta_path]
    sys.argv = sys.argv[2:]
    sys.path[0] = str(Path(sys.argv[0]).parent)
    runpy.run_path(sys.argv[0], run_name="__main__")
