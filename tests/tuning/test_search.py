"""AutoencoderSearch: better than its default or the default itself, told by rows that no trial has seen."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingRandomSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tuning_searches import QUICK

from isthmus import Autoencoder, AutoencoderSearch, ConvAutoencoder, InputError, ParameterError, tune


@pytest.fixture(scope="module")
def found(rows):
    estimator = Autoencoder(2, scale="standard", max_epochs=8, encoder_layers=(16,))
    return tune(pd.DataFrame(rows, columns=list("abcdefg")), estimator, space=QUICK, n_trials=8)


def test_the_first_trial_is_the_estimator_as_it_is(found, rows, quick):
    assert found.trials_["widths"][0] == [16]
    trial = found.study_.trials[0]
    search_rows = np.setdiff1d(np.arange(len(rows)), found.test_index_)
    assert found.result_.n_folds == 5
    assert found.default_score_ == trial.value
    first = clone(quick).set_params(random_state=0).fit(rows[search_rows])
    figure = found.test_.default
    test = rows[found.test_index_]
    mean, unit = rows[search_rows].mean(axis=0), rows[search_rows].std(axis=0)
    error = (((first.reconstruct(test) - test) / unit) ** 2).sum()
    assert figure == pytest.approx(1 - error / (((test - mean) / unit) ** 2).sum(), rel=1e-6)


def test_pca_s_figure_is_scikit_learn_s(found, rows):
    search_rows = np.setdiff1d(np.arange(len(rows)), found.test_index_)
    scaler = StandardScaler().fit(rows[search_rows])
    train, test = scaler.transform(rows[search_rows]), scaler.transform(rows[found.test_index_])
    pca = PCA(2).fit(train)
    left = ((test - pca.inverse_transform(pca.transform(test))) ** 2).sum() / (test**2).sum()
    assert found.test_.pca == pytest.approx(1 - left)


def test_the_trials_are_the_columns_of_a_table(found):
    frame = pd.DataFrame(found.trials_)
    assert frame.shape[0] == 8
    assert list(frame.columns[:6]) == ["trial", "state", "merit", "variance_explained", "seconds", "widths"]
    assert frame["merit"].max() == pytest.approx(found.study_.best_value)


def test_the_chosen_network_is_better_than_the_default_or_is_it(found):
    assert found.best_score_ >= found.default_score_
    assert found.is_default_ == (found.best_params_ == {})
    assert len(found.test_index_) == found.test_.n_rows == 48
    if not found.is_default_:
        assert found.best_estimator_.encoder_layers == found.best_params_["encoder_layers"]


def test_it_transforms_with_the_best(found, rows):
    frame = pd.DataFrame(rows, columns=list("abcdefg"))
    np.testing.assert_array_equal(found.transform(frame), found.best_estimator_.transform(frame))
    assert found.get_feature_names_out().tolist() == ["autoencoder0", "autoencoder1"]
    assert list(found.best_estimator_.feature_names_in_) == list("abcdefg")
    assert found.score(frame) == found.best_estimator_.score(frame)
    assert found.inverse_transform(found.transform(frame)).shape == rows.shape


def test_the_same_seed_gives_the_same_study(found, rows, quick):
    again = AutoencoderSearch(quick, space=QUICK, n_trials=8).fit(rows, feature_names=list("abcdefg"))
    assert list(again.feature_names_in_) == list(found.feature_names_in_)
    for column in ("state", "merit", "nodes", "learning_rate"):
        assert again.trials_[column] == found.trials_[column]
    assert again.test_ == found.test_
    other = tune(rows, quick, space=QUICK, n_trials=3, random_state=1)
    assert other.trials_["merit"][1:3] != found.trials_["merit"][1:3]


def test_the_result_is_told_as_text_csv_json_and_markdown(found):
    result = found.result_
    assert result.sentence in str(result)
    assert "(default)" in str(result)
    assert "\nPCA " in str(result)
    assert "| PCA |" in result.to_markdown()
    lines = result.to_csv().splitlines()
    assert len(lines) == 1 + len(found.trials_["trial"])
    stored = json.loads(result.to_json())
    assert stored["test"]["tuned"] == found.test_.tuned
    assert len(stored["trials"]) == len(found.trials_["trial"])
    assert f"{100 * found.test_.tuned:.4g} %" in result.sentence


def test_one_fit_fills_a_curve_of_code_sizes(rows, quick):
    search = tune(
        rows,
        quick,
        space={**QUICK, "code_size": (1, 4)},
        objective="code-size",
        target_variance=0.6,
        n_trials=3,
        folds=1,
    )
    front = search.pareto_
    assert front["code_size"] == sorted(set(front["code_size"]))
    assert front["variance_explained"] == sorted(front["variance_explained"])
    chosen = search.result_.chosen
    size = next(size for size, left in zip(chosen.sizes, chosen.unexplained, strict=True) if 1 - left >= 0.6)
    assert search.best_estimator_.code_size_ == size
    assert "60 %" in search.result_.sentence


def test_both_is_a_whole_curve(rows, quick):
    search = tune(rows, quick, space={**QUICK, "code_size": 3}, objective="both", n_trials=2, folds=2)
    assert search.best_estimator_.code_size_ == 3
    assert search.best_estimator_.rate_distortion(rows)["code_size"].tolist() == [1, 2, 3]


def test_it_goes_on_where_it_ended_and_never_gets_worse(rows, quick, tmp_path):
    options = {"space": QUICK, "study": tmp_path / "study", "folds": 1}
    first = tune(rows, quick, n_trials=3, **options)
    second = tune(rows, quick, n_trials=6, **options)
    assert len(second.trials_["trial"]) == 6
    assert second.trials_["merit"][:3] == first.trials_["merit"]
    at_once = tune(rows, quick, n_trials=6, **{**options, "study": None})
    assert second.trials_["merit"] == at_once.trials_["merit"]
    assert second.study_.best_value >= first.study_.best_value
    values = [tuple(trial.params.values()) for trial in second.study_.trials]
    assert len(set(values)) == len(values)
    assert len(tune(rows, quick, n_trials=6, **options).trials_["trial"]) == 6


def test_processes_share_a_study(rows, quick, tmp_path):
    search = tune(rows, quick, space=QUICK, n_trials=6, n_jobs=2, folds=1)
    states = search.trials_["state"]
    assert states.count("complete") + states.count("pruned") >= 6
    assert not {"running", "waiting", "fail"} & set(states)
    assert search.study_.trials[0].user_attrs["default network"]


def test_images_are_searched_too():
    generator = np.random.default_rng(0)
    images = generator.random((40, 6, 6)).astype(np.float32)
    estimator = ConvAutoencoder(4, code_size=2, max_epochs=2)
    search = tune(images, estimator, space={"filters": (2, 4), "layers": (1, 2)}, n_trials=3, folds=1)
    assert search.transform(images).shape == (40, 2)
    assert len(search.trials_["trial"]) == 3
    with pytest.raises(ParameterError, match="whose codes have no order"):
        tune(images, estimator, objective="both")
    with pytest.raises(ParameterError, match="with a code_size"):
        tune(images, ConvAutoencoder(4))


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"objective": "loss"}, ParameterError, "'objective' parameter of AutoencoderSearch must be one of"),
        ({"n_trials": 0}, ParameterError, "'n_trials'"),
        ({"timeout": -1}, ParameterError, "'timeout'"),
        ({"folds": 0}, ParameterError, "'folds'"),
        ({"test_fraction": 1}, ParameterError, "'test_fraction'"),
        ({"n_jobs": 0}, ParameterError, "'n_jobs'"),
        ({"random_state": None}, ParameterError, "'random_state'"),
        ({"space": [1]}, ParameterError, "'space'"),
        ({"estimator": PCA()}, ParameterError, "'estimator'"),
        ({"space": {"code_size": (1, 4)}}, ParameterError, "range of code sizes needs objective='code-size'"),
        ({"space": {"code_size": "x"}}, ParameterError, "code size must be a number, mle or a range"),
        ({"space": {"loss": "mse,bce"}}, InputError, "loss='bce' needs values in \\[0, 1\\], but column 'x0'"),
    ],
)
def test_bad_parameters_are_refused_before_the_first_trial(rows, options, error, said):
    with pytest.raises(error, match=said):
        AutoencoderSearch(**options).fit(rows)


def test_too_few_rows_are_refused(rows):
    with pytest.raises(InputError, match=r"at least 10 rows\. Got n_samples = 9"):
        tune(rows[:9])


def test_constant_rows_leave_nothing_to_find(quick):
    search = tune(np.ones((30, 3)), quick.set_params(code_size=1), n_trials=2, folds=1)
    assert search.is_default_
    assert np.isnan(search.test_.tuned)


def test_scikit_learn_s_searches_work(rows, quick):
    grid = GridSearchCV(quick.set_params(max_epochs=2), {"activation": ["relu", "tanh"]}, cv=2).fit(rows)
    assert grid.best_score_ == grid.cv_results_["mean_test_score"].max()
    assert len(cross_val_score(quick, rows, cv=3)) == 3
    widths = {"encoder_layers": [(8,), (16,)]}
    epochs = {"resource": "max_epochs", "min_resources": 2, "max_resources": 4}
    halving = HalvingRandomSearchCV(quick, widths, cv=2, factor=2, random_state=0, **epochs)
    assert halving.fit(rows).best_params_["encoder_layers"] in ((8,), (16,))
    pipeline = make_pipeline(StandardScaler(), AutoencoderSearch(quick, space=QUICK, n_trials=2, folds=1))
    assert pipeline.fit_transform(rows).shape == (240, 2)
    assert clone(pipeline).get_params()["autoencodersearch__n_trials"] == 2
