"""pythae's AE and its trainer."""

import tempfile

import numpy as np
import torch
from pythae.data.datasets import BaseDataset
from pythae.models import AE, AEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from torch import Tensor, nn

from speeds.with_torch import stack


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


class Dense:
    """Widths from the data's to the code's, and back; ``settings`` are those of its trainer."""

    def __init__(self, widths: list[int], batch_size: int, seed: int = 0, **settings: object) -> None:
        self.widths, self.seed = widths, seed
        self.settings = {"per_device_train_batch_size": batch_size, "learning_rate": 1e-3, "seed": seed, **settings}

    def train(self, rows: np.ndarray, epochs: int) -> None:
        torch.manual_seed(self.seed)
        config = AEConfig(input_dim=(self.widths[0],), latent_dim=self.widths[-1])
        model = AE(config, encoder=Encoder(self.widths), decoder=Decoder(self.widths))
        data = BaseDataset(torch.from_numpy(rows), torch.zeros(len(rows)))
        with tempfile.TemporaryDirectory() as folder:
            settings = BaseTrainerConfig(
                output_dir=folder, num_epochs=epochs, keep_best_on_train=True, no_cuda=True, **self.settings
            )
            BaseTrainer(model, data, training_config=settings).train()
        self.network = nn.Sequential(model.encoder.layers, model.decoder.layers).eval()

    @torch.no_grad()
    def reconstruct(self, rows: np.ndarray) -> np.ndarray:
        return self.network(torch.from_numpy(rows)).numpy()
