"""pythae's AE and its trainer."""

import io
import tempfile
from contextlib import redirect_stderr

import numpy as np
import torch
from pythae.data.datasets import BaseDataset
from pythae.models import AE, AEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from torch import Tensor, nn

from benchmarks.speeds.with_torch import stack


class Encoder(BaseEncoder):
    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        self.layers = stack(widths)

    def forward(self, x: Tensor) -> ModelOutput:
        return ModelOutput(embedding=self.layers(x))


class Decoder(BaseDecoder):
    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        self.layers = stack(widths[::-1])

    def forward(self, z: Tensor) -> ModelOutput:
        return ModelOutput(reconstruction=self.layers(z))


def trained(widths: list[int], rows: np.ndarray, epochs: int, seed: int, **settings: float) -> nn.Sequential:
    """A network after training; ``settings`` are those of the trainer."""
    torch.manual_seed(seed)
    config = AEConfig(input_dim=(widths[0],), latent_dim=widths[-1])
    model = AE(config, encoder=Encoder(widths), decoder=Decoder(widths))
    data = BaseDataset(torch.from_numpy(rows), torch.zeros(len(rows)))
    with tempfile.TemporaryDirectory() as folder, redirect_stderr(io.StringIO()):  # progress bars
        settings = BaseTrainerConfig(
            output_dir=folder, num_epochs=epochs, seed=seed, no_cuda=True, keep_best_on_train=True, **settings
        )
        BaseTrainer(model, data, training_config=settings).train()
    return nn.Sequential(model.encoder.layers, model.decoder.layers).eval()


class Dense:
    """Widths from the data's to the code's, and back."""

    def __init__(self, widths: list[int], batch_size: int) -> None:
        self.widths = widths
        self.settings = {"per_device_train_batch_size": batch_size, "learning_rate": 0.001}

    def train(self, rows: np.ndarray, epochs: int) -> None:
        self.network = trained(self.widths, rows, epochs, 0, **self.settings)

    @torch.no_grad()
    def reconstruct(self, rows: np.ndarray) -> np.ndarray:
        return self.network(torch.from_numpy(rows)).numpy()
