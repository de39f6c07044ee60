"""The style of a page, shared by its blocks: fonts, sizes, spaces, ink and text."""

from dataclasses import dataclass

import numpy as np

from isthmus.synthetic_pages.area import POINT, Tint
from isthmus.synthetic_pages.fonts import SIGNS, Family, Fonts
from isthmus.synthetic_pages.words import SCRIPTS, Script, Writer

INKS: tuple[Tint, ...] = ((0.05, 0.1, 0.5), (0.55, 0.05, 0.1), (0.05, 0.35, 0.15), (0.35, 0.1, 0.45), (0.7, 0.3, 0.02))
"""Blue, red, green, violet and orange."""


@dataclass(frozen=True)
class Style:
    """The typographic style of a page. Sizes are in mm."""

    script: Script
    family: Family
    heading: Family
    latin: Family
    writer: Writer
    figures: Writer
    size: float
    leading: float
    ink: float
    rule: float
    justified: bool
    indent: float
    accent: Tint

    @classmethod
    def draw(cls, rng: np.random.Generator, fonts: Fonts) -> "Style":
        """Draw a random style."""
        script, family = fonts.choose(rng)
        heading = family if rng.random() < 0.5 else fonts.family(rng, script) or family
        latin = family if script.name.endswith("Latin") else fonts.family(rng, SCRIPTS[0]) or family
        # Fonts of one size look differently large: the x-height decides.
        x_height = rng.choice(
            [rng.uniform(1.1, 1.7), rng.uniform(1.5, 2.6), rng.uniform(2.2, 3.4)], p=[0.35, 0.5, 0.15]
        )
        size = float(np.clip(x_height / family.upright.x_height, 5 * POINT, 24 * POINT))
        return cls(
            script=script,
            family=family,
            heading=heading,
            latin=latin,
            writer=Writer(rng, script, family.upright.has(SIGNS)),
            figures=Writer(rng, SCRIPTS[0], latin.upright.has(SIGNS)),
            size=size,
            leading=size * rng.uniform(1.1, 1.6),
            ink=0 if rng.random() < 0.75 else rng.uniform(0, 0.35),
            rule=rng.uniform(0.1, 0.5),
            justified=bool(rng.random() < 0.65) and script.spaced,
            indent=float(rng.choice([0, rng.uniform(1, 2)])) * size,
            accent=INKS[rng.integers(len(INKS))] if rng.random() < 0.3 else (0, 0, 0),
        )
