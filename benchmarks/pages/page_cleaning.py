"""How fast pages are cleaned and how much memory it takes: all of it, and the network alone in its forms.

    python -m benchmarks.pages.page_cleaning [--network pages] [--threads 2] [--dpi 150 300 600] [--repeats 3]
                                             [--docs FILE]

An A4 page in grey at each resolution, and in colour at 300 dpi; each measurement in a process of its own: seconds are
the least of the repeats, memory is the most that the process ever held, Python and its libraries included. The network
alone sees every pixel of the page, which ``isthmus.clean`` spares it above 200 dpi: plain (batch norm and repeated
pixels computed as they read, untiled), and as it is applied. --docs writes what is printed between the
markers of a page.
"""

import argparse
import copy
import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import isthmus
from benchmarks.machine import heading
from benchmarks.memory import most_memory
from benchmarks.run import put
from isthmus.networks.upsampling import UpsamplingConvolution
from isthmus.pages.cleaning import clean_page
from isthmus.pages.shipped import SHIPPED, load_network
from isthmus.synthetic_pages import synthetic_pair

MODELS = Path(__file__).parents[2] / "page_network" / "networks"
A4_INCHES = (297 / 25.4, 210 / 25.4)
_LARGEST_PLAIN = 20  # megapixels, beyond which the plain network is not tried


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="pages", help="name or model file")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dpi", type=int, nargs="+", default=(150, 300, 600))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--docs", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    lines = [
        heading(),
        "",
        "| page | form | seconds | megapixels a second | memory, MB |",
        "|---|---|---:|---:|---:|",
    ]
    small = small_page()
    for dpi in arguments.dpi:
        size = size_at(dpi)
        megapixels = size[0] * size[1] / 1e6
        forms = ["isthmus.clean", *(["isthmus.clean, in colour"] if dpi == 300 else [])]
        forms += ["network alone, as applied"]
        forms += ["network alone, plain"] if megapixels < _LARGEST_PLAIN else []
        for form in forms:
            with multiprocessing.get_context("spawn").Pool(1) as process:
                seconds, memory = process.apply(measured, (form, small, dpi, size, arguments))
            page = f"{dpi} dpi, {size[1]:,} × {size[0]:,}"
            lines.append(f"| {page} | {form} | {seconds:.2f} | {megapixels / seconds:.2f} | {memory:,.0f} |")
            print(lines[-1], flush=True)
    print("\n".join(lines))
    if arguments.docs:
        put(arguments.docs, "page-cleaning", "\n".join(lines))


def measured(
    form: str, small: np.ndarray, dpi: int, size: list[int], arguments: argparse.Namespace
) -> tuple[float, float]:
    """The least seconds of the repeats, and the most memory held, in MB."""
    torch.set_num_threads(arguments.threads)
    clean = prepared(form, small, dpi, size, arguments.network)
    least = float("inf")
    for _ in range(arguments.repeats):
        began = time.perf_counter()
        clean()
        least = min(least, time.perf_counter() - began)
    return least, most_memory()


def prepared(form: str, small: np.ndarray, dpi: int, size: list[int], network: str) -> Callable[[], object]:
    """A function that cleans a page in one of the forms, after a small page."""
    page = np.asarray(Image.fromarray(small).resize((size[1], size[0]), Image.Resampling.BICUBIC))
    if form.endswith("colour"):
        page = np.stack([page, page, page // 8 * 7], axis=-1)
    if form.startswith("isthmus"):
        loaded = load_network(network)

        def clean(pixels: np.ndarray) -> object:
            return clean_page(pixels, network=loaded, dpi=dpi)

    else:
        apply = Plain(network) if form.endswith("plain") else load_network(network)

        def clean(pixels: np.ndarray) -> object:
            return apply(pixels / np.float32(255))

    clean(page[:64, :64])
    return lambda: clean(page)


def small_page() -> np.ndarray:
    """A made page, to be enlarged."""
    return np.round(255 * synthetic_pair(0)[1]).astype(np.uint8)


def size_at(dpi: int) -> list[int]:
    """Height and width of A4."""
    return [round(inches * dpi) for inches in A4_INCHES]


class Plain:
    """The network as it reads: unfolded, untiled, pixels repeated before they are convolved."""

    def __init__(self, network: str) -> None:
        path = MODELS / f"{network}.safetensors" if network in SHIPPED else Path(network)
        self.network = copy.deepcopy(isthmus.load(path).module_.convolutional).eval()
        self.network.to(memory_format=torch.contiguous_format)
        for module in self.network.modules():
            if isinstance(module, UpsamplingConvolution):
                module.fused = False

    @torch.no_grad()
    def __call__(self, grey: np.ndarray) -> np.ndarray:
        return np.asarray(self.network(torch.from_numpy(grey)[None, None])[0, 0])


if __name__ == "__main__":
    main()
