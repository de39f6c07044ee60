"""Fits in several threads of one process do not disturb one another."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from isthmus import Autoencoder
from isthmus.system.threads import available_threads, one_blas_thread

PROGRAM = Path(__file__).with_name("fits_in_threads.py")


@pytest.mark.parametrize("n_threads", [1, 2])
def test_they_give_the_same_bytes_as_one_after_another(n_threads):
    environment = os.environ | {"OPENBLAS_NUM_THREADS": str(n_threads), "OMP_NUM_THREADS": str(n_threads)}
    found = subprocess.run(
        [sys.executable, PROGRAM, "200"], capture_output=True, text=True, check=True, env=environment
    )
    assert found.stdout == "200 fits, 0 of them others in threads\n"


def n_blas_threads():
    return {library["num_threads"] for library in ThreadpoolController().info() if library["user_api"] == "blas"}


def test_threads_of_linear_algebra_are_one_while_isthmus_computes_and_then_as_before():
    seen = []
    with ThreadpoolController().limit(limits=2):
        before = n_blas_threads()
        model = Autoencoder(2, max_epochs=2, random_state=0)
        model.fit(np.random.default_rng(0).random((30, 4)), on_epoch=lambda _: seen.append(n_blas_threads()))
        assert n_blas_threads() == before
        assert {1} in seen
        with one_blas_thread():
            with one_blas_thread():
                assert n_blas_threads() == {1}
            assert n_blas_threads() == {1}  # the first that came is still there
            assert available_threads() == max(before)
        assert n_blas_threads() == before
