"""Find digital signatures in a PDF, wherever they are (ISO 32000-1, 12.7.4.5 and 12.8)."""

from collections.abc import Iterator

import pikepdf

_DEEPEST = 32


def is_signed(pdf: pikepdf.Pdf) -> bool:
    """Whether the catalogue says so, or any object of the document is a signature or a signed field.

    Every object is looked at, since viewers also find fields that the form does not list. A signature that an earlier
    version of the document had, and that is still in the file, counts.
    """
    form = pdf.Root.get("/AcroForm")
    flags = form.get("/SigFlags", 0) if isinstance(form, pikepdf.Dictionary) else 0
    if "/Perms" in pdf.Root or (isinstance(flags, int) and flags & 1):
        return True
    for item in pdf.objects:
        if isinstance(item, pikepdf.Dictionary | pikepdf.Array):
            text = item.unparse(resolved=True)
            if (b"/Sig" in text or b"/ByteRange" in text or b"/DocTimeStamp" in text or b"/V" in text) and any(
                _is_signature(each) or _is_signed_field(each) for each in _dictionaries(item)
            ):
                return True
    return False


def _dictionaries(item: pikepdf.Object, depth: int = 0) -> Iterator[pikepdf.Dictionary]:
    """A dictionary, and those within it that are no objects of their own."""
    if depth > _DEEPEST or (depth and item.is_indirect):
        return
    if isinstance(item, pikepdf.Dictionary):
        yield item
    values = item.values() if isinstance(item, pikepdf.Dictionary) else item
    for value in values:
        if isinstance(value, pikepdf.Dictionary | pikepdf.Array):
            yield from _dictionaries(value, depth + 1)


def _is_signature(item: pikepdf.Dictionary) -> bool:
    return "/ByteRange" in item or item.get("/Type") in ("/Sig", "/DocTimeStamp")


def _is_signed_field(item: pikepdf.Dictionary) -> bool:
    """Whether a field has a value, and its type, which it can have from a field above it, is a signature."""
    node: pikepdf.Object | None = item
    for _ in range(_DEEPEST) if isinstance(item.get("/V"), pikepdf.Dictionary) else ():
        if not isinstance(node, pikepdf.Dictionary):
            break
        if "/FT" in node:
            return bool(node["/FT"] == "/Sig")
        node = node.get("/Parent")
    return False
