"""The space of quick searches."""

QUICK = {"layers": (1, 2), "nodes": (8, 32), "activation": ["relu", "tanh"], "noise": "none"}
