"""What a comparison promises: fair figures, and sentences that say no more than they show."""

import csv
import inspect
import io
import json
import os
import re
import signal
import threading
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits, load_wine
from sklearn.decomposition import PCA

from isthmus import Autoencoder, Comparison, InputError, ParameterError, compare
from isthmus.comparison.measure import default_code_sizes
from isthmus.comparison.sentence import codes_sentence, errors_sentence, saving

WINE = load_wine().data
DIGITS = load_digits().data[:120] / 4
QUICK = Autoencoder(encoder_layers=(16,), max_epochs=3)


def split(X, comparison):
    return np.delete(X, comparison.test_index, axis=0), X[comparison.test_index]


def pca_error(train, test, k, unit=1.0):
    mean = train.mean(axis=0)
    pca = PCA(min(k, *train.shape), svd_solver="full").fit((train - mean) / unit)
    scaled = (test - mean) / unit
    return np.mean((pca.inverse_transform(pca.transform(scaled)) - scaled) ** 2)


# The figures.


@pytest.mark.parametrize("X", [WINE, DIGITS, DIGITS[:30]], ids=["wine", "digits", "wide"])
@pytest.mark.parametrize("scale", ["auto", "standard"])
def test_pca_is_that_of_scikit_learn_on_the_same_rows(X, scale):
    comparison = compare(
        X, estimator=Autoencoder(encoder_layers=(8,), max_epochs=1, scale=scale), code_sizes=[1, 3, 12]
    )
    train, test = split(X, comparison)
    deviation = train.std(axis=0)
    unit = np.where(deviation > 0, deviation, 1) if scale == "standard" else np.ones(X.shape[1])
    assert comparison.error_unit == ("standardised columns" if scale == "standard" else "the data's units")
    for size, error in comparison.by_size("pca", "error").items():
        assert error == pytest.approx(pca_error(train, test, size, unit), rel=1e-9)
    for k in (2, 5, 11):
        assert comparison.pca_errors[k] == pytest.approx(pca_error(train, test, k, unit), rel=1e-9)
    mean = np.mean(((test - train.mean(axis=0)) / unit) ** 2)
    assert comparison.by_size("mean", "error") == {0: pytest.approx(mean, rel=1e-12)}
    assert comparison.pca_errors[0] == pytest.approx(mean, rel=1e-12)
    assert comparison.by_size("mean", "variance_explained") == {0: 0.0}


@pytest.mark.parametrize("scale", ["auto", "standard"])
def test_the_networks_are_scored_as_pca_is(scale):
    comparison = compare(WINE, estimator=Autoencoder(max_epochs=3, scale=scale), code_sizes=(2, 5))
    train, test = split(WINE, comparison)
    unit = train.std(axis=0) if scale == "standard" else 1.0
    for name, models in comparison.models.items():
        for size, model in models.items():
            error = np.mean(((model.reconstruct(test) - test) / unit) ** 2)
            assert comparison.by_size(name, "error")[size] == pytest.approx(error, rel=1e-9)
            share = 1 - error / comparison.pca_errors[0]
            assert comparison.by_size(name, "variance_explained")[size] == pytest.approx(share, rel=1e-9)
    assert (comparison.results["seconds"] > 0).all()


def test_both_networks_are_the_estimator_and_differ_in_the_start_alone():
    estimator = Autoencoder(7, encoder_layers=(9,), activation="tanh", max_epochs=2, start="random", verbose=True)
    before = estimator.get_params()
    comparison = compare(WINE, estimator=estimator, code_sizes=[3], random_state=5)
    assert estimator.get_params() == before
    assert not hasattr(estimator, "module_")
    set_by_compare = {"code_size": 3, "random_state": 5, "verbose": False}
    for name, start in {"isthmus": "pca", "random": "random"}.items():
        assert comparison.models[name][3].get_params() == {**before, **set_by_compare, "start": start}
    own_seed = compare(WINE, estimator=clone(estimator).set_params(random_state=8), code_sizes=[3], random_state=5)
    assert own_seed.models["isthmus"][3].random_state == own_seed.models["random"][3].random_state == 8


