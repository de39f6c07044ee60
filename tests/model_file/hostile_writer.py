"""What a hostile writer of model files does: change anything, and sign it."""

import hashlib
import json
import struct

from hypothesis import strategies as st

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def split(content: bytes) -> tuple[dict, bytes]:
    n = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + n]), content[8 + n :]


def join(header: dict | str, data: bytes, *, sign: bool = True) -> bytes:
    """A file with this header whose checksum is right, as a hostile writer would make it."""
    if isinstance(header, dict):
        if sign and "__metadata__" in header:
            header["__metadata__"]["sha256"] = "0" * 64
        header = json.dumps(header)
    raw = header.encode("utf-8", "surrogatepass")
    content = struct.pack("<Q", len(raw)) + raw + data
    if not sign:
        return content
    digest = hashlib.sha256(content).hexdigest()
    return content.replace(b'"sha256": "' + b"0" * 64, b'"sha256": "' + digest.encode(), 1)


def changed(content: bytes, change) -> bytes:
    header, data = split(content)
    result = change(header, data)
    header, data = result if isinstance(result, tuple) else (header, data)
    return join(header, data)


def changed_settings(content: bytes, change) -> bytes:
    def apply(header, data):
        found = json.loads(header["__metadata__"]["settings"])
        change(found)
        header["__metadata__"]["settings"] = json.dumps(found)

    return changed(content, apply)


def set_in(*path, value):
    def change(tree):
        for key in path[:-1]:
            tree = tree[key]
        tree[path[-1]] = value

    return change
