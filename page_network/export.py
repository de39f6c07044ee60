"""Write the networks that come with Isthmus as ONNX files, which onnxruntime computes without torch.

    python page_network/export.py [--check]

Reads the model files in page_network/networks and writes src/isthmus/pages/networks, the same bytes each time; with
--check it writes nothing, and fails if those files differ.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

import isthmus
from isthmus.export.graph import Graph
from isthmus.export.images import reconstructed
from isthmus.export.steps import FLOAT32
from isthmus.networks import fold_batch_norm, halo, values_per_pixel
from isthmus.pages.shipped import FOLDER, INK, SHIPPED

MODELS = Path(__file__).parent / "networks"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    arguments = parser.parse_args()
    differ = [name for name in (*SHIPPED, INK) if not written(name, arguments.check)]
    if differ:
        print(f"{', '.join(differ)}: differ from what page_network/networks gives.", file=sys.stderr)
    return int(bool(differ))


def written(name: str, check: bool) -> bool:
    """Write a network, or return whether the file has these bytes."""
    content, path = exported(name), FOLDER / f"{name}.onnx"
    if check:
        return path.read_bytes() == content
    FOLDER.mkdir(exist_ok=True)
    path.write_bytes(content)
    print(f"{path}: {len(content) / 1e6:.2f} MB")
    return True


def exported(name: str) -> bytes:
    """The bytes of the ONNX file of a network that comes with Isthmus: from greys or colours in [0, 1] to these.

    Its metadata say what tiles need: ``grid``, to which they are aligned; ``halo``, how many pixels around a tile its
    output depends on; and ``values_per_pixel``, the size of the finest layer.
    """
    module = isthmus.load(MODELS / f"{name}.safetensors").module_
    if module.shift.any() or (module.scale != 1).any():
        raise ValueError(f"{name} must take greys in [0, 1] as they are.")
    network, graph = fold_batch_norm(module.convolutional).float(), Graph()
    shape = ["images", network.channels, "height", "width"]
    clean = reconstructed(graph, network, graph.input("seen", FLOAT32, shape))
    if network.output == "sigmoid":
        clean = graph.add("Sigmoid", clean)
    else:
        clean = graph.add("Clip", clean, *(np.array(end, np.float32) for end in (0, 1)))
    graph.output(clean, "clean", FLOAT32, shape)
    return graph.model(
        name,
        {"grid": str(network.grid), "halo": str(halo(network)), "values_per_pixel": str(values_per_pixel(network))},
    )


if __name__ == "__main__":
    sys.exit(main())