def test_the_isthmus_of_a_comparison_is_what_a_user_would_fit():
    comparison = compare(WINE, estimator=QUICK, code_sizes=[4], random_state=2)
    train, test = split(WINE, comparison)
    model = Autoencoder(4, encoder_layers=(16,), max_epochs=3, random_state=2).fit(train)
    np.testing.assert_array_equal(model.transform(test), comparison.models["isthmus"][4].transform(test))


@pytest.mark.parametrize("seed", range(3))
def test_no_model_sees_the_rows_that_are_set_aside(seed):
    """Other numbers in these rows change no model, only the errors; the loss would change with their range."""
    X = load_digits().data[:150] / 16
    estimator = clone(QUICK).set_params(max_epochs=10)
    comparison = compare(X, estimator=estimator, code_sizes=[4], random_state=seed)
    changed = X.copy()
    changed[comparison.test_index] = 50 + 100 * changed[comparison.test_index]
    other = compare(changed, estimator=estimator, code_sizes=[4], random_state=seed)
    np.testing.assert_array_equal(comparison.test_index, other.test_index)
    for name in ("isthmus", "random"):
        pair = (comparison.models[name][4], other.models[name][4])
        assert pair[0].loss_ == pair[1].loss_ == "bce"
        np.testing.assert_array_equal(*(model.transform(X) for model in pair))
    train = np.delete(X, comparison.test_index, axis=0)
    changed_test = changed[comparison.test_index]
    assert other.by_size("pca", "error")[4] == pytest.approx(pca_error(train, changed_test, 4), rel=1e-9)
    assert (other.results["error"] > 100 * comparison.results["error"]).all()


def test_the_share_that_is_set_aside_is_the_one_asked_for():
    for n, fraction, n_test in ((178, 0.2, 36), (178, 0.5, 89), (10, 0.01, 1), (10, 0.99, 8), (3, 0.2, 1)):
        comparison = compare(WINE[:n], estimator=QUICK, code_sizes=1, test_fraction=fraction)
        assert (len(comparison.test_index), comparison.n_train) == (n_test, n - n_test)
        assert len(set(comparison.test_index.tolist())) == n_test


def test_a_denoiser_is_compared_with_the_principal_axes_of_the_clean_rows():
    dirty = WINE + np.random.default_rng(0).normal(size=WINE.shape) * WINE.std(axis=0)
    comparison = compare(dirty, target=WINE, estimator=QUICK, code_sizes=[2, 6])
    (train, test), (_, test_dirty) = split(WINE, comparison), split(dirty, comparison)
    for k in (1, 2, 6, 13):
        pca = PCA(k).fit(train)
        expected = np.mean((pca.inverse_transform(pca.transform(test_dirty)) - test) ** 2)
        assert comparison.pca_errors[k] == pytest.approx(expected, rel=1e-9)
    model = comparison.models["isthmus"][2]
    expected = model.reconstruction_error(test_dirty, target=test).mean()
    assert comparison.by_size("isthmus", "error")[2] == pytest.approx(expected, rel=1e-9)


def test_every_kind_of_table_gives_the_same_figures():
    pandas, polars, pyarrow = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    names = load_wine().feature_names
    expected = compare(WINE, estimator=QUICK, code_sizes=[2]).results["error"]
    frame = pandas.DataFrame(WINE, columns=names, index=np.arange(178)[::-1])
    kinds = [frame, polars.DataFrame(WINE, schema=names), pyarrow.Table.from_pandas(frame, preserve_index=False)]
    for X in (*kinds, torch.tensor(WINE), WINE.tolist(), sparse.coo_array(WINE), sparse.csr_matrix(WINE)):
        comparison = compare(X, estimator=QUICK, code_sizes=[2])
        np.testing.assert_allclose(comparison.results["error"], expected, rtol=1e-4)
    for X in kinds:
        assert list(compare(X, estimator=QUICK, code_sizes=[2]).models["random"][2].feature_names_in_) == names
    named = compare(WINE, feature_names=names, estimator=QUICK, code_sizes=[2])  # a warning would be an error
    assert list(named.models["random"][2].feature_names_in_) == names
    np.testing.assert_array_equal(named.results["error"], expected)


