"""The page in a real browser: no error, no request, both colour schemes, and paper."""

import re

import numpy as np
import pytest
from PIL import Image

from isthmus.report.plots import COLOURS

REPORTS = ("digits_report", "wine_report", "tuned_report", "hostile_report")


def test_the_browser_notices_what_a_page_must_not_do(chromium, tmp_path):
    """The other tests here can fail."""
    path = tmp_path / "bad.html"
    path.write_text('<title>x</title><img src="http://127.0.0.1:9/x.png"><script>console.error("oh")</script>')
    dom, messages, requests = chromium(path, "--dump-dom")
    assert requests == ["http://127.0.0.1:9/x.png"]
    assert len(messages) == 1
    assert "oh" in messages[0]
    assert "<img" in dom


@pytest.mark.parametrize(("name", "policy"), [*((name, False) for name in REPORTS), ("digits_report", True)])
def test_no_message_and_no_request(name, policy, request, chromium, tmp_path):
    """Also without the security policy that the page gives itself: it has nothing to forbid."""
    html = request.getfixturevalue(name).html
    without = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>\n', "", html)
    assert without != html
    path = tmp_path / "report.html"
    path.write_text(html if policy else without)
    dom, messages, requests = chromium(path, "--dump-dom")
    assert messages == []
    assert requests == []
    assert dom.count("<svg") == html.count("<svg")
    assert dom.count("<script") == 0


@pytest.mark.parametrize(("dark", "width"), [(False, 1280), (True, 600)])
def test_both_colour_schemes_are_drawn(dark, width, digits_report, chromium, tmp_path):
    digits_report.save(tmp_path / "report.html")
    picture = tmp_path / "picture.png"
    options = ["--blink-settings=preferredColorScheme=0"] if dark else []
    chromium(tmp_path / "report.html", f"--screenshot={picture}", f"--window-size={width},3000", *options)
    pixels = np.asarray(Image.open(picture).convert("RGB")).reshape(-1, 3) @ [1 << 16, 1 << 8, 1]
    colours = {f"#{rgb:06x}": count for rgb, count in zip(*np.unique_counts(pixels), strict=True)}
    paper, ink, model = (COLOURS[name][int(dark)] for name in ("paper", "ink", "model"))
    assert colours[paper] > 0.6 * len(pixels)
    assert colours[ink] > 500
    assert colours[model] > 500


def test_it_prints_on_a_few_sheets(wine_report, chromium, tmp_path):
    wine_report.save(tmp_path / "report.html")
    chromium(
        tmp_path / "report.html", f"--print-to-pdf={tmp_path / 'page.pdf'}", "--blink-settings=preferredColorScheme=0"
    )
    pdf = (tmp_path / "page.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 10
