"""Networks in ONNX files, which onnxruntime computes: those that come with Isthmus."""

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.system.onnx_runtime import load_onnxruntime
from isthmus.system.threads import usual_threads

_GIVE_BACK = "memory.enable_memory_arena_shrinkage"


class OnnxNetwork:
    """A network from a file that ``page_network/export.py`` wrote; ``TileNetwork`` says what it is."""

    def __init__(self, path: Path) -> None:
        self._path, self.n_threads = path, 0
        self._session: Any = None
        facts = self._current().get_modelmeta().custom_metadata_map
        self.grid, self.halo = int(facts["grid"]), int(facts["halo"])
        self.values_per_pixel = float(facts["values_per_pixel"])

    def __call__(self, image: Float[np.ndarray, "maps h w"]) -> Float[np.ndarray, "maps h w"]:
        (clean,) = self._current().run(None, {"seen": np.ascontiguousarray(image[None])}, self._options)
        return np.asarray(clean[0])

    @cached_property
    def _options(self) -> Any:
        options = load_onnxruntime().RunOptions()
        options.add_run_config_entry(_GIVE_BACK, "cpu:0")
        return options

    def _current(self) -> Any:
        """The session; a number of threads belongs to a session, and may change from page to page."""
        n_threads = usual_threads()
        if n_threads != self.n_threads:
            self._session, self.n_threads = _session(self._path, n_threads), n_threads
        return self._session


def _session(path: Path, n_threads: int) -> Any:
    onnxruntime = load_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = n_threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # threads that wait use no processor
    options.log_severity_level = 3  # errors, which are raised as well
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
