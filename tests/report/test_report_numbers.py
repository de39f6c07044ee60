"""Every number on the page is the model's, or that of an independent calculation."""

import base64
import io
import re
import sys

import numpy as np
import pytest
from PIL import Image
from report_pages import Page
from sklearn.decomposition import PCA

from isthmus import Autoencoder, MissingExtraError, ParameterError
from isthmus.cli import main
from isthmus.report import report
from isthmus.report.measure import best_linear_error
from isthmus.report.words import number, percent


@pytest.mark.parametrize("name", ["digits", "wine"])
def test_numbers_of_training_are_the_models(name, request):
    page = Page(request.getfixturevalue(f"{name}_report").html)
    model = request.getfixturevalue(name)[-1]
    assert page.number("model-lost") == pytest.approx(model.validation_error_ / model.validation_variance_)
    assert page.number("pca-lost") == pytest.approx(model.pca_error_ / model.validation_variance_)
    assert page.number("held-ratio") == pytest.approx(model.validation_error_ / model.pca_error_)
    for identifier, value in {
        "start-error": model.start_error_,
        "validation-error": model.validation_error_,
        "pca-error": model.pca_error_,
        "validation-variance": model.validation_variance_,
        "epochs": model.n_epochs_,
        "best-epoch": model.best_epoch_,
        "code-size": model.code_size_,
        "columns-count": model.n_features_in_,
        "parameters": sum(p.numel() for p in model.module_.parameters()),
    }.items():
        assert page.number(identifier) == value, identifier


@pytest.mark.parametrize("name", ["digits_report", "wine_report", "hostile_report"])
def test_what_is_printed_is_the_number_behind_it(name, request):
    for element in Page(request.getfixturevalue(name).html).all("data"):
        value, text = float(element.attributes["value"]), re.sub(r"[\s\u202f]", " ", element.text)
        shown = re.match(r"−?[\d.,]+", text)
        assert shown, element
        printed = float(shown[0].replace(",", "").replace("−", "-")) / (100 if "%" in text else 1)
        if "×" not in text:
            assert printed == pytest.approx(value, rel=0.06, abs=6e-4), element


def test_errors_of_the_rows_are_the_models(digits, digits_report):
    X, _, model = digits
    page = Page(digits_report.html)
    assert page.number("given-error") == pytest.approx(model.reconstruction_error(X).mean(), rel=1e-6)
    assert 1 - page.number("given-lost") == pytest.approx(model.score(X), rel=1e-6)
    assert page.number("rows-count") == len(X)
    assert page.number("constant-count") == (X.nunique() == 1).sum()


def test_errors_of_a_standardised_model_are_those_of_standardised_columns(wine, wine_report):
    X, model = wine
    difference = (model.reconstruct(X).to_numpy() - X.to_numpy()) / model.scale_
    page = Page(wine_report.html)
    assert page.number("given-error") == pytest.approx(np.mean(difference**2), rel=1e-6)
    variance = np.mean(((X.to_numpy() - model.mean_) / model.scale_) ** 2)
    assert page.number("given-lost") == pytest.approx(np.mean(difference**2) / variance, rel=1e-6)


@pytest.mark.parametrize("name", ["digits", "wine"])
def test_pca_of_the_given_rows_is_scikit_learns(name, request):
    X, model = request.getfixturevalue(name)[0].to_numpy(), request.getfixturevalue(name)[-1]
    unit = model.scale_ if model.scale == "standard" else np.ones(X.shape[1])
    scaled = X / unit
    pca = PCA(model.code_size_, svd_solver="full").fit(scaled)
    expected = np.mean((pca.inverse_transform(pca.transform(scaled)) - scaled) ** 2)
    page = Page(request.getfixturevalue(f"{name}_report").html)
    assert page.number("given-error") / page.number("given-ratio") == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("shape", [(40, 6), (6, 40), (1, 3), (5, 1)])