def test_a_comparison_repeats_and_touches_nothing_else():
    np.random.seed(7)  # noqa: NPY002
    torch.manual_seed(7)
    before = np.random.get_state()[1].copy(), torch.get_rng_state(), list(warnings.filters), WINE.copy()  # noqa: NPY002
    first, second, other, unseeded = (
        compare(WINE, estimator=QUICK, code_sizes=2, random_state=s) for s in (1, 1, 2, None)
    )
    np.testing.assert_array_equal(first.results["error"], second.results["error"])
    assert not np.array_equal(first.test_index, other.test_index)
    assert len(unseeded.results["error"]) == 4
    np.testing.assert_array_equal(np.random.get_state()[1], before[0])  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), before[1])
    assert warnings.filters == before[2]
    np.testing.assert_array_equal(WINE, before[3])


def test_code_sizes_are_powers_of_two_and_half_the_columns():
    assert [default_code_sizes(n) for n in (1, 2, 3, 13, 64)] == [(1,), (1,), (1,), (1, 2, 4, 6), (1, 2, 4, 8, 16, 32)]
    assert default_code_sizes(784) == (1, 2, 4, 8, 16, 32, 64)
    assert compare(WINE, estimator=QUICK, code_sizes=[5, 1, 5]).code_sizes == (1, 5)
    assert compare(WINE[:, :4], estimator=QUICK).code_sizes == (1, 2)
    assert compare(WINE, estimator=QUICK, code_sizes=np.array([3])).code_sizes == (3,)


def test_ctrl_c_ends_the_comparison():
    endless = Autoencoder(max_epochs=10**9, patience=None)
    timer = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        compare(WINE, estimator=endless, code_sizes=[1, 2, 3])


# Odd data.

rng = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("X", "code_sizes", "said"),
    [
        (np.ones((20, 4)), None, "reconstructs the 4 held-out rows exactly"),
        (np.full((20, 3), 0.1), [1, 9], "There is no variance to explain"),
        (rng.normal(size=(30, 1)), None, "the variance of 6 held-out rows, as many as PCA"),
        (rng.normal(size=(3, 4)), [1, 2, 9], "1 held-out row"),
        (rng.normal(size=(30, 3)), [3, 7, 40], "held-out rows"),
        (rng.normal(size=(8, 60)), [1, 20, 80], "held-out rows"),
        (rng.normal(size=(40, 2)) @ rng.normal(size=(2, 8)), [1, 2, 3], "Isthmus needs 2 codes"),
        (np.c_[rng.normal(size=(30, 2)), np.full(30, 1e9)], [1, 2], "held-out rows"),
        (np.r_[np.zeros((9, 3)), np.eye(3)], [1, 2], "held-out rows"),
        (1e30 * rng.normal(size=(30, 3)), [1], "held-out rows"),
        (rng.integers(0, 2, size=(30, 6)), [1, 6], "held-out rows"),
    ],
    ids=["ones", "constant", "column", "three", "few", "wide", "rank-two", "offset", "sparse", "huge", "binary"],
)  # fmt: skip
@pytest.mark.parametrize("scale", ["auto", "standard"])
def test_odd_data_is_compared_and_spoken_of(X, code_sizes, said, scale):
    comparison = compare(X, estimator=Autoencoder(max_epochs=2, encoder_layers=1, scale=scale), code_sizes=code_sizes)
    assert said in comparison.sentence
    assert comparison.sentence.endswith(".")
    assert np.isfinite(comparison.results["error"]).all()
    n_components = min(comparison.n_train, X.shape[1]) if np.ptp(X) > 0 else 0
    assert len(comparison.pca_errors) == n_components + 1
    for size, error in comparison.by_size("pca", "error").items():
        assert error == comparison.pca_errors[min(size, n_components)]
    for text in (str(comparison), comparison.to_csv(), comparison.to_json(), comparison.to_markdown()):
        assert "nan" not in text.lower()
    if np.ptp(X) > 0:
        check_claims(comparison)


