"""The network drawn as a sandwich: wide, narrow at the code, and wide again."""

import html
from itertools import pairwise

from isthmus.layers import Layer

_WIDTH, _TOP, _HEIGHT, _BAR = 840, 34, 168, 12


def sandwich_svg(layers: list[Layer]) -> str:
    """The layers as bars, tall as the square root of their widths, so that a small code can still be seen."""
    widest = max(layer.width for layer in layers)
    code = next(i for i, layer in enumerate(layers) if layer.label == "code")
    step = min(108, max(40, (_WIDTH - 120) // (len(layers) - 1)))
    middle, total = _TOP + _HEIGHT / 2, step * (len(layers) - 1) + 120
    places = [(60 + step * i, max(8.0, _HEIGHT * (layer.width / widest) ** 0.5) / 2) for i, layer in enumerate(layers)]
    parts = []
    for (x0, half0), (x1, half1) in pairwise(places):
        a, b = x0 + _BAR / 2 + 2, x1 - _BAR / 2 - 2
        parts.append(
            f'<path d="M{a:g} {middle - half0:.1f}L{b:g} {middle - half1:.1f}V{middle + half1:.1f}'
            f'L{a:g} {middle + half0:.1f}Z" fill="var(--line)" opacity=".55"/>'
        )
    for i, (layer, (x, half)) in enumerate(zip(layers, places, strict=True)):
        fill = "model" if i == code else "muted"
        weight = ' font-weight="600"' if i == code else ""
        shown = layer.label if step > 70 or i in (0, code, len(layers) - 1) else ""  # there is no room for all of them
        parts.append(
            f'<rect x="{x - _BAR / 2:g}" y="{middle - half:.1f}" width="{_BAR}" height="{2 * half:.1f}" rx="2" '
            f'fill="var(--{fill})"/>'
            f'<text x="{x}" y="{_TOP - 14}" text-anchor="middle" fill="var(--ink)"{weight}>{layer.width:,}</text>'
            f'<text x="{x}" y="{_TOP + _HEIGHT + 24}" text-anchor="middle" fill="var(--muted)"{weight}>{shown}</text>'
        )
    words = ", then ".join(f"{layer.width} ({layer.label})" for layer in layers)
    label = html.escape(f"The layers of the network from left to right: {words}.")
    return (
        f'<svg class="plot" role="img" aria-label="{label}" viewBox="0 0 {total} {_TOP + _HEIGHT + 36}" '
        f'width="{total}" height="{_TOP + _HEIGHT + 36}" font-size="13">{"".join(parts)}</svg>'
    )
