"""AutoencoderSearch is an estimator of scikit-learn's: its checks pass, those of column names included."""

import pickle

import numpy as np
import pytest
from sklearn.utils import estimator_checks
from tuning_searches import QUICK

from isthmus import Autoencoder, AutoencoderSearch, ConvAutoencoder, tune

# Checks that scikit-learn runs on its own estimators beside those of check_estimator.
FURTHER = [
    "check_dataframe_column_names_consistency", "check_transformer_get_feature_names_out",
    "check_transformer_get_feature_names_out_pandas", "check_set_output_transform", "check_set_output_transform_pandas",
    "check_global_output_transform_pandas", "check_n_features_in_after_fitting", "check_readonly_memmap_input",
]  # fmt: skip


@pytest.fixture
def search():
    return AutoencoderSearch(Autoencoder(1, max_epochs=1), n_trials=1, folds=1)


@pytest.mark.filterwarnings("default")  # the checks themselves warn of what they skip
def test_every_check_of_scikit_learn_passes(search):
    results = estimator_checks.check_estimator(search, on_fail=None, on_skip=None)
    assert {r["check_name"]: r["exception"] for r in results if r["status"] not in ("passed", "skipped")} == {}
    assert {r["check_name"] for r in results if r["status"] == "skipped"} <= {"check_array_api_input"}  # as with PCA


@pytest.mark.parametrize("check", FURTHER)
@pytest.mark.filterwarnings("default")
def test_further_checks_of_scikit_learn_pass(search, check):
    for estimator in (search, search.estimator):
        getattr(estimator_checks, check)(type(estimator).__name__, estimator)


def test_images_are_neither_sparse_nor_refused():
    tags = AutoencoderSearch(ConvAutoencoder(2, code_size=1)).__sklearn_tags__()
    assert tags.input_tags == ConvAutoencoder().__sklearn_tags__().input_tags
    assert AutoencoderSearch().__sklearn_tags__().input_tags.sparse


def test_a_pickled_search_transforms_as_before_and_keeps_its_study(rows, quick, tmp_path):
    for study in (None, tmp_path / "study"):
        search = tune(rows, quick, space=QUICK, n_trials=2, folds=1, study=study)
        again = pickle.loads(pickle.dumps(search))
        np.testing.assert_array_equal(again.transform(rows), search.transform(rows))
        assert again.study_.best_value == search.study_.best_value