def test_the_linear_network_is_as_good_as_pca_and_no_better():
    comparison = compare(
        WINE, estimator=Autoencoder(activation="identity", scale="standard"), code_sizes=[1, 4, 9, 10, 11]
    )
    np.testing.assert_allclose(
        list(comparison.by_size("isthmus", "error").values()),
        list(comparison.by_size("pca", "error").values()),
        rtol=1e-5,
    )
    # The random initialisation ends at PCA too, up to what its descent leaves.
    assert re.search("equal to PCA's (and the random initialisation's )?with every code size", comparison.sentence)
    assert ", as many as PCA." in comparison.sentence
    check_claims(comparison)


# The sentence: an independent reading of its claims.


def check_claims(comparison, share=0.95):
    variance = comparison.pca_errors[0]
    isthmus = {k: 1 - e / variance for k, e in comparison.by_size("isthmus", "error").items()}
    check_codes(comparison.describe(share), isthmus, list(1 - comparison.pca_errors / variance), share)
    check_errors(comparison.describe(share).split(" Isthmus's error is ")[1], comparison)


def check_codes(sentence, isthmus, pca, share):  # noqa: PLR0912 — a branch a form of the sentence
    """Every number of codes in the sentence is the one that the measured shares give, and none is missing."""
    need = next((k for k, s in enumerate(pca) if s >= share), None)
    enough = [k for k in isthmus if isthmus[k] >= share]
    if f"No fitted size reaches {100 * share:.4g} %" in sentence:
        assert not enough
    else:
        assert enough
    if found := re.search(
        r"Isthmus needs (at most )?(\d+) codes? (instead of PCA's (\d+) )?to explain ([\d.]+) %", sentence
    ):
        k = int(found[2])
        assert k == min(enough)
        assert bool(found[1]) == (k > 1 and k - 1 not in isthmus)
        assert float(found[5]) == pytest.approx(100 * share, rel=1e-3)
        if found[4]:
            assert int(found[4]) == need > k
        elif "more than PCA's" in sentence:
            assert int(re.search(r"more than PCA's (\d+)", sentence)[1]) == need < k
            assert any(need <= size < k for size in isthmus)
        elif "as many as PCA" in sentence:
            assert k == need
            assert not found[1]
        else:
            assert "PCA does not reach that with all its" in sentence
            assert need is None
    if found := re.search(
        r"PCA needs (\d+) codes? to explain .*, Isthmus (more than (\d+) and )?at most (\d+);", sentence
    ):
        k = int(found[4])
        below = [size for size in isthmus if size < k]
        assert int(found[1]) == need <= k == min(enough)
        assert (int(found[3]) if found[3] else 0) == max(below, default=0) < min(need, k - 1)
    if found := re.search(r"With (\d+) codes? Isthmus explains ([\d.e+-]+) %", sentence):
        k, explained = int(found[1]), isthmus[int(found[1])]
        assert explained < share
        assert explained == max(s for size, s in isthmus.items() if size <= k or not enough)
        assert float(found[2]) == pytest.approx(100 * explained, rel=1e-3)
        assert float(found[2]) <= 100 * share
        need = next((m for m, s in enumerate(pca) if s >= explained), None)
        if "PCA needs as many for that" in sentence:
            assert need == k
        elif "PCA does not reach that with all its" in sentence:
            assert need is None
        else:
            claimed = re.search(r"PCA needs (only )?(\d+) for that", sentence)
            assert int(claimed[2]) == need
            assert bool(claimed[1]) == (need < k)
    if "no more" in sentence:
        assert max(isthmus.values()) <= 0
    assert re.search("needs|explains no more", sentence) or "PCA does not reach that with all" in sentence


def check_errors(sentence, comparison):
    errors = {name: comparison.by_size(name, "error") for name in ("isthmus", "pca", "random")}
    tolerance = 1e-6 * comparison.pca_errors[0]
    claims = {"below": -1, "equal to": 0, "equal": 0, "above": 1}
    seen = set()
    for part in sentence.rstrip(".").split("; it is "):
        others = [name for name, word in (("pca", "PCA's"), ("random", "the random initialisation's")) if word in part]
        for order, listed in re.findall(
            r"(below|equal to|equal|above)[^\d]*? with (every code size|[\d, and]+) ?(?:codes?)?", part
        ):
            sizes = comparison.code_sizes if "every" in listed else [int(size) for size in re.findall(r"\d+", listed)]
            for other in others:
                for size in sizes:
                    difference = errors["isthmus"][size] - errors[other][size]
                    assert np.sign(difference) * (abs(difference) > tolerance) == claims[order]
                    seen.add((other, size))
    assert seen == {(other, size) for other in ("pca", "random") for size in comparison.code_sizes}


