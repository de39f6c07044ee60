"""A fit makes its own surroundings: modes that the program has set neither stop nor change it, and stay."""

from contextlib import ExitStack, contextmanager

import numpy as np
import pytest
import torch

import isthmus
from isthmus import Autoencoder, ConvAutoencoder
from isthmus.pages.cleaning import clean

IMAGES = np.random.default_rng(0).random((24, 8, 8)).astype(np.float32)
MODELS = {
    "dense": lambda: Autoencoder(3, max_epochs=3, random_state=0),
    "ordered": lambda: Autoencoder(3, ordered=True, max_epochs=3, random_state=0),
    "descent": lambda: Autoencoder(3, activation="identity", start="random", max_epochs=3, random_state=0),
    "convolutional": lambda: ConvAutoencoder((4,), code_size=3, max_epochs=2, random_state=0),
    "convolutional without a dense code": lambda: ConvAutoencoder((4,), max_epochs=2, random_state=0),
}


@contextmanager
def default_dtype(dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    yield
    torch.set_default_dtype(before)


@contextmanager
def default_device(device):
    torch.set_default_device(device)
    yield
    torch.set_default_device(None)


SURROUNDINGS = {
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "meta": lambda: torch.device("meta"),
    "default meta": lambda: default_device("meta"),
    "float16": lambda: default_dtype(torch.float16),
    "bfloat16": lambda: default_dtype(torch.bfloat16),
    "float64": lambda: default_dtype(torch.float64),
    "errstate": lambda: np.errstate(all="raise"),
}


def modes():
    return (
        torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.is_autocast_enabled("cpu"),
        torch.get_default_device(), torch.get_default_dtype(), np.geterr(), torch.get_num_threads(),
        torch.initial_seed(),
    )  # fmt: skip


def results(model, rows, path):
    """What a user asks of a fitted model, saved and loaded, and trained further."""
    found = [model.transform(rows), model.reconstruct(rows), model.inverse_transform(model.transform(rows))]
    found += [model.reconstruction_error(rows), model.score(rows)]
    if hasattr(model, "code_influence") and found[0].ndim == 2:
        found.append(model.code_influence(rows[:4]))
    model.save(path)
    loaded = isthmus.load(path)
    return [*found, loaded.transform(rows), loaded.partial_fit(rows).transform(rows)]


@pytest.mark.filterwarnings("ignore:On the held-out rows")
@pytest.mark.parametrize("kind", MODELS)
def test_a_fit_is_the_same_in_all_surroundings_and_leaves_them_as_they_were(kind, tmp_path):
    rows = IMAGES if kind.startswith("conv") else IMAGES.reshape(24, -1)
    expected = results(MODELS[kind]().fit(rows), rows, tmp_path / "model")
    for name, surroundings in SURROUNDINGS.items():
        with ExitStack() as stack:
            stack.enter_context(surroundings())
            before = modes()
            found = results(MODELS[kind]().fit(rows), rows, tmp_path / "model")
            with pytest.raises(ValueError, match="NaN"):
                MODELS[kind]().fit(np.full_like(rows, np.nan))
            assert modes() == before, name
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other, err_msg=name)


def test_a_page_is_cleaned_the_same_in_all_surroundings():
    page = np.random.default_rng(1).integers(190, 210, (64, 48)).astype(np.uint8)
    page[20:24, 8:40] = 20
    expected = clean(page, dpi=150)
    for name, surroundings in SURROUNDINGS.items():
        with surroundings():
            before = modes()
            found = clean(page, dpi=150)
            assert modes() == before, name
        np.testing.assert_array_equal(found, expected, err_msg=name)
