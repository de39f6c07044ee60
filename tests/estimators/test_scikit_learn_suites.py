"""scikit-learn's own tests of PCA and IncrementalPCA, with a linear Autoencoder in their place (in_place_of_pca.py)."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

SOLVERS = "there is one solver, which suits the rows"
REFUSED = "PCA refuses what an Autoencoder does"
WORDS = "the sentence is another"

# Tests that fail, each with the reason; those with several parameters fail for some of them.
EXPECTED = {
    "sklearn.decomposition.tests.test_pca": {
        "test_sparse_pca_solver_error": SOLVERS,
        "test_pca_svd_solver_auto": SOLVERS,
        "test_n_components_none": SOLVERS,
        "test_pca_validation": WORDS,
        "test_n_components_mle_error": SOLVERS,
        "test_fit_mle_too_few_samples": WORDS,
        "test_pca_score": "with whiten=True PCA counts each variance twice in the density (scikit-learn #13898)",
        "test_pca_score3": "a code of size 0 is refused",
        "test_pca_zero_noise_variance_edge_cases": "of fewer rows than columns the density is rounding, and refused",
    },
    "sklearn.decomposition.tests.test_incremental_pca": {
        "test_incremental_pca_sparse": REFUSED,
        "test_incremental_pca_validation": REFUSED,
        "test_incremental_pca_set_params": REFUSED,
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("module", EXPECTED)
def test_tests_of_pca_pass_with_a_linear_autoencoder(module, tmp_path):
    command = [sys.executable, "-m", "pytest", "-p", "in_place_of_pca", "-n", "0", "-c", os.devnull]
    command += ["--rootdir", str(tmp_path), f"--junitxml={tmp_path / 'results.xml'}", "--pyargs", module]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    cases = ElementTree.parse(tmp_path / "results.xml").getroot().iter("testcase")
    outcomes = {case.get("name"): {part.tag for part in case} for case in cases}
    failed = {name for name, parts in outcomes.items() if parts & {"failure", "error"}}
    assert len(outcomes) > 20, done.stdout
    assert {name.partition("[")[0] for name in failed} == set(EXPECTED[module]), "\n".join(sorted(failed))
