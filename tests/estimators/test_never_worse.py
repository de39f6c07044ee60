"""No network is worse than PCA on the rows that its epoch is chosen by, or the fit warns."""

import pytest
from benchmarks.rows.never_worse import code_sizes, measure, scaled
from benchmarks.rows.tables import parts_of
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("loss", ["mse", "bce"])
@pytest.mark.parametrize("load", [load_digits, load_wine, load_breast_cancer], ids=["digits", "wine", "breast_cancer"])
def test_no_fit_is_worse_than_pca_without_a_warning(load, loss):
    data = parts_of(load().data)
    cases = [measure(load.__name__, loss, k, scaled(data, loss), 50) for k in code_sizes(data["train"].shape[1])]
    assert [case for case in cases if case.warned != (case.held_out > 1)] == []
    if loss == "mse":
        assert [case for case in cases if case.held_out > 1] == []
