"""Reports on a transformed document and on each of its pictures."""

from dataclasses import dataclass


def document_name(source: str) -> str:
    """Return the name of a source for messages."""
    return "standard input" if source == "-" else source


@dataclass(frozen=True)
class PageReport:
    """Report on one picture of a document.

    ``number`` counts the pictures of the document from 1; a page of a PDF can have several, or none. ``changed_share``
    is the share of the pixels that are written with other values, however small the change. ``remarks`` are what the
    page function assumed or left undone. An ``Inspector`` fills in the fields from ``removed`` to ``warning``.

    ``removed`` is the share of the pixels whose content was removed. Of ``letters`` marks that resemble letters,
    ``marks`` became pale, and ``gone`` of these are gone; most were ``where``. ``contrast_kept`` is the mean share of
    the contrast of ``letters`` that is left, None without any.

    ``turned`` is by how many degrees clockwise the page was turned to be straight, 0 if it was; ``not_turned`` is why
    it was not, if that was asked for. Shares are of the page before it is turned.
    """

    page: int
    width: int
    height: int
    changed: bool
    changed_share: float = 0.0
    removed: float = 0.0
    letters: int = 0
    marks: int = 0
    gone: int = 0
    where: str = ""
    contrast_kept: float | None = None
    warning: str | None = None
    note: str | None = None
    seconds: float = 0.0
    number: int = 1
    remarks: tuple[str, ...] = ()
    turned: float | None = None
    not_turned: str | None = None

    @property
    def left(self) -> bool:
        """Whether the picture was left as it is, for the reason in ``note``."""
        return self.note is not None and not self.changed


@dataclass(frozen=True)
class DocumentReport:
    """Report on a document: its pictures in order, or the error that it failed with."""

    source: str
    output: str | None
    n_pages: int = 0
    pictures: tuple[PageReport, ...] = ()
    notes: tuple[str, ...] = ()
    error: Exception | None = None
    seconds: float = 0.0

    @property
    def name(self) -> str:
        return document_name(self.source)

    @property
    def n_changed(self) -> int:
        """Number of pictures that were changed."""
        return sum(picture.changed for picture in self.pictures)

    @property
    def n_cleaned(self) -> int:
        """Number of pages on which a picture was changed."""
        return len({picture.page for picture in self.pictures if picture.changed})

    @property
    def n_left(self) -> int:
        """Number of pictures that were left as they are, each with its reason."""
        return sum(picture.left for picture in self.pictures)

    @property
    def warnings(self) -> tuple[str, ...]:
        """One line for each picture that a person should look at."""
        return tuple(f"page {picture.page}: {picture.warning}" for picture in self.pictures if picture.warning)
