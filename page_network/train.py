"""Train a network that cleans pages.

    python page_network/material.py SYNTHETIC
    python page_network/train.py base.pt --synthetic SYNTHETIC --steps 14000 --hold 1
    python page_network/train.py pages.pt --synthetic SYNTHETIC --pairs PAIRS --start base.pt --steps 20000

PAIRS is the folder of NoisyOffice's simulated pages, with the folders ``noisy`` and ``clean``. ``--parts`` and
``--leave-out`` select pairs to train on; errors are reported for the others. The output, written every five minutes,
has the whole state, so the same command continues a stopped run; ``ship.py`` writes its network to a model file.
Weights are averaged exponentially over the last thousand steps. The learning rate rises over 200 steps, stays constant
for a share of the steps, and falls to zero along half a cosine. Layers compute in bfloat16; weights are float32.
"""

import argparse
import copy
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

import isthmus
from isthmus.networks import ConvolutionalAutoencoder, start_convolutional
from pairs import Pair, read_pairs, take_apart
from patches import Source

NETWORKS: dict[str, dict[str, Any]] = {
    "pages": {
        "filters": (32, 32, 64, 64, 96, 96, 112, 112),
        "pooling": (False, True, False, True, False, True, False, False),
        "patch": 2,
        "skips": True,
        "start": "affine",
    },
    "reference": {},
}
"""Parameters of ``ConvolutionalAutoencoder``; the reference network has the defaults."""

WARM_UP = 200
AVERAGED = 1000
ALONE, WEIGHT_ALONE = 0.2, 13
"""Share of ink in 15 × 15 pixels below which ink stands alone, and the weight of a pixel of ink that does."""
SMALL_ERROR = 0.005
"""Error of a patch, in grey, below which the loss is quadratic."""
SECONDS_BETWEEN_REPORTS = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--network", choices=NETWORKS, default="pages")
    parser.add_argument("--synthetic", type=Path, help="folder of material.py")
    parser.add_argument("--pairs", type=Path, help="folder with noisy and clean; default: synthetic pages only")
    parser.add_argument("--parts", default="TR,VA", help="parts of the pairs to train on")
    parser.add_argument("--leave-out", default="", help="letters of the kinds of dirt to leave out")
    parser.add_argument("--shares", type=float, nargs=3, default=Source.shares, help="of patches: see patches.Source")
    parser.add_argument(
        "--darkness", type=float, nargs=2, default=Source.darkness, help="of recombined sheets: see patches.Source"
    )
    parser.add_argument("--start", type=Path, help="output of another run, or a model file, to start from")
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--hold", type=float, default=0.0, help="share of the steps before the learning rate falls")
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--size", type=int, default=192, help="rows and columns of a patch")
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--freeze-norms", action="store_true", help="keep the statistics of batch norms")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    pairs = read_pairs(arguments.pairs) if arguments.pairs else []
    chosen = [p for p in pairs if p.part in arguments.parts.split(",") and p.kind not in arguments.leave_out]
    options = {"shares": tuple(arguments.shares), "darkness": tuple(arguments.darkness)}
    source = Source(take_apart(chosen), size=arguments.size, **options)
    if arguments.synthetic:
        source.add(arguments.synthetic)
    chosen_names = {pair.name for pair in chosen}
    run = Run(arguments, source, [pair for pair in pairs if pair.name not in chosen_names])
    run.go()


