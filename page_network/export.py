"""Write the networks that come with Isthmus as ONNX files, which onnxruntime computes without torch.

    python page_network/export.py [--check]

Reads the model files in page_network/networks and writes src/isthmus/pages/networks, the same bytes each time; with
--check it writes nothing, and fails if those files differ.
"""

import argparse
import sys
from pathlib import Path

import isthmus
from isthmus.pages.shipped import FOLDER, INK, SHIPPED
from onnx_graph import model_of

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
    """The bytes of the ONNX file of a network that comes with Isthmus."""
    module = isthmus.load(MODELS / f"{name}.safetensors").module_
    if module.shift.any() or (module.scale != 1).any():
        raise ValueError(f"{name} must take greys in [0, 1] as they are.")
    return bytes(model_of(module.convolutional).SerializeToString(deterministic=True))


if __name__ == "__main__":
    sys.exit(main())
