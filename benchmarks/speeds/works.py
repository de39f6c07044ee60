"""The kinds of work that peers share. Each function prepares one, warms it up, and gives a function that runs it once.

A run gives seconds and how much was done in them; its rate is compared. Models of every library have the same methods:
``train(rows, epochs)`` from new weights, ``encode(rows)`` and ``reconstruct(rows)``.
"""

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.speeds.child import named
from benchmarks.speeds.data import made

Run = Callable[[], dict[str, Any]]
_TRIED = 2  # epochs beyond the first, to see how long one takes


def training(work: dict[str, Any]) -> Run:
    """Rows of training: what some epochs take beyond a fit of one, so that nothing done once a fit is counted.

    There are so many that they alone take the seconds asked for. If a fit of one takes longer than that of more, since
    the machine is busy and the work small, all of it is counted.
    """
    rows, model = made(**work["data"]), named(work["model"])(**work["network"])
    model.train(rows, 1)
    once = seconds_of(lambda: model.train(rows, 1))
    more = seconds_of(lambda: model.train(rows, 1 + _TRIED))
    an_epoch = (more - once) / _TRIED if more > once else more / (1 + _TRIED)
    n_epochs = math.ceil(work["seconds"] / an_epoch)

    def run() -> dict[str, Any]:
        one = seconds_of(lambda: model.train(rows, 1))
        more = seconds_of(lambda: model.train(rows, 1 + n_epochs))
        return {"seconds": more - one if one < more else more, "amount": n_epochs * rows.size / work["per"]}

    return run


def quality(work: dict[str, Any]) -> Run:
    """A whole fit, and the error of rows that it was not made of; by epoch where the model tells."""
    train, test = (made(**work["data"], part=part, rows=work["rows"][part]) for part in ("train", "t10k"))
    model = named(work["model"])(**work["network"])
    model.train(train, 1)

    def run() -> dict[str, Any]:
        if hasattr(model, "curve"):
            curve = model.curve(train, work["epochs"], test)
            return {"seconds": curve[-1][0], "amount": 1, "error": curve[-1][1], "curve": curve}
        seconds = seconds_of(lambda: model.train(train, work["epochs"]))
        return {"seconds": seconds, "amount": 1, "error": float(np.mean((model.reconstruct(test) - test) ** 2))}

    return run


def applying(work: dict[str, Any]) -> Run:
    """A fitted model, applied to rows by one of its methods as often as makes enough seconds."""
    rows, model = made(**work["data"]), named(work["model"])(**work["network"])
    model.train(rows[: work["fitted_on"]], 1)
    apply = getattr(model, work["method"])
    apply(rows)
    n_times = math.ceil(work["seconds"] / seconds_of(lambda: apply(rows)))

    def run() -> dict[str, Any]:
        seconds = seconds_of(lambda: [apply(rows) for _ in range(n_times)] and None)
        return {"seconds": seconds, "amount": n_times * rows.size / work["per"]}

    return run


def seconds_of(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began