def test_no_linear_code_does_better_than_the_bound(shape):
    rng = np.random.default_rng(0)
    X, unit = rng.normal(size=shape), rng.uniform(1, 9, size=shape[1])
    bound = best_linear_error(X, unit)
    assert bound[-1] == 0
    for k in range(1, min(shape)):
        pca = PCA(k, svd_solver="full").fit(X / unit)
        error = np.mean((pca.inverse_transform(pca.transform(X / unit)) - X / unit) ** 2)
        assert bound[k] == pytest.approx(error, rel=1e-9, abs=1e-15)


@pytest.mark.filterwarnings("ignore::UserWarning")  # five epochs are too few
def test_ordered_codes_are_shown_at_every_size_beside_pca_of_the_training_rows():
    X = np.random.default_rng(0).normal(size=(200, 6)) @ np.random.default_rng(1).normal(size=(6, 6))
    model = Autoencoder(4, ordered=True, max_epochs=5, validation_fraction=0, random_state=0).fit(X[:150])
    page, new = Page(report(model, X[150:]).html), X[150:]
    pca = PCA(4, svd_solver="full").fit(X[:150])
    expected = np.mean((pca.inverse_transform(pca.transform(new)) - new) ** 2)
    assert page.number("given-error") / page.number("given-ratio") == pytest.approx(expected, rel=1e-4)
    label = next(e.attributes["aria-label"] for e in page.all("svg") if "by code size" in e.text + str(e))
    variance = np.mean((new - X[:150].mean(axis=0)) ** 2)
    for size in (1, 4):
        share = model.truncate(size).reconstruction_error(new).mean() / variance
        assert f"{100 * share:.3g} % with {size}" in label
    assert "the first few of them are a smaller code" in page.words


def test_columns_have_their_share_of_the_error(wine, wine_report):
    X, model = wine
    squares = ((model.reconstruct(X) - X) / model.scale_).pow(2).sum()
    lost = (model.reconstruct(X) - X).pow(2).mean() / (X - model.mean_).pow(2).mean()
    page = Page(wine_report.html)
    row = next(row for row in page.all("tr") if "malic_acid" in row.text and row.text.count("%") == 2)
    shown = re.findall(r"([\d.]+)\s?\u202f?%", row.text)
    assert float(shown[0]) == pytest.approx(100 * squares["malic_acid"] / squares.sum(), abs=0.06)
    assert float(shown[1]) == pytest.approx(100 * lost["malic_acid"], abs=0.06)