class Run:
    """One training run: network, averaged network, optimiser, and the state that is written.

    Parameters
    ----------
    arguments : argparse.Namespace
        Arguments of the command line.
    source : Source
        Source of the patches.
    unseen : list of Pair
        Pairs whose error is reported.
    """

    def __init__(self, arguments: argparse.Namespace, source: Source, unseen: list[Pair]) -> None:
        self.arguments, self.source, self.unseen = arguments, source, unseen
        self.network = ConvolutionalAutoencoder(**NETWORKS[arguments.network])
        start_convolutional(self.network, torch.Generator().manual_seed(arguments.seed))
        if arguments.start:
            self.network.load_state_dict(weights_in(arguments.start))
        self.network.to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.network).eval()
        if arguments.freeze_norms:
            self.network.eval()  # affects batch norms only
        self.optimiser = torch.optim.AdamW(self.network.parameters(), betas=(0.9, 0.99), weight_decay=1e-4, fused=True)
        self.step = 0
        if arguments.output.exists():
            self._restore(torch.load(arguments.output, weights_only=True))

    def go(self) -> None:
        """Train, report and write until all steps are done."""
        losses, began, shown = [], time.monotonic(), time.monotonic()
        while self.step < self.arguments.steps:
            losses.append(self._step())
            if time.monotonic() - shown > SECONDS_BETWEEN_REPORTS:
                shown = time.monotonic()
                self._report(losses, shown - began)
                self._write()
                losses = []
        self._report(losses or [math.nan], time.monotonic() - began)
        self._write()

    def _step(self) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = self._learning_rate()
        # One generator per step: a run that is continued draws the same patches.
        rng = np.random.default_rng((self.arguments.seed, self.step))
        noisy, clean = (torch.from_numpy(a) for a in self.source.batch(self.arguments.batch_size, rng))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = self.network(noisy.contiguous(memory_format=torch.channels_last))
        errors = squared_errors_of(out.float(), clean)
        # In a mean of squares, patches that cannot be cleaned would dominate the gradient.
        loss = (errors + SMALL_ERROR**2).sqrt().mean()
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 0.5)
        self.optimiser.step()
        self.step += 1
        weight = max(1 / AVERAGED, 1 / (self.step + 1))
        with torch.no_grad():
            values = self.network.state_dict().values()
            for mean, value in zip(self.average.state_dict().values(), values, strict=True):
                if mean.is_floating_point():
                    mean.lerp_(value, weight)
        return float(errors.detach().mean())

    def _learning_rate(self) -> float:
        share, hold = self.step / self.arguments.steps, self.arguments.hold
        fallen = max(0.0, share - hold) / (1 - hold) if hold < 1 else 0.0
        rising = min(1.0, (self.step + 1) / WARM_UP)
        rate: float = self.arguments.learning_rate * rising * (0.5 + 0.5 * math.cos(math.pi * fallen))
        return rate

    def _report(self, losses: list[float], seconds: float) -> None:
        line = f"{self.step} steps, {seconds / 60:.0f} min: training {math.sqrt(np.mean(losses)):.4f}"
        errors = [(pair.part + pair.kind, squared_errors(self.average, pair)) for pair in self.unseen]
        for group in sorted({group for group, _ in errors}):
            line += f", {group} {pooled([e for g, e in errors if g == group]):.4f}"
        if errors:
            line += f"; unseen {pooled([e for _, e in errors]):.4f}"
        print(line, flush=True)

    def _write(self) -> None:
        state = {
            "network_name": self.arguments.network,
            "step": self.step,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        aside = self.arguments.output.with_suffix(".part")
        torch.save(state, aside)
        aside.replace(self.arguments.output)

    def _restore(self, state: dict[str, Any]) -> None:
        self.step = state["step"]
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])


def weights_in(path: Path) -> dict[str, Tensor]:
    """The weights in the output of a run, or in a model file."""
    if path.suffix == ".safetensors":
        module = isthmus.load(path).module_
        return dict(module.convolutional.state_dict())
    return dict(torch.load(path, weights_only=True)["average"])


def squared_errors_of(out: Tensor, clean: Tensor) -> Tensor:
    """Weighted mean squared error of each patch, with the output clipped to [0, 1].

    Beyond [0, 1] a small slope remains, so that no pixel gets stuck there.
    """
    shown = out.clamp(0, 1)
    return ((shown + 0.3 * (out - shown) - clean).square() * weights_of(clean)).mean((1, 2, 3))


def weights_of(clean: Tensor) -> Tensor:
    """Weights of the pixels: much higher where ink stands alone, as in dot leaders and hairlines.

    They have so little ink that the plain mean error of a page hardly shows whether they are there.
    """
    ink = 1 - clean
    around = torch.nn.functional.avg_pool2d(ink, 15, stride=1, padding=7)
    return 1 + (WEIGHT_ALONE - 1) * ink * (1 - around / ALONE).clamp(min=0)


@torch.no_grad()
def squared_errors(network: ConvolutionalAutoencoder, pair: Pair) -> tuple[float, int]:
    """The sum of the squared errors over a page, and its number of pixels."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = network(torch.from_numpy(pair.noisy)[None, None].contiguous(memory_format=torch.channels_last))
    return float(((out[0, 0].float().clamp(0, 1).numpy() - pair.clean) ** 2).sum()), pair.clean.size


def pooled(errors: list[tuple[float, int]]) -> float:
    """The root mean squared error over the pixels of all pages."""
    total, count = (sum(part) for part in zip(*errors, strict=True))
    return math.sqrt(total / count)


if __name__ == "__main__":
    main()
