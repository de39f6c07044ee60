"""Train the network that finds ink.

    python page_network/ink_pages.py PARTS --fonts FONTS --pairs PAIRS
    python page_network/ink_train.py PARTS ink.pt --minutes 30 --model ink.safetensors

The network sees the page over its mean around each pixel, and redraws its ink at full strength on white. The loss is
cross-entropy, a Tversky index (Salehi et al. 2017) that weighs lost ink more than paper that is taken for ink, and the
recall of the skeleton of the ink (Kirchhoff et al. 2024). The output, written every three minutes, continues a stopped
run; ``--model`` writes a model file from it.
"""

import argparse
import copy
import hashlib
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ink_pages import SIDE
from isthmus import ConvAutoencoder
from isthmus.networks import ConvolutionalAutoencoder, start_convolutional
from isthmus.pages.ink import NetworkInput

NETWORK = {
    "filters": (24, 24, 48, 48, 80, 80, 112, 112),
    "pooling": (False, True, False, True, False, True, False, False),
    "patch": 2,
    "skips": True,
    "channels": 3,
    "output": "sigmoid",
}
SIZE, BATCH, RATE, AVERAGED = 192, 12, 2.5e-3, 500
MISSED, INVENTED = 0.55, 0.45
"""Weights of ink that is missed, and of paper that is taken for ink, in the Tversky index."""
SHARE_CUT = 0.25
"""Share of the parts in a batch that are cut from NoisyOffice's pairs."""
SHARE_PALE = 0.3
"""Share of the parts whose contrast is reduced."""
N_KEPT_OUT = 40
SECONDS_BETWEEN_REPORTS = 180


def loss_of(logits: Tensor, ink: Tensor, skeleton: Tensor) -> Tensor:
    """``ink`` is 1 where a channel is dark, ``skeleton`` 1 along the middle of strokes."""
    found = (-logits).sigmoid()
    hit, missed, invented = (found * ink).sum(), ((1 - found) * ink).sum(), (found * (1 - ink)).sum()
    tversky = (hit + 1) / (hit + MISSED * missed + INVENTED * invented + 1)
    on_skeleton = skeleton * ink
    recall = (found * on_skeleton).sum() / (on_skeleton.sum() + 1)
    return F.binary_cross_entropy_with_logits(-logits, ink) + (1 - tversky) + 0.3 * (1 - recall)


