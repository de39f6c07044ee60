"""The parameters of training, which all estimators share."""

from isthmus.parameters import rules
from isthmus.parameters.declaration import Option, Parameter
from isthmus.parameters.rules import exactly, integer, one_of
from isthmus.parameters.texts import auto_or_int, auto_or_number, either, noise

# Reasons why a parameter is not searched.
NOT_COMPARABLE = "It changes what errors mean, so that trials could not be compared."
_NO_MATTER = "It does not change how good a network is."

# fmt: off
LOSS = Parameter("loss", "auto", one_of("auto", *rules.LOSSES), "auto, mse or bce (for values in [0, 1]).",
                 Option(("--loss",)), {})
NOISE_PARAMETER = Parameter("noise", None, rules.NOISE,
                            f"Denoising: {either(tuple(rules.NOISE_STRENGTHS))}, also with a strength: masking:0.3.",
                            Option(("--noise",), read=noise),
                            {"noise": ["none", "gaussian:0.03", "gaussian:0.1", "masking:0.05"]})
SCALE = Parameter("scale", "auto", one_of(*rules.SCALES),
                  "standard (each column by its deviation), global, none or auto.",
                  Option(("--scale",), default="standard"), NOT_COMPARABLE)


def training_parameters(*, max_epochs: int, patience: int) -> tuple[Parameter, ...]:
    """Return the parameters from ``max_epochs`` on; two defaults depend on the network."""
    return (
        Parameter("max_epochs", max_epochs, integer(1), "Epochs at most.", Option(("--max-epochs",), int), {}),
        Parameter("batch_size", "auto", integer(1) | exactly("auto"), "Rows in a training step.",
                  Option(("--batch-size",), read=auto_or_int), {"batch_size": ["auto", 64, 128, 256]}),
        Parameter("learning_rate", 3e-3, rules.POSITIVE, "Peak of the learning rate.",
                  Option(("--learning-rate",), float), {"learning_rate": "0.0005:0.01"}),
        Parameter("weight_decay", 0.1, rules.NOT_NEGATIVE, "Decoupled weight decay.",
                  Option(("--weight-decay",), float), {"weight_decay": "0.003:1"}),
        Parameter("validation_fraction", "auto", rules.FRACTION_OR_ZERO | exactly("auto"),
                  "Share of the rows to hold out; auto: each of up to 1,000 rows once, else a tenth.",
                  Option(("--validation-fraction",), read=auto_or_number),
                  "The search scores every trial on rows of its own."),
        Parameter("patience", patience, integer(1) | exactly(None),
                  "Epochs without a new best after which to end; 0: never.",
                  Option(("--patience",), int, none="0"), {}),
        Parameter("device", "auto", rules.DEVICE, "auto, cpu, cuda, …", Option(("--device",)), _NO_MATTER),
        Parameter("random_state", None, rules.RANDOM_STATE, "Seed; the same one gives the same file.",
                  Option(("--seed",), int, default=0), "The search has a seed of its own."),
        Parameter("verbose", False, rules.BOOL, "Show a progress bar.",
                  "Progress is shown unless --quiet is given.", _NO_MATTER),
    )
BACKEND = Parameter("backend", "auto", one_of("auto", "torch"), "auto (NumPy on CPUs) or torch.",
                    Option(("--backend",)), _NO_MATTER)
# fmt: on


# Names of the parameters that say how a network is trained, and not what it is.
TRAINING = (*(parameter.name for parameter in training_parameters(max_epochs=1, patience=1)), BACKEND.name)
