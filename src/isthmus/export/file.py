"""One ONNX file: a graph with its metadata, written whole or not at all once onnxruntime has computed it right."""

import os
from collections.abc import Iterable, Mapping

from isthmus.export.check import Sample, check
from isthmus.export.graph import Graph
from isthmus.system.files import atomic_write
from isthmus.words import printable


def write_onnx(
    path: str | os.PathLike[str], graph: Graph, name: str, metadata: Mapping[str, str], samples: Iterable[Sample]
) -> None:
    """Write a graph to a file after it gave the model's results for all samples.

    ParameterError if it is too large for ONNX; OutputError if it gives other results, or the file cannot be written.
    """
    content = graph.model(name, metadata)
    check(content, samples, printable(os.fspath(path)))
    with atomic_write(path) as file:
        file.write(content)
