"""A page that can be asked about, and names that mean harm."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "img", "br", "hr", "input"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """The elements of a page in order, with all text that is in them; it must be well nested."""

    source: str
    elements: list[Element] = field(default_factory=list)

    def __post_init__(self):
        super().__init__(convert_charrefs=True)
        self._open: list[Element] = []
        self.feed(self.source)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs), f"an attribute twice: {tag} {attrs}"
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag):
        assert self._open, f"closed and never opened: {tag}"
        assert self._open.pop().tag == tag

    def handle_data(self, data):
        for element in self._open:
            element.text += data

    def all(self, *tags):
        return [element for element in self.elements if element.tag in tags]

    def by_id(self, identifier):
        (found,) = [element for element in self.elements if element.attributes.get("id") == identifier]
        return found

    def number(self, identifier):
        """The exact number behind one that is printed."""
        return float(self.by_id(identifier).attributes["value"])

    @property
    def words(self):
        """What a reader reads, without the style sheet, as one line."""
        body = "".join(element.text for element in self.all("body"))
        return re.sub(r"[\s\u202f]+", " ", body)


NAMES = [
    '<script>alert("name")</script>',
    "a" * 10_000,
    "\u202eevil\u202c",
    "\u200fשלום\u200f",
    '"><img src=x onerror=alert(1)>',
    "",
    "$x^2$ & <b>bold",
    "two\nlines\x00",
    "日本語",
    "{{ 7 * 7 }}",
    "</svg></style><iframe>",
    "\ud800 alone",
]
