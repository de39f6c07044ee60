"""The parameters of Autoencoder."""

from isthmus.parameters.declaration import Option, Parameter, ParameterTable
from isthmus.parameters.rules import ACTIVATIONS, BOOL, CODE_SIZE, LAYERS, MIRROR, one_of
from isthmus.parameters.texts import either, layers, number_or_mle
from isthmus.parameters.training import BACKEND, LOSS, NOISE_PARAMETER, NOT_COMPARABLE, SCALE, training_parameters

_STARTS = ("pca", "random")

# fmt: off
DENSE = ParameterTable(
    Parameter("code_size", 0.95, CODE_SIZE,
              "Number of codes, a share such as 0.95 (as many as PCA needs to keep it), or mle (Minka 2000).",
              Option(("--code-size",), read=number_or_mle), {}),
    Parameter("encoder_layers", 2, LAYERS, "Hidden layers: a number, or nodes such as 256,128.",
              Option(("--encoder-layers", "--layers"), read=layers),
              {"layers": "1:4", "nodes": "32:512", "taper": "0.5:1.0"}),
    Parameter("decoder_layers", None, LAYERS | MIRROR, "The same for the decoder.  [default: the encoder's mirror]",
              Option(("--decoder-layers",), read=layers), {}),
    Parameter("activation", "relu", one_of(*ACTIVATIONS), f"{either(ACTIVATIONS)}.", Option(("--activation",)),
              {"activation": ["relu", "leaky_relu", "gelu", "silu", "tanh", "elu"]}),
    LOSS,
    Parameter("start", "pca", one_of(*_STARTS), f"{either(_STARTS)}.", Option(("--start",)), {}),
    NOISE_PARAMETER,
    SCALE,
    Parameter("ordered", False, BOOL, "Codes in order: the first few of them are a smaller code.",
              Option(("--ordered",), bool), NOT_COMPARABLE),
    Parameter("whiten", False, BOOL, "Codes of unit variance (with --activation identity).",
              Option(("--whiten",), bool), {}),
    *training_parameters(max_epochs=200, patience=30),
    BACKEND,
)
# fmt: on