shares = st.floats(-0.5, 1.0, allow_nan=False).map(lambda share: round(share, 9))  # what is less is shown as 0 %


@given(
    isthmus=st.dictionaries(st.integers(1, 12), shares, min_size=1, max_size=6),
    rises=st.lists(st.floats(0, 1), min_size=1, max_size=10),
    share=st.sampled_from([0.5, 0.9, 0.95, 0.99, 1.0]),
    limit=shares,
)
@settings(max_examples=200, deadline=None)
def test_the_sentence_says_what_the_shares_show(isthmus, rises, share, limit):
    total = sum(rises) or 1.0
    pca = [0.0, *(float(s) for s in np.cumsum(rises) / total * abs(limit))]
    sentence = codes_sentence(isthmus, pca, share, "7 held-out rows")
    check_codes(sentence, isthmus, pca, share)
    assert "7 held-out rows" in sentence
    found = saving(isthmus, pca, share)
    assert isthmus[found.codes] >= found.share
    assert found.pca_codes is None or pca[found.pca_codes] >= found.share


@given(
    seed=st.integers(0, 10_000),
    shape=st.sampled_from([(40, 6), (12, 20), (60, 3)]),
    rank=st.integers(1, 6),
    noise=st.sampled_from([0.0, 0.1, 1.0]),
    bent=st.booleans(),
    sizes=st.sets(st.integers(1, 8), min_size=1, max_size=3),
    share=st.sampled_from([0.5, 0.95, 0.99]),
)
@settings(max_examples=10, deadline=None)
def test_the_sentence_is_true_of_the_table(*, seed, shape, rank, noise, bent, sizes, share):
    generator = np.random.default_rng(seed)
    codes = generator.normal(size=(shape[0], rank))
    X = codes @ generator.normal(size=(rank, shape[1]))
    X = (np.sin(X) if bent else X) + noise * generator.normal(size=shape)
    estimator = Autoencoder(encoder_layers=1, max_epochs=4)
    check_claims(compare(X, estimator=estimator, code_sizes=sorted(sizes), random_state=seed), share)


@pytest.mark.parametrize(
    ("isthmus", "said"),
    [
        ({2: 0.96}, "Isthmus needs at most 2 codes instead of PCA's 4 to explain 95 % of the variance of 9 rows."),
        ({1: 0.5, 2: 0.96}, "Isthmus needs 2 codes instead of PCA's 4 to explain 95 % of the variance of 9 rows."),
        ({3: 0.9, 4: 0.96}, "Isthmus needs 4 codes to explain 95 % of the variance of 9 rows, as many as PCA."),
        ({4: 0.9, 5: 0.96}, "Isthmus needs 5 codes to explain 95 % of the variance of 9 rows, more than PCA's 4."),
        (
            {2: 0.85, 5: 0.96},
            "PCA needs 4 codes to explain 95 % of the variance of 9 rows, Isthmus more than 2 and at most 5; no size "
            "in between was fitted. With 2 codes Isthmus explains 85 %; PCA needs 3 for that.",
        ),
        (
            {2: 0.85},
            "With 2 codes Isthmus explains 85 % of the variance of 9 rows; PCA needs 3 for that. No fitted size "
            "reaches 95 %.",
        ),
        (
            {3: 0.6},
            "With 3 codes Isthmus explains 60 % of the variance of 9 rows; PCA needs only 2 for that. No fitted size "
            "reaches 95 %.",
        ),
        (
            {1: -0.2},
            "Isthmus explains no more of the variance of 9 rows than the mean alone. No fitted size reaches 95 %.",
        ),
    ],
)
def test_winning_losing_and_not_knowing_are_told_apart(isthmus, said):
    assert codes_sentence(isthmus, [0, 0.4, 0.7, 0.9, 0.97, 1.0], 0.95, "9 rows") == said