def test_examples_are_the_best_the_median_and_the_worst_row(wine, wine_report):
    X, model = wine
    difference = (model.reconstruct(X).to_numpy() - X.to_numpy()) / model.scale_
    order = np.argsort(np.mean(difference**2, axis=1), kind="stable")
    words = Page(wine_report.html).words
    for name, row in (("Best", order[0]), ("Worst", order[-1]), ("Median", order[(len(X) - 1) // 2])):
        assert f"{name}: row {row + 1}" in words


def test_images_are_the_rows(digits, digits_report):
    X, _, model = digits
    image = next(e for e in Page(digits_report.html).all("img") if e.attributes["alt"].startswith("Worst"))
    worst = int(re.findall(r"\d+", image.attributes["alt"])[2])
    assert worst - 1 == np.argmax(model.reconstruction_error(X))
    png = base64.b64decode(image.attributes["src"].removeprefix("data:image/png;base64,"))
    pixels = np.asarray(Image.open(io.BytesIO(png)))[:, :, 0]
    expected = np.round(X.to_numpy()[worst - 1].reshape(8, 8) / 16 * 255)
    np.testing.assert_array_equal(pixels[:8, -8:], expected)
    rebuilt = np.round(np.clip(model.reconstruct(X).to_numpy()[worst - 1].reshape(8, 8) / 16, 0, 1) * 255)
    np.testing.assert_array_equal(pixels[-8:, -8:], rebuilt)


@pytest.mark.filterwarnings("ignore::UserWarning")  # one epoch may be too few
@pytest.mark.parametrize(("shape", "n"), [((4, 6), 24), ((3, 4, 3), 36), ((40, 80), 3_200)])
def test_rows_of_any_image_shape_are_drawn(shape, n):
    X = np.random.default_rng(0).uniform(size=(12, n))
    model = Autoencoder(1, encoder_layers=0, max_epochs=1, random_state=0).fit(X)
    page = Page(report(model, X, image_shape=shape).html)
    assert len(page.source) < 500_000
    for image in page.all("img"):
        assert float(image.attributes["width"]) <= 260
    assert ("Shown at 64 × 32 pixels" in page.words) == (shape == (40, 80))


@pytest.mark.parametrize("shape", [(8, 9), (64,), (8, 8, 1), (4, 8, 2), (-8, -8), (2, 2, 2, 8), ()])
def test_an_image_shape_that_does_not_fit_is_refused(digits, shape):
    X, _, model = digits
    if shape == (8, 8, 1):
        report(model, X, image_shape=shape)
        return
    with pytest.raises(ParameterError, match=r"'image_shape' parameter of report must be .* 64"):
        report(model, X, image_shape=shape)


def dots(page):
    """How many dots the map has, by colour."""
    figure = page.source[page.source.index('aria-label="A map of') :]
    figure = figure[: figure.index("</svg>")]
    paths = re.findall(r'<path d="([^"]*)"[^>]*stroke: var\(--((?:ramp|class)-\d+)\)', figure)
    return {name: path.count("M") for path, name in paths}


def test_the_map_has_a_dot_for_each_row_in_the_colour_of_its_label(digits, digits_report):
    _, labels, _ = digits
    found = dots(Page(digits_report.html))
    assert found == {f"class-{label + 1}": count for label, count in labels.value_counts().items()}
    legend = [e.text for e in Page(digits_report.html).all("li") if e.text.strip().isdigit()]
    assert [text.strip() for text in legend] == list(map(str, range(10)))


def test_the_map_is_coloured_by_fifths_of_a_column_or_of_the_error(wine, wine_report):
    X, model = wine
    for page in (Page(wine_report.html), Page(report(model, X, colour="alcohol").html)):
        found = dots(page)
        assert list(found) == [f"ramp-{i}" for i in range(1, 6)]
        assert sum(found.values()) == len(X)
        assert max(found.values()) - min(found.values()) <= 3
    assert "Coloured by alcohol, in fifths" in page.words


def test_labels_may_be_words_and_missing(wine):
    X, model = wine
    labels = [None if i == 0 else float("nan") if i == 1 else f"kind {i % 30}" for i in range(len(X))]
    page = Page(report(model, X, colour=labels).html)
    found = dots(page)
    assert sum(found.values()) == len(X)
    assert len(found) == 10
    assert "all others" in page.words


@pytest.mark.parametrize("colour", ["no such column", [1, 2, 3], np.zeros((178, 2))])
def test_a_colour_that_does_not_fit_is_refused(wine, colour):
    X, model = wine
    with pytest.raises(ParameterError, match="'colour' parameter of report must be"):
        report(model, X, colour=colour)


def test_long_tables_are_sampled_and_the_page_says_so():
    X = np.random.default_rng(0).normal(size=(5000, 3))
    model = Autoencoder(2, max_epochs=1, random_state=0).fit(X)
    page = Page(report(model, X).html)
    assert sum(dots(page).values()) == 2000
    words = page.words.replace("\u00a0", " ")
    assert "2,000 rows, drawn evenly from the 5,000 of this report" in words
    assert "2,000 rows drawn from those of this report; PCA fitted to these very rows" in words
    assert page.number("given-error") == pytest.approx(model.reconstruction_error(X).mean(), rel=1e-6)
    assert len(page.source) < 200_000


@pytest.mark.filterwarnings("ignore::UserWarning")  # three epochs are too few
@pytest.mark.parametrize(
    ("parameters", "has_target", "held_out"),
    [
        ({}, False, True),
        ({"validation_fraction": 0}, False, False),
        ({"activation": "identity"}, False, False),
        ({"activation": "identity"}, True, True),
    ],
)
def test_the_rows_behind_the_errors_are_named(parameters, has_target, held_out):
    """Linear networks are fitted to all rows, unless they have a target and so are trained like others."""
    X = np.random.default_rng(0).normal(size=(60, 4))
    model = Autoencoder(2, max_epochs=3, random_state=0, **parameters)
    page = Page(report(model.fit(X, target=X + 1 if has_target else None), X).html)
    assert ("Rows held out from training" in page.words) == held_out
    assert ("Training rows; none were held out" in page.words) != held_out
    for curve in (e.attributes["aria-label"] for e in page.all("svg") if "Learning curves" in str(e)):
        assert f"on {'held-out rows' if held_out else 'training rows after the epoch'} the model loses" in curve


def test_rows_that_are_not_like_those_of_training_are_noticed(wine):
    X, model = wine
    assert "clearly worse" not in Page(report(model, X).html).words
    shuffled = X.apply(lambda column: np.random.default_rng(len(column.name)).permutation(column))
    assert "clearly worse" in Page(report(model, shuffled).html).words


@pytest.mark.filterwarnings("ignore::UserWarning")  # so may three
@pytest.mark.parametrize(
    "parameters",
    [
        {"code_size": 2, "encoder_layers": (9, 5), "noise": ("masking", 0.3), "patience": None, "scale": "standard"},
        {"code_size": 0.8, "encoder_layers": (7,), "decoder_layers": 1, "start": "random", "activation": "tanh"},
        {"code_size": 3, "ordered": True, "device": "cpu"},
        {"code_size": 2, "activation": "identity", "whiten": True},
    ],
)
def test_both_ways_to_repeat_the_fit_repeat_it(parameters, tmp_path):
    X = np.random.default_rng(0).normal(size=(60, 5))
    model = Autoencoder(**parameters, max_epochs=3, random_state=7).fit(X)
    page = Page(report(model, X).html)
    python, command = [element.text for element in page.all("pre")]
    again = eval(python, {"Autoencoder": Autoencoder, "X": X})
    assert again.history_["validation_error"] == model.history_["validation_error"]
    np.save(tmp_path / "table.npy", X)
    words = command.replace("TABLE", str(tmp_path / "table.npy")).replace("MODEL", str(tmp_path / "model")).split()
    assert words[0] == "isthmus"
    assert main([*words[1:], "--quiet"]) == 0
    assert Autoencoder.load(tmp_path / "model").history_["validation_error"] == model.history_["validation_error"]


def test_without_a_seed_no_command_is_promised():
    X = np.random.default_rng(0).normal(size=(30, 3))
    page = Page(report(Autoencoder(1, max_epochs=1).fit(X), X).html)
    assert "without a seed" in page.words
    assert "isthmus fit" not in page.words


def test_numbers_are_for_readers():
    assert [number(x) for x in (0, 1234567, -0.5, 1e-9, 999.96, 0.001, float("inf"))] == [
        "0", "1,234,567", "−0.5", "1\u202f×\u202f10⁻⁹", "1,000", "0.001", "not finite",
    ]  # fmt: skip
    shown = [percent(x).removesuffix("\u202f%") for x in (0, 1, 0.99999, 0.9999999, 0.071, 0.0034, 1e-9, -0.02, 12)]
    assert shown == ["0", "100.0", "99.99", "99.99", "7.1", "0.34", "under 0.0001", "−2.0", "1,200"]


def test_what_is_missing_is_named_with_the_command_that_brings_it(wine, monkeypatch):
    X, model = wine
    for name in ("matplotlib", "jinja2"):
        monkeypatch.setitem(sys.modules, name, None)  # as if it was not installed
    with pytest.raises(MissingExtraError) as caught:
        report(model, X)
    assert isinstance(caught.value, ImportError)
    assert str(caught.value) == (
        'Plots and reports need matplotlib and jinja2, which are not installed: pip install "isthmus[report]".'
    )
