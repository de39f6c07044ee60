"""How fast the reference convolutional network is: computed as it reads, and in each form that equals it.

    python -m benchmarks.networks.convolutions [--size 420 540] [--batch 8] [--crop 96] [--repeats 7] [--threads 1]
                                               [--page 2480 3508] [--tiles 128 256 512] [--docs FILE]

Megapixels a second, median (slowest–fastest) of the repeats, which the forms take in turns. --page also applies the
network to one large image, each time in a process of its own, and says how much memory that takes: at most 7 GB at 2480
× 3508. --docs writes what is printed between the markers of a page.
"""

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.machine import heading
from benchmarks.memory import most_memory
from benchmarks.run import put
from isthmus.networks import (
    ConvolutionalAutoencoder,
    apply_tiled,
    fold_batch_norm,
    for_inference,
    halo,
    start_convolutional,
)
from isthmus.system.memory import keep_freed_memory

Apply = Callable[[Tensor], Tensor]
LARGE = (16, 128)  # images in a step and their rows and columns, whose layers the C library would give back at once


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, nargs=2, default=(420, 540))
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--crop", type=int, default=96)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--page", type=int, nargs=2)
    parser.add_argument("--tiles", type=int, nargs="+", default=(128, 256, 512))
    parser.add_argument("--docs", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    lines = [heading(), "", *forward(arguments), "", *training(arguments), "", *memory(arguments)]
    if arguments.page:
        lines += ["", *page(arguments)]
    print("\n".join(lines))
    if arguments.docs:
        put(arguments.docs, "convolutions", "\n".join(lines))


def forward(arguments: argparse.Namespace) -> list[str]:
    """Each form on one image, in evaluation mode."""
    height, width = arguments.size
    x, fast = pixels(1, height, width), for_inference(network())
    forms: dict[str, Apply] = {
        "plain": network(fused=False),
        "up-sampling and convolution as one": network(),
        "batch norm folded": fold_batch_norm(network(fused=False)),
        "channels last": network(fused=False).to(memory_format=torch.channels_last),
        "channels last, up-sampling and convolution as one": network().to(memory_format=torch.channels_last),
        "all of it (`for_inference`; activations in place)": fast,
        "all of it, in tiles of 256": lambda image: apply_tiled(fast, image[0], 256)[None],
    }
    with torch.no_grad():
        outputs = {name: apply(x) for name, apply in forms.items()}
        seconds = in_turns({name: partial(apply, x) for name, apply in forms.items()}, arguments.repeats)
    title = f"**Forward**, one image of {height} × {width}, evaluation mode"
    differences = {name: f"{float((out - outputs['plain']).abs().max()):.1e}" for name, out in outputs.items()}
    return table(title, seconds, x.numel(), ("largest difference", differences))


def training(arguments: argparse.Namespace) -> list[str]:
    """Forward, backward and Adam on one batch; and the error of the gradient, that of float64 being the true one."""
    x = pixels(arguments.batch, arguments.crop, arguments.crop)
    exact = gradient(network(fused=False).double(), x.double())
    steps, errors = {}, {}
    for name, fused, last in (
        ("plain", False, False),
        ("up-sampling and convolution as one", True, False),
        ("channels last", False, True),
        ("channels last, up-sampling and convolution as one", True, True),
    ):
        model = network(fused=fused)
        if last:
            model = model.to(memory_format=torch.channels_last)
        optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

        def step(model: ConvolutionalAutoencoder = model, optimiser: torch.optim.Adam = optimiser) -> None:
            gradient(model, x)
            optimiser.step()

        errors[name] = f"{float((gradient(model, x) - exact).norm() / exact.norm()):.1e}"
        step()
        steps[name] = step
    seconds = in_turns(steps, arguments.repeats)
    title = f"**Training step**, {arguments.batch} images of {arguments.crop} × {arguments.crop}"
    return table(title, seconds, x.numel(), ("error of the gradient, relative", errors))


def memory(arguments: argparse.Namespace) -> list[str]:
    """Training steps of large layers, with memory given back and kept, each time in a process of its own."""
    rates: dict[bool, list[float]] = {False: [], True: []}
    megabytes = dict.fromkeys(rates, 0.0)
    for _ in range(arguments.repeats):
        for keeps, found in rates.items():
            with multiprocessing.get_context("spawn").Pool(1) as process:
                seconds, most = process.apply(steps_of_large_layers, (keeps, arguments.threads))
            found.append(LARGE[0] * LARGE[1] ** 2 / seconds / 1e6)
            megabytes[keeps] = max(megabytes[keeps], most)
    plain = statistics.median(rates[False])
    lines = [
        f"**Training step**, {LARGE[0]} images of {LARGE[1]} × {LARGE[1]}, channels last, all of it",
        "",
        "| memory | megapixels a second | times given back | most memory, MB |",
        "|---|---|---|---|",
    ]
    for keeps, name in ((False, "given back in every step"), (True, "kept for the next")):
        middle = statistics.median(rates[keeps])
        lines.append(
            f"| {name} | {middle:.3f} ({min(rates[keeps]):.3f}–{max(rates[keeps]):.3f}) | {middle / plain:.2f} | "
            f"{megabytes[keeps]:.0f} |"
        )
    return lines


def steps_of_large_layers(keeps: bool, threads: int) -> tuple[float, float]:
    """Seconds of a step, after a first one, and the most MB that the process held."""
    torch.set_num_threads(threads)
    model = network().to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    x = pixels(LARGE[0], LARGE[1], LARGE[1])

    def step() -> None:
        gradient(model, x)
        optimiser.step()

    with keep_freed_memory() if keeps else nullcontext():
        step()
        return statistics.median(in_turns({"": step}, 5)[""]), most_memory()


def gradient(model: ConvolutionalAutoencoder, x: Tensor) -> Tensor:
    """Of the squared error, in training mode; all of it as one vector."""
    model.zero_grad()
    (model.train()(x) - x).square().mean().backward()
    return torch.cat([parameter.grad.flatten() for parameter in model.parameters()])


def page(arguments: argparse.Namespace) -> list[str]:
    """Seconds, memory and the largest difference on a large image."""
    height, width = arguments.page
    lines = [
        f"**One image of {height} × {width}**, a halo of {halo(network())} around tiles",
        "",
        "| form | seconds | megapixels a second | memory, MB | largest difference |",
        "|---|---|---|---|---|",
    ]
    plain = None
    for form, tile in (("plain", None), ("all of it", None), *(("all of it", tile) for tile in arguments.tiles)):
        with multiprocessing.get_context("spawn").Pool(1) as process:
            out, seconds, megabytes = process.apply(
                apply_to_page, (form == "plain", tile, height, width, arguments.threads)
            )
        plain = out if plain is None else plain
        difference = float((torch.from_numpy(out) - torch.from_numpy(plain)).abs().max())
        speed = height * width / seconds / 1e6
        name = form if tile is None else f"{form}, in tiles of {tile}"
        lines.append(f"| {name} | {seconds:.1f} | {speed:.3f} | {megabytes:.0f} | {difference:.1e} |")
    return lines


def apply_to_page(
    plain: bool, tile: int | None, height: int, width: int, threads: int
) -> tuple[np.ndarray, float, float]:
    """The output, the seconds, and by how many MB the most memory held grew."""
    torch.set_num_threads(threads)
    model = network(fused=False) if plain else for_inference(network())
    x = pixels(1, height, width)
    before, began = most_memory(), time.perf_counter()
    with torch.no_grad():
        out = model(x)[0] if tile is None else apply_tiled(model, x[0], tile)
    return out.numpy(), time.perf_counter() - began, most_memory() - before


def network(*, fused: bool = True) -> ConvolutionalAutoencoder:
    """The reference network; its batch norms have seen something."""
    model = ConvolutionalAutoencoder.on(torch.device("cpu"), fused=fused)
    start_convolutional(model, torch.Generator().manual_seed(0))
    with torch.no_grad():
        for _ in range(20):
            model.train()(pixels(2, 32, 32))
    return model.eval()


def pixels(n: int, height: int, width: int) -> Tensor:
    return torch.rand(n, 1, height, width, generator=torch.Generator().manual_seed(0))


def in_turns(forms: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Seconds of each form; whatever else the machine does meets all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in forms}
    for _ in range(repeats):
        for name, apply in forms.items():
            began = time.perf_counter()
            apply()
            seconds[name].append(time.perf_counter() - began)
    return seconds


def table(title: str, seconds: dict[str, list[float]], n: int, more: tuple[str, dict[str, str]]) -> list[str]:
    lines = [title, "", f"| form | megapixels a second | times plain | {more[0]} |", "|---|---|---|---|"]
    plain = statistics.median(seconds["plain"])
    for name, times in seconds.items():
        middle, slowest, fastest = (n / t / 1e6 for t in (statistics.median(times), max(times), min(times)))
        ratio = plain / statistics.median(times)
        lines.append(f"| {name} | {middle:.3f} ({slowest:.3f}–{fastest:.3f}) | {ratio:.2f} | {more[1][name]} |")
    return lines


if __name__ == "__main__":
    main()
