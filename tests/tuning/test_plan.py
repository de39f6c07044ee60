"""Plans: what is stored with a study and sent to workers is the plan again."""

import json

import numpy as np
import pytest
from tuning_searches import QUICK

from isthmus import Autoencoder, ConvAutoencoder
from isthmus.tuning.plan import Plan, make_plan
from isthmus.tuning.problem import Problem

IMAGES = np.random.default_rng(0).random((40, 6, 6), dtype=np.float32)


def plan_of(estimator, X, columns=(), **changed):
    options = {"space": QUICK, "objective": "error", "target_variance": 0.9, "folds": "auto", "test_fraction": 0.2}
    return make_plan(estimator, X, columns, **{**options, "seed": 3, **changed})


@pytest.mark.parametrize(
    ("estimator", "is_images", "changed"),
    [
        (Autoencoder(0.9, encoder_layers=(9, 8), noise=("gaussian", 0.2), device="cpu"), False, {"folds": 2}),
        (Autoencoder(2, learning_rate=np.float32(0.01)), False, {"space": {"encoder_layers": (8,)}}),
        (Autoencoder(2), False, {"space": {"code_size": (1, 3)}, "objective": "both"}),
        (ConvAutoencoder((4, 8), code_size=2, pooling=(True, False)), True, {"space": {"filters": [2, 4]}}),
    ],
)
def test_a_plan_comes_back_from_json_with_the_same_problem(rows, estimator, is_images, changed):
    X = IMAGES if is_images else rows
    plan = plan_of(estimator, X, () if is_images else list("abcdefg"), **changed)
    read = Plan.from_json(json.loads(json.dumps(plan.to_json())))
    assert read.to_json() == plan.to_json()
    ours, theirs = Problem.of(plan, X), Problem.of(read, X)
    assert theirs.estimator.get_params() == ours.estimator.get_params()
    assert type(theirs.estimator) is type(estimator)
    assert theirs.space.to_json() == ours.space.to_json()
    assert (theirs.default, theirs.has_own_layers, theirs.goal) == (ours.default, ours.has_own_layers, ours.goal)
    assert all((a.train == b.train).all() for a, b in zip(theirs.splits, ours.splits, strict=True))


def test_another_table_has_another_identity(rows):
    tables = [rows, rows + 1, rows[:-1], rows[:, :-1]]
    assert len({plan_of(Autoencoder(2), table).table.sha256 for table in tables}) == 4
    assert plan_of(Autoencoder(2), rows) == plan_of(Autoencoder(2), rows.copy())
