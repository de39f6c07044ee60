"""The section about a search: its figures are those of the search, whatever was searched for."""

import numpy as np
import pytest
from report_pages import Page

from isthmus import Autoencoder, ConvAutoencoder, tune
from isthmus.report import report


def rows_of(section, page):
    """The cells of a section's table, by the first of them."""
    start = page.source.index(f'id="{section}"')
    inside = Page(page.source[start:].partition("<tbody>")[2].partition("</tbody>")[0])
    return [[cell.text for cell in inside.all("th", "td")][i : i + 3] for i in range(0, len(inside.all("th", "td")), 3)]


def test_the_section_tells_what_the_search_found(tuned, tuned_report):
    search, _ = tuned
    page = Page(tuned_report.html)
    words = page.words.replace("\u00a0", " ")
    assert search.result_.sentence in words
    assert search.result_.heading in words
    (history,) = [
        label for label in (e.attributes["aria-label"] for e in page.all("svg")) if "trials (variance lost)" in label
    ]
    best = max(trial.merit for trial in search.result_.trials)
    assert f"the best {100 * (1 - best):.3g} %" in history
    assert f"PCA {100 * search.result_.pca_unexplained[3]:.3g} %" in history


def test_importances_are_shares_of_what_was_searched(tuned, tuned_report):
    search, _ = tuned
    table = rows_of("tuning", Page(tuned_report.html))
    assert {line[0] for line in table} == {name.replace("_", " ") for name in search.study_.best_params}
    shares = [float(line[2].replace("\u202f%", "")) for line in table]
    assert sum(shares) == pytest.approx(100, abs=0.5)
    assert shares == sorted(shares, reverse=True)


def test_the_chosen_network_is_drawn_and_so_is_the_default(tuned, tuned_report):
    search, _ = tuned
    labels = [e.attributes["aria-label"] for e in Page(tuned_report.html).all("svg")]
    for trial in (search.result_.chosen, search.result_.default):
        widths = [13, *trial.widths, 3, *trial.widths[::-1], 13]
        drawn = ", then ".join(f"{width} ({layer.label})" for width, layer in zip(widths, trial.layers, strict=True))
        assert f"The layers of the network from left to right: {drawn}." in labels
    assert "chosen" in Page(tuned_report.html).words


def test_a_report_without_a_search_has_no_such_section(wine_report):
    assert 'id="tuning"' not in wine_report.html


def test_the_report_repeats_and_is_that_of_the_model(tuned, tuned_report):
    search, X = tuned
    assert search.report(X).html == tuned_report.html
    plain = report(search.best_estimator_, X).html
    start, end = tuned_report.html.index('<section id="tuning"'), tuned_report.html.index('<section id="again"')
    without = tuned_report.html[:start] + tuned_report.html[end:]
    assert without.replace('<li><a href="#tuning">Tuning</a></li>\n', "") == plain


@pytest.mark.parametrize(
    ("objective", "said"), [("code-size", "codes needed"), ("both", "variance lost, mean over code sizes")]
)
def test_ordered_codes_have_a_front(wine, objective, said):
    X, _ = wine
    space = {"layers": 1, "nodes": (8, 16), "code_size": (1, 5)}
    estimator = Autoencoder(scale="standard", max_epochs=3)
    search = tune(X, estimator, space=space, objective=objective, target_variance=0.6, n_trials=3, folds=1)
    page = Page(search.report(X).html)
    labels = [e.attributes["aria-label"] for e in page.all("svg")]
    assert any(f"({said})" in label for label in labels)
    least = search.pareto_["variance_explained"][-1]
    size = search.pareto_["code_size"][-1]
    assert any(
        f"{100 * (1 - least):.3g} % with {size}" in label.partition("the best of all trials")[2] for label in labels
    )
    assert "Too few trials" in page.words


def test_images_and_rows_that_do_not_vary_are_no_obstacle():
    images = np.random.default_rng(0).random((40, 4, 4)).astype(np.float32)
    space = {"layers": 1, "filters": (2, 4)}
    search = tune(images, ConvAutoencoder(4, code_size=2, max_epochs=1), space=space, n_trials=2, folds=1)
    assert "convolution" not in Page(search.report(images).html).by_id("tuning").text
    constant = tune(np.ones((30, 3)), Autoencoder(1, max_epochs=1), n_trials=2, folds=1)
    assert 'id="tuning"' in constant.report(np.ones((5, 3))).html
