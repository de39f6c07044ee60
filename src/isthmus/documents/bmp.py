"""BMP: Pillow writes the new pixels; the resolution stays."""

from isthmus.documents.contract import File, Place, Plan, Rules
from isthmus.documents.picture import Picture
from isthmus.documents.pillow_images import content, image_of, opened, picture_of, plan_single, saved
from isthmus.documents.single import write_single

NAME, HOLDS_BILEVEL = "BMP", True


def plan(file: File, name: str, rules: Rules) -> Plan:
    return plan_single(file, name, rules, ("BMP",))


def read(path: str, place: Place) -> Picture:
    with opened(path, ("BMP",)) as image:
        return picture_of(image)


def encode(path: str, place: Place, picture: Picture) -> bytes:
    with opened(path, ("BMP",)) as image:
        resolution = image.info.get("dpi")
    data = saved(image_of(picture), "BMP", **({"dpi": resolution} if resolution else {}))
    header = content(path)[38:46]  # pixels per metre: dots per inch would round them
    return data[:38] + header + data[46:]


write = write_single