def test_errors_are_told_apart_size_by_size():
    isthmus = {1: 1.0, 2: 2.0, 4: 4.0}
    others = {"PCA's": {1: 2.0, 2: 2.05, 4: 3.0}, "the random initialisation's": {1: 2.0, 2: 3.0, 4: 9.0}}
    assert errors_sentence(isthmus, others, 0.1) == (
        "Isthmus's error is below PCA's with 1 code, equal with 2 codes and above with 4 codes; it is below the random "
        "initialisation's with every code size."
    )
    both = dict.fromkeys(others, others["the random initialisation's"])
    assert (
        errors_sentence(isthmus, both, 0.1)
        == "Isthmus's error is below PCA's and the random initialisation's with every code size."
    )


def test_another_share_can_be_asked_for():
    comparison = compare(WINE, estimator=Autoencoder(max_epochs=10, scale="standard"), code_sizes=[2, 3, 5, 8])
    assert comparison.sentence == comparison.describe(0.95)
    for share in (0.3, 0.5, 0.8, 0.99):
        check_claims(comparison, share)
    for share in (0, 1.5, -1):
        with pytest.raises(ParameterError, match="share"):
            comparison.describe(share)


# The same as text.


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(WINE, estimator=Autoencoder(max_epochs=3, scale="standard"), code_sizes=[1, 4, 20])


def test_csv_and_json_hold_the_same_numbers_to_the_last_digit(comparison):
    lines = list(csv.DictReader(io.StringIO(comparison.to_csv())))
    document = json.loads(comparison.to_json())
    assert len(lines) == len(document["results"]) == 1 + 3 * 3
    for name, column in comparison.results.items():
        assert [line[name] for line in document["results"]] == column.tolist()
        assert [type(column.tolist()[0])(line[name]) for line in lines] == column.tolist()
    assert document["sentence"] == comparison.sentence
    assert document["pca_errors"] == comparison.pca_errors.tolist()
    assert (document["n_train"], document["n_test"], document["n_features"]) == (142, 36, 13)


def test_tables_for_people_hold_them_rounded(comparison):
    """Codes, then the shares, the errors and the seconds of PCA, random initialisation and Isthmus."""
    markdown = [
        line.strip("| ").split(" | ") for line in comparison.to_markdown().splitlines() if line.startswith("| ")
    ]
    plain = [line.split() for line in str(comparison).splitlines() if re.match(r" +\d+ ", line)]
    html = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", comparison._repr_html_())]
    assert markdown[0][0] == "codes"
    for lines in (markdown[1:], plain, html[1:] if not html[0] else html):
        cells = [[float(re.sub(r"[*]|</?b>", "", cell)) for cell in line] for line in lines if line]
        assert [line[0] for line in cells] == [1, 4, 20]
        for line in cells:
            values = iter(line[1:])
            for column, unit, digits in (("variance_explained", 100, 6e-3), ("error", 1, 0), ("seconds", 1, 6e-4)):
                for model in ("pca", "random", "isthmus"):
                    value = comparison.by_size(model, column)[int(line[0])] * unit
                    assert next(values) == pytest.approx(
                        value, rel=6e-3 if column == "error" and value < 1e-4 else 6e-4, abs=digits
                    )
    for text in (comparison.to_markdown(), str(comparison)):
        assert comparison.sentence in text
        assert max(map(len, str(comparison).splitlines()[2:-2])) <= 80


def test_the_lowest_error_of_a_line_is_bold(comparison):
    for line in comparison.to_markdown().splitlines():
        cells = line.strip("| ").split(" | ")
        if line.startswith("| ") and cells[0] != "codes":
            errors = [float(cell.strip("*")) for cell in cells[4:7]]
            bold = [cell.startswith("**") for cell in cells[4:7]]
            assert sum(bold) == 1
            assert errors[bold.index(True)] == min(errors)  # of equal ones as printed, the lower before rounding
            assert [cell.startswith("**") for cell in cells[1:4]] == bold


