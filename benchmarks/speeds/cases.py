"""The cases: what is done, with which networks and data, and by whom."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.speeds.processes import Subject

TENSORFLOW = {"needs": ("keras", "tensorflow"), "environment": {"KERAS_BACKEND": "tensorflow"}}
JAX = {"needs": ("keras", "jax"), "environment": {"KERAS_BACKEND": "jax"}}


@dataclass(frozen=True)
class Case:
    """What all its subjects do; the first of them is what the others are compared with."""

    name: str
    title: str
    about: str
    work: dict[str, Any]
    subjects: list[Subject]
    unit: str
    seconds_per: float | None = None  # the unit is time for so much of the amount, and less of it is better
    one_thread: bool = False
    most_repeats: int = 100
    compares: bool = True
    data: Path | None = None  # a folder that it needs


def subject(
    label: str, model: str, *, needs: tuple[str, ...] = (), environment: dict[str, str] | None = None, **work: Any
) -> Subject:
    return Subject(label, {"model": f"benchmarks.speeds.with_{model}", **work}, needs, environment or {})


def peers(kind: str) -> list[Subject]:
    """Keras and plain torch, which all cases with a network have."""
    return [
        subject("plain torch loop" if kind == "Dense" else "plain torch", f"torch:{kind}"),
        subject("Keras, TensorFlow", f"keras:{kind}", **TENSORFLOW),
        subject("Keras, JAX", f"keras:{kind}", **JAX),
    ]


DENSE_PEERS = [
    *peers("Dense"),
    subject("skorch", "skorch:Dense", needs=("skorch",)),
    subject("PyOD AutoEncoder", "pyod:Dense", needs=("pyod",)),
    subject("pythae AE", "pythae:Dense", needs=("pythae",)),
    subject("scikit-learn MLPRegressor", "sklearn:Dense"),
]
DENSE = [
    subject("Isthmus", "isthmus:Dense"),
    subject("Isthmus, random start", "isthmus:Dense", network={"start": "random"}),
    *DENSE_PEERS,
]
KERAS_BY_DEFAULT = [
    subject("Keras, TensorFlow, by default", "keras:Dense", **TENSORFLOW, method="encode_by_default"),
    subject("Keras, JAX, by default", "keras:Dense", **JAX, method="encode_by_default"),
]
FEW = [*DENSE[:3], DENSE[-1]]  # those that are installed with Isthmus; the first case tries the others


def cases(fashion: Path, *, quick: bool = False) -> list[Case]:
    """All of them; ``quick`` makes them smaller."""

    def either(full: Any, small: Any) -> Any:
        return small if quick else full

    start = "the start at PCA included"
    at_least = either(3.0, 0.1)
    wide, small = [784, 512, 256, 128, 32], [20, 64, 32, 8]
    return [
        Case(
            "quality", "Time to quality: Fashion-MNIST",
            "784-256-128-32 and back, batches of 128, 20 epochs on 20,000 images; the error is that of 10,000 others. "
            "Isthmus has its defaults, the start at PCA among them, and its seconds count all of a fit.",
            {
                "make": "benchmarks.speeds.works:quality", "data": {"kind": "fashion", "folder": str(fashion)},
                "rows": either({"train": 20_000, "t10k": 10_000}, {"train": 1_000, "t10k": 500}),
                "epochs": either(20, 3), "network": {"widths": [784, 256, 128, 32], "batch_size": 128},
            },
            [subject("Isthmus", "isthmus:ByDefault"), *DENSE_PEERS], "s", seconds_per=1, data=fashion,
        ),
        Case(
            "wide", "Training a wide dense network",
            f"{spelt(wide)} and back, batches of 256. The bound is the matrix products of the same steps alone.",
            {
                "make": "benchmarks.speeds.works:training", "seconds": at_least, "per": 784,
                "data": {"kind": "table", "rows": either(12_800, 768), "columns": 784},
                "network": {"widths": wide, "batch_size": 256},
            },
            [*either(DENSE, FEW), subject("bound: matrix products alone", "torch:Multiplications")], "rows/s",
        ),
        Case(
            "small", "Training a small dense network",
            f"{spelt(small)} and back, batches of 64. One thread: to share such small steps takes longer.",
            {
                "make": "benchmarks.speeds.works:training", "seconds": at_least, "per": 20,
                "data": {"kind": "table", "rows": either(32_000, 1_280), "columns": 20},
                "network": {"widths": small, "batch_size": 64},
            },
            either(DENSE, FEW), "rows/s", one_thread=True,
        ),
        Case(
            "convolutional-training", "Training the convolutional network",
            "The [reference network](../convolutional-network.md), 16 images of 128 × 128 a step.",
            {
                "make": "benchmarks.speeds.works:training", "seconds": at_least, "per": 1e6,
                "data": {"kind": "images", "images": 32, "size": either(128, 64)}, "network": {"batch_size": 16},
            },
            [subject("Isthmus", "isthmus:Convolutional"), *peers("Convolutional")], "megapixels/s",
        ),
        Case(
            "convolutional-inference", "Applying the convolutional network",
            "The same network, 16 images of 128 × 128.",
            {
                "make": "benchmarks.speeds.works:applying", "seconds": at_least, "per": 1e6, "method": "reconstruct",
                "data": {"kind": "images", "images": 16, "size": either(128, 64)}, "fitted_on": 4,
                "network": {"batch_size": 16},
            },
            [subject("Isthmus", "isthmus:Convolutional"), *peers("Convolutional")], "megapixels/s",
        ),
        Case(
            "encoding", "Encoding a long table",
            f"{either('1,000,000', '20,000')} rows of 20 columns in float32, {spelt(small)}: codes, or the errors that "
            "PyOD's scores are. Keras predicts 8,192 rows at once, or 32 as it does by default.",
            {
                "make": "benchmarks.speeds.works:applying", "seconds": at_least, "per": 20, "method": "encode",
                "data": {"kind": "table", "rows": either(1_000_000, 20_000), "columns": 20}, "fitted_on": 2_000,
                "network": {"widths": small, "batch_size": 64},
            },
            [
                subject("Isthmus transform", "isthmus:Dense"),
                *peers("Dense"),
                *either(KERAS_BY_DEFAULT, []),
                subject("Isthmus reconstruction_error", "isthmus:Dense", method="errors"),
                subject("PyOD decision_function", "pyod:Dense", needs=("pyod",), method="errors"),
            ], "rows/s",
        ),
        alone(
            ("pages", "Cleaning pages", "`isthmus.clean`, A4 in grey."), "page", {},
            {f"{dpi} dpi": {"dpi": dpi} for dpi in either((150, 300, 600), (75,))}, "megapixels/s", None,
        ),
        Case(
            "starting", "Time to start",
            "A new process, until what is named is imported, or the command has ended; pages of files are in memory.",
            {"make": "benchmarks.speeds.programs:start", "times": either(3, 1)},
            [
                program("from isthmus import Autoencoder"),
                program("import isthmus"),
                Subject("isthmus --help", {"program": ["isthmus", "--help"]}),
                program("import torch"),
                program("import keras", "Keras, TensorFlow", **TENSORFLOW),
                program("import keras", "Keras, JAX", **JAX),
                program("from skorch import NeuralNetRegressor", needs=("skorch",)),
                program("from pyod.models.auto_encoder import AutoEncoder", needs=("pyod",)),
                program("from pythae.models import AE", needs=("pythae",)),
                program("from sklearn.neural_network import MLPRegressor"),
            ], "s", seconds_per=1, most_repeats=either(100, 1),
        ),
        *(
            Case(
                f"rows-{command}", f"As rows grow: isthmus {command}", f"A Parquet file of 20 columns, 5 codes{more}.",
                {"make": "benchmarks.speeds.programs:table", "columns": 20, "codes": 5, "command": command},
                [Subject(f"{n:,} rows", {"rows": n}) for n in either((10**4, 10**5, 10**6, 10**7), (10**3,))],
                "µs a row", seconds_per=1e-6, most_repeats=3, compares=False,
            )
            for command, more in (("fit", ", one epoch"), ("encode", ""))
        ),
        alone(
            ("columns", "As columns grow", f"A fit of one epoch to 1,000 rows, {start}; 8 codes."),
            "table", {"rows": 1_000, "codes": 8, "per": 1_000},
            {f"{n:,} columns": {"columns": n} for n in either((20, 200, 2_000, 20_000), (100,))},
            "ms a column", 1e-3,
        ),
        alone(
            ("codes", "As codes grow", f"A fit of one epoch to 10,000 rows of 784 columns, {start}."),
            "table", {"rows": either(10_000, 1_000), "columns": 784, "per": 784},
            {f"{n:,} codes": {"codes": n} for n in either((2, 8, 32, 128, 512), (8,))}, "µs a row", 1e-6,
        ),
        alone(
            ("image-sizes", "As images grow", "The reference network: an epoch on 8 images, and their reconstruction."),
            "images", {"images": 8, "per": 1e6},
            {f"{n} × {n}": {"size": n} for n in either((32, 64, 128, 256, 512), (32,))}, "s a megapixel", 1,
        ),
    ]  # fmt: skip


def alone(  # noqa: PLR0917 — it is a line of a table
    texts: tuple[str, str, str],
    kind: str,
    work: dict[str, Any],
    sizes: dict[str, dict[str, Any]],
    unit: str,
    seconds_per: float | None,
) -> Case:
    """Isthmus alone, at several sizes."""
    subjects = [Subject(label, size) for label, size in sizes.items()]
    work = {"make": f"benchmarks.speeds.growth:{kind}", **work}
    return Case(*texts, work, subjects, unit, seconds_per, most_repeats=3, compares=False)


def program(
    code: str,
    label: str | None = None,
    *,
    needs: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
) -> Subject:
    """Python, which imports something."""
    label = code if label is None else f"{code} ({label})"
    return Subject(label, {"program": ["python", "-c", code]}, needs, environment or {})


def spelt(widths: list[int]) -> str:
    return "-".join(map(str, widths))
