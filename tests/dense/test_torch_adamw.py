"""AdamW without torch.optim makes the same steps, bit for bit."""

import numpy as np
import pytest
import torch

from isthmus import Autoencoder
from isthmus.dense.torch_operations import TorchAdamW


@pytest.fixture
def double_by_default():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_steps_are_those_of_torch_also_where_a_gradient_is_missing(dtype):
    generator = torch.Generator().manual_seed(0)
    ours, theirs = ([], [])
    for shape in ((3, 4), (5,), (2, 3, 2)):
        value = torch.randn(shape, dtype=dtype, generator=generator)
        ours.append(value.clone())
        theirs.append(value.clone().requires_grad_())
    mine, reference = TorchAdamW(ours, 0.1), torch.optim.AdamW(theirs, weight_decay=0.1, fused=True)
    for step in range(6):
        rate = 0.01 / (step + 1)
        gradients = [torch.randn(value.shape, dtype=dtype, generator=generator) for value in ours]
        if step % 2:
            gradients[1] = None
        for value, gradient in zip(theirs, gradients, strict=True):
            value.grad = gradient
        reference.param_groups[0]["lr"] = rate
        reference.step()
        mine.step(gradients, rate)
    for value, expected in zip(ours, theirs, strict=True):
        torch.testing.assert_close(value, expected.detach(), rtol=0, atol=0)


@pytest.mark.filterwarnings("ignore::isthmus.errors.WorseThanPCAWarning")
@pytest.mark.parametrize("parameters", [{}, {"ordered": True}, {"loss": "bce"}], ids=["mse", "ordered", "bce"])
def test_fits_work_whatever_torchs_default_type(parameters, double_by_default):
    X = np.random.default_rng(0).random((60, 6))
    model = Autoencoder(2, max_epochs=3, random_state=0, **parameters).fit(X)
    assert model.n_epochs_ == 3
    assert model.validation_error_ <= model.start_error_