def test_the_results_make_a_dataframe(comparison):
    frame = pytest.importorskip("pandas").DataFrame(comparison.results)
    assert list(frame.columns) == ["model", "code_size", "error", "variance_explained", "seconds"]
    assert "1, 4 and 20 codes" in repr(comparison)
    assert len(repr(comparison)) < 600


# The plot.


def test_the_plot_shows_the_measured_shares(comparison):
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    assert comparison.plot(axes) is axes
    lines = {line.get_label(): line.get_xydata() for line in axes.get_lines()}
    for label, model in {"Isthmus": "isthmus", "random initialisation": "random"}.items():
        np.testing.assert_allclose(lines[label], list(comparison.by_size(model, "variance_explained").items()))
    np.testing.assert_allclose(lines["PCA"][:, 1], 1 - comparison.pca_errors[1:] / comparison.pca_errors[0])
    np.testing.assert_array_equal(lines["PCA"][:, 0], np.arange(1, 14))
    assert {text.get_text() for text in axes.get_legend().get_texts()} == {"PCA", "Isthmus", "random initialisation"}


def test_a_plot_of_its_own_has_the_sentence(comparison):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    backend = pyplot.get_backend()
    axes = comparison.plot()
    assert axes.get_title(loc="left").replace("\n", " ") == comparison.sentence
    assert pyplot.get_backend() == backend
    pyplot.close(axes.figure)


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_plots_of_every_comparison_can_be_written(suffix, tmp_path, comparison):
    pytest.importorskip("matplotlib")
    from isthmus.comparison.plot import save_comparison

    constant = compare(np.ones((9, 2)), estimator=QUICK)
    for i, found in enumerate((comparison, constant)):
        save_comparison(found, tmp_path / f"{i}.{suffix}")
        start = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}[suffix]
        assert (tmp_path / f"{i}.{suffix}").read_bytes().startswith(start)
    before = (tmp_path / f"0.{suffix}").read_bytes()
    save_comparison(comparison, tmp_path / f"0.{suffix}")
    assert (tmp_path / f"0.{suffix}").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2


# Wrong parameters.


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("code_sizes", 0), ("code_sizes", []), ("code_sizes", [2, -1]), ("code_sizes", "12"), ("code_sizes", [0.5]),
        ("code_sizes", [True]), ("code_sizes", {1: 2}), ("test_fraction", 0), ("test_fraction", 1),
        ("test_fraction", float("nan")), ("test_fraction", "0.2"), ("estimator", PCA(2)), ("estimator", "isthmus"),
    ],
)  # fmt: skip
def test_wrong_parameters_are_refused_in_a_sentence(name, value):
    with pytest.raises(ParameterError, match=rf"The '{name}' parameter of compare must be .* Got .* instead\."):
        inspect.unwrap(compare)(WINE, **{name: value})  # without the types that the tests check at run time


def test_what_the_estimator_refuses_is_refused():
    with pytest.raises(ParameterError, match="'activation' parameter of Autoencoder"):
        compare(WINE, estimator=Autoencoder(activation="swish"))
    frame = pytest.importorskip("pandas").DataFrame({"ash": [0.5, 1, 7.0, 3], "b": [0.1, 0, 1, 0]})
    with pytest.raises(InputError, match="column 'ash' ranges"):
        compare(frame, estimator=Autoencoder(loss="bce"))


@pytest.mark.parametrize(
    ("X", "said"),
    [
        (WINE[:2], "at least three rows, .* Got 2 instead"),
        (np.where(WINE[5, 5] == WINE, np.nan, WINE), r"missing value \(NaN\)"),
        (WINE[0], "Expected 2D array"),
        (np.full((5, 2), "a"), "which is not a number"),
    ],
)
def test_rows_that_cannot_be_compared_are_refused(X, said):
    with pytest.raises(ValueError, match=said):
        compare(X, estimator=QUICK)


def test_a_target_of_another_shape_is_refused():
    with pytest.raises(InputError, match="target has 178 rows of 12 columns, but X has 178 of 13"):
        compare(WINE, target=WINE[:, :12], estimator=QUICK)
