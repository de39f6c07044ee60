"""Draw the network as a sandwich: wide, narrow at the code, and wide again."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from isthmus.dense.layers import Layer


@dataclass(frozen=True)
class Size:
    """Sizes of a drawing in pixels: width (larger with many layers), margins, layers and letters."""

    width: int
    sides: int
    above: int
    below: int
    height: int
    bar: int
    steps: tuple[int, int]
    letters: int


LARGE = Size(width=840, sides=60, above=34, below=36, height=168, bar=12, steps=(40, 108), letters=13)
SMALL = Size(width=330, sides=34, above=24, below=28, height=72, bar=8, steps=(26, 44), letters=12)


def sandwich_svg(layers: Sequence[Layer], size: Size = LARGE) -> str:
    """Draw layers as bars. Their height grows with the square root of the width, so that a small code is visible."""
    widest = max(layer.width for layer in layers)
    code = next(i for i, layer in enumerate(layers) if layer.label == "code")
    narrowest, broadest = size.steps
    step = min(broadest, max(narrowest, (size.width - 2 * size.sides) // (len(layers) - 1)))
    bottom, total = size.above + size.height, step * (len(layers) - 1) + 2 * size.sides
    middle = size.above + size.height / 2
    halves = [max(8.0, size.height * (layer.width / widest) ** 0.5) / 2 for layer in layers]
    places = [(size.sides + step * i, half) for i, half in enumerate(halves)]
    parts = []
    for (x0, half0), (x1, half1) in pairwise(places):
        a, b = x0 + size.bar / 2 + 2, x1 - size.bar / 2 - 2
        parts.append(
            f'<path d="M{a:g} {middle - half0:.1f}L{b:g} {middle - half1:.1f}V{middle + half1:.1f}'
            f'L{a:g} {middle + half0:.1f}Z" fill="var(--line)" opacity=".55"/>'
        )
    for i, (layer, (x, half)) in enumerate(zip(layers, places, strict=True)):
        fill = "model" if i == code else "muted"
        weight = ' font-weight="600"' if i == code else ""
        has_label = i in (0, code, len(layers) - 1)  # there is no room for all of them
        shown = layer.label if step > 70 or has_label else ""
        width = f"{layer.width:,}"
        width = width if has_label or 0.6 * size.letters * len(width) < step else ""
        parts.append(
            f'<rect x="{x - size.bar / 2:g}" y="{middle - half:.1f}" width="{size.bar}" height="{2 * half:.1f}" rx="2" '
            f'fill="var(--{fill})"/>'
            f'<text x="{x}" y="{size.above - 14}" text-anchor="middle" fill="var(--ink)"{weight}>{width}</text>'
            f'<text x="{x}" y="{bottom + size.below - 12}" text-anchor="middle" fill="var(--muted)"{weight}>{shown}'
            "</text>"
        )
    words = ", then ".join(f"{layer.width} ({layer.label})" for layer in layers)
    label = html.escape(f"The layers of the network from left to right: {words}.")
    return (
        f'<svg class="plot" role="img" aria-label="{label}" viewBox="0 0 {total} {bottom + size.below}" '
        f'width="{total}" height="{bottom + size.below}" font-size="{size.letters}">{"".join(parts)}</svg>'
    )
