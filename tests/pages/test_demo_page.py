"""The page of the demo goes into the report of the demo."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isthmus import Autoencoder

DEMO = Path(__file__).parents[2] / "demo" / "page.py"


def test_the_section_stands_in_the_report_with_a_link_to_it(tmp_path):
    for module in ("matplotlib", "jinja2"):
        pytest.importorskip(module, reason="the report needs it")
    specification = importlib.util.spec_from_file_location("demo_page", DEMO)
    demo = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(demo)
    rows = np.random.default_rng(0).normal(size=(60, 5))
    model = Autoencoder(2, max_epochs=1, random_state=0).fit(rows)
    report = tmp_path / "report.html"
    model.report(rows).save(report)
    page, original = Image.new("L", (40, 60), 153), Image.new("L", (40, 60), 255)
    assert demo.distance(page, original) == pytest.approx(0.4)
    demo.add(report, demo.SECTION.format(figures=demo.figure("before", page)))
    text = report.read_text()
    assert text.index('<a href="#page">') < text.index('<section id="page"') < text.index("data:image/jpeg;base64,")
    assert text.count("<section") == text.count("</section>") == text.count('<li><a href="#')
    assert text.rstrip().endswith("</html>")