class Run:
    def __init__(self, folder: Path, output: Path, minutes: float, start: Path | None) -> None:
        self.pages, self.inks, self.skeletons = (
            np.load(folder / f"{n}.npy", mmap_mode="r") for n in ("page", "ink", "skeleton")
        )
        cut = np.load(folder / "cut.npy")
        self.drawn, self.cut = np.flatnonzero(~cut)[N_KEPT_OUT:], np.flatnonzero(cut)
        self.output, self.seconds, self.spent, self.step = output, minutes * 60, 0.0, 0
        self.network = ConvolutionalAutoencoder(**NETWORK).to(memory_format=torch.channels_last)
        start_convolutional(self.network, torch.Generator().manual_seed(0))
        self.average = copy.deepcopy(self.network).eval()
        self.optimiser = torch.optim.AdamW(self.network.parameters(), RATE, betas=(0.9, 0.99), weight_decay=1e-3)
        if start and not output.exists():
            for network in (self.network, self.average):
                network.load_state_dict(torch.load(start, weights_only=True)["average"])
        if output.exists():
            state = torch.load(output, weights_only=True)
            self.spent, self.step = state["spent"], state["step"]
            for name in ("network", "average", "optimiser"):
                getattr(self, name).load_state_dict(state[name])

    def go(self) -> None:
        began, shown, losses = time.monotonic() - self.spent, time.monotonic(), []
        while (spent := time.monotonic() - began) < self.seconds:
            self.spent = spent
            losses.append(self._one_step())
            if time.monotonic() - shown > SECONDS_BETWEEN_REPORTS:
                shown = time.monotonic()
                print(
                    f"{self.step} steps, {spent / 60:.0f} min: loss {np.mean(losses):.4f}, {self._on_kept_out()}",
                    flush=True,
                )
                losses = []
                self._write()
        print(f"{self.step} steps: {self._on_kept_out()}")
        self._write()

    def _one_step(self) -> float:
        share = self.spent / self.seconds
        for group in self.optimiser.param_groups:
            group["lr"] = RATE * min(1, (self.step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * share)) + 1e-6
        rng = np.random.default_rng(self.step)
        noisy, ink, skeleton = (torch.from_numpy(a) for a in self._batch(rng))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = self.network.output_of(noisy.contiguous(memory_format=torch.channels_last))
        loss = loss_of(logits.float(), ink, skeleton)
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        weight = max(1 / AVERAGED, 1 / (self.step + 1))
        with torch.no_grad():
            for mean, value in zip(self.average.state_dict().values(), self.network.state_dict().values(), strict=True):
                if mean.is_floating_point():
                    mean.lerp_(value, weight)
        return float(loss.detach())

    def _batch(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        parts = []
        n_cut = round(BATCH * SHARE_CUT) if len(self.cut) else 0
        for number in [*rng.choice(self.cut, n_cut), *rng.choice(self.drawn, BATCH - n_cut)]:
            page = NetworkInput(np.moveaxis(self.pages[number], -1, 0) / np.float32(255)).rows(0, SIDE)
            y, x = rng.integers(0, page.shape[1] - SIZE + 1, 2)
            box = (slice(y, y + SIZE), slice(x, x + SIZE))
            ink = 1 - np.moveaxis(self.inks[number][box], -1, 0) / np.float32(255)
            seen = page[(slice(None), *box)]
            if rng.random() < SHARE_PALE:  # all of the page, paper too: print as pale as it can be read
                seen = 0.5 + (seen - 0.5) * rng.uniform(0.25, 1) + rng.normal(0, 0.003, seen.shape)
            part = [seen, ink, self.skeletons[number][box][None].astype(np.float32)]
            if rng.random() < 0.3:  # letters are mirrored rarely: what shows through is
                part = [a[:, ::-1, ::-1] for a in part]
            if rng.random() < 0.5:
                order = rng.permutation(3)
                part[:2] = [a[order] for a in part[:2]]
            parts.append(part)
        noisy, inks, skeletons = (np.stack(each).astype(np.float32) for each in zip(*parts, strict=True))
        return noisy, inks, skeletons

    @torch.no_grad()
    def _on_kept_out(self) -> str:
        """Recall of the skeleton, precision and recall of ink, on parts that are not trained on."""
        counts = np.zeros(6)
        for number in range(N_KEPT_OUT):
            page = NetworkInput(np.moveaxis(self.pages[number], -1, 0) / np.float32(255)).rows(0, SIDE)
            found = self.average(torch.from_numpy(page.copy())[None])[0].amin(0).numpy() < 0.5
            ink, skeleton = self.inks[number].min(-1) < 128, self.skeletons[number]
            counts += [(found & ink).sum(), ink.sum(), found.sum(), (found & skeleton).sum(), skeleton.sum(), 1]
        recall, precision, strokes = counts[0] / counts[1], counts[0] / counts[2], counts[3] / counts[4]
        return f"kept out: recall {recall:.4f}, precision {precision:.4f}, strokes {strokes:.4f}"

    def _write(self) -> None:
        state = {
            "spent": self.spent,
            "step": self.step,
            **{n: getattr(self, n).state_dict() for n in ("network", "average", "optimiser")},
        }
        aside = self.output.with_suffix(".part")
        torch.save(state, aside)
        aside.replace(self.output)

    def write_model(self, path: Path) -> None:
        """Write the model file; the errors in it are those of the parts that were kept out."""
        pages = np.moveaxis(self.pages[:N_KEPT_OUT], -1, 1) / np.float32(255)
        inputs = np.stack([np.moveaxis(NetworkInput(page).rows(0, SIDE), 0, -1) for page in pages])
        inks = self.inks[:N_KEPT_OUT] / np.float32(255)
        ConvAutoencoder.from_network(self.average, inputs, target=inks, device="cpu").save(path)
        content = path.read_bytes()
        print(f"{self.step} steps; {len(content) / 1e6:.2f} MB; SHA-256 {hashlib.sha256(content).hexdigest()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", type=Path, help="folder of ink_pages.py")
    parser.add_argument("output", type=Path)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--start", type=Path, help="output of another run, to start from")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", type=Path, help="write a model file")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    run = Run(arguments.parts, arguments.output, arguments.minutes, arguments.start)
    run.go()
    if arguments.model:
        run.write_model(arguments.model)


if __name__ == "__main__":
    main()
