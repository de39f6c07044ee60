"""A signed PDF is never rewritten unless the user says so, wherever its signature is."""

import io
from collections.abc import Callable

import pikepdf
import pytest
from hostile_documents import pdf as scan

from document_pages import page
from isthmus.documents import Rules
from isthmus.errors import ProtectedError

Array, Dictionary, Name = pikepdf.Array, pikepdf.Dictionary, pikepdf.Name


def signature(document: pikepdf.Pdf, **entries: object) -> pikepdf.Object:
    return document.make_indirect(
        Dictionary(Filter=Name("/Adobe.PPKLite"), ByteRange=Array([0, 1, 2, 3]), Contents=b"signed", **entries)
    )


def form(document: pikepdf.Pdf, *fields: pikepdf.Object) -> None:
    document.Root.AcroForm = Dictionary(Fields=Array([document.make_indirect(field) for field in fields]))


def inherited(document: pikepdf.Pdf) -> None:
    """The type of the field is that of the one above it."""
    above = document.make_indirect(Dictionary(FT=Name.Sig, T="a"))
    above.Kids = Array([document.make_indirect(Dictionary(T="b", Parent=above, V=Dictionary(M="today")))])
    form(document, above)


def last_of_many(document: pikepdf.Pdf) -> None:
    texts = [Dictionary(FT=Name.Tx, T=str(number)) for number in range(10_001)]
    form(document, Dictionary(FT=Name.Sig, T="s", V=Dictionary(M="today")), *texts)


def outside_the_form(document: pikepdf.Pdf) -> None:
    widget = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, V=Dictionary(M="today"))
    document.pages[0].Annots = Array([document.make_indirect(widget)])


def within_a_page(document: pikepdf.Pdf) -> None:
    """No object of its own: neither the widget nor the signature."""
    widget = Dictionary(Type=Name.Annot, Subtype=Name.Widget, V=Dictionary(ByteRange=Array([0, 1, 2, 3])))
    document.pages[0].Annots = Array([widget])


def time_stamp(document: pikepdf.Pdf) -> None:
    form(document, Dictionary(T="s", V=document.make_indirect(Dictionary(Type=Name.DocTimeStamp))))


def value_above(document: pikepdf.Pdf) -> None:
    above = document.make_indirect(Dictionary(T="a", V=signature(document)))
    form(document, Dictionary(T="b", FT=Name.Sig, Parent=above))


SIGNED = [inherited, last_of_many, outside_the_form, within_a_page, time_stamp, value_above]


def changed(change: Callable[[pikepdf.Pdf], None], **options: object) -> bytes:
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(scan(page(), Filter="/FlateDecode"))) as document:
        change(document)
        document.save(file, **options)
    return file.getvalue()


@pytest.mark.filterwarnings("ignore:This document has 1 form widget")  # as is meant
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("sign", SIGNED)
def test_a_signature_is_found_wherever_it_is(sign, packed, transform):
    mode = pikepdf.ObjectStreamMode.generate if packed else pikepdf.ObjectStreamMode.disable
    data = changed(sign, object_stream_mode=mode)
    with pytest.raises(ProtectedError, match=r"is signed.*--invalidate-digital-signatures"):
        transform(data, name="in.pdf")
    _, report = transform(data, name="in.pdf", rules=Rules(invalidate_signatures=True))
    assert report.n_changed == 1


def test_a_form_without_a_signature_is_not_signed(transform):
    def fill(document: pikepdf.Pdf) -> None:
        texts = Dictionary(FT=Name.Tx, T="name", V="/Sig /ByteRange"), Dictionary(FT=Name.Btn, T="box", V=Name.Yes)
        form(document, Dictionary(FT=Name.Sig, T="to be signed"), *texts)
        document.Root.AcroForm.SigFlags = 2

    _, report = transform(changed(fill), name="in.pdf")
    assert report.n_changed == 1
