"""Widths of the hidden layers, from the parameters of an estimator."""

from collections.abc import Sequence

MIN_TAPER_WIDTH = 64


def prefix_sizes(code_size: int) -> tuple[int, ...]:
    """Code sizes below ``code_size`` that an ordered network has decoders for: the powers of two."""
    return tuple(2**i for i in range(code_size.bit_length()) if 2**i < code_size)


def layer_widths(layers: int | Sequence[int], n_features: int, code_size: int) -> tuple[int, ...]:
    """Widths of the encoder's hidden layers, from the data to the code.

    A sequence of widths is returned as it is. An int is the number of layers, whose widths taper geometrically from
    ``n_features`` to ``code_size``, but never below 64 nodes: narrower layers lost a third of the gain over PCA on
    small tables.
    """
    if not isinstance(layers, int):
        return tuple(layers)
    ratio = code_size / n_features
    return tuple(max(MIN_TAPER_WIDTH, round(n_features * ratio ** (i / (layers + 1)))) for i in range(1, layers + 1))


def sandwich_widths(
    encoder_layers: int | Sequence[int], decoder_layers: int | Sequence[int] | None, n_features: int, code_size: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Widths of the hidden layers of encoder and decoder, first layer first; None mirrors the encoder."""
    encoder = layer_widths(encoder_layers, n_features, code_size)
    if decoder_layers is None:
        return encoder, encoder[::-1]
    decoder = layer_widths(decoder_layers, n_features, code_size)
    return encoder, decoder[::-1] if isinstance(decoder_layers, int) else decoder
