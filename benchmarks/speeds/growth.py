"""Work of Isthmus alone within Python, which is measured as it grows: columns, codes, images, pages."""

from typing import Any

import isthmus
from benchmarks.pages.page_cleaning import prepared, size_at, small_page
from benchmarks.speeds import data
from benchmarks.speeds.works import Run, seconds_of


def table(work: dict[str, Any]) -> Run:
    """A fit of one epoch, the start at PCA included."""
    made = data.table(work["rows"], work["columns"])
    isthmus.Autoencoder(2, max_epochs=1, random_state=0).fit(made[:100, :10])
    model = isthmus.Autoencoder(work["codes"], max_epochs=1, random_state=0)
    return lambda: {"seconds": seconds_of(lambda: model.fit(made)), "amount": made.size / work["per"]}


def images(work: dict[str, Any]) -> Run:
    """A fit of one epoch, and the reconstruction of the same images."""
    made = data.noise_images(work["images"], work["size"])
    model = isthmus.ConvAutoencoder(max_epochs=1, random_state=0).fit(made[:, :16, :16])
    return lambda: {
        "seconds": seconds_of(lambda: model.fit(made).reconstruct(made)),
        "amount": made.size / work["per"],
    }


def page(work: dict[str, Any]) -> Run:
    """A page, cleaned."""
    size = size_at(work["dpi"])
    clean = prepared("isthmus.clean", small_page(), work["dpi"], size, "pages")
    return lambda: {"seconds": seconds_of(clean), "amount": size[0] * size[1] / 1e6}
