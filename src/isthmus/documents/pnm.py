"""PBM, PGM and PPM; output is in their binary forms."""

import re
from dataclasses import replace

import numpy as np

from isthmus.documents.contract import File, Place, Plan, Rules, decoding
from isthmus.documents.picture import Picture
from isthmus.documents.pillow_images import image_of, opened, picture_of, plan_single, saved
from isthmus.documents.single import write_single
from isthmus.errors import InputError

NAME, HOLDS_BILEVEL = "PNM", True

_SPACE = rb"(?:\s|#[^\n]*\n)+"
_HEADER = re.compile(rb"P([1-6])" + _SPACE + rb"(\d+)" + _SPACE + rb"(\d+)(?:" + _SPACE + rb"(\d+))?")
_CHANNELS = {b"5": 1, b"6": 3}


def plan(file: File, name: str, rules: Rules) -> Plan:
    found = plan_single(file, name, rules, ("PPM",))
    with decoding(name):
        file.seek(0)
        header = _HEADER.match(file.read(4096))
        if header is None:
            raise ValueError("its header cannot be read")
        kind, width, height, largest = header[1], int(header[2]), int(header[3]), int(header[4] or 1)
        if kind in b"456":
            bits = 1 if kind == b"4" else 8 * _CHANNELS[kind] * (1 if largest < 256 else 2)
            file.seek((header.end(3) if kind == b"4" else header.end()) + 1 + (width * bits + 7) // 8 * height)
            if re.match(rb"\s*P[1-6]\s", file.read(16)):
                raise InputError(f"{name}: holds more than one image; split it into files of one.")
    wide = kind in b"36" and largest > 255
    problem = "colours of more than 8 bits are left as they are" if wide else None
    return replace(found, places=(replace(found.places[0], problem=problem),))


def read(path: str, place: Place) -> Picture:
    with opened(path, ("PPM",)) as image:
        if image.mode == "I":
            samples = np.clip(np.array(image), 0, 65535).astype(np.uint16)
            return Picture("grey16", samples, levels=65536)
        return picture_of(image)


def encode(path: str, place: Place, picture: Picture) -> bytes:
    return saved(image_of(picture), "PPM")


write = write_single
