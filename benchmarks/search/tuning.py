"""What tuning brings on tables.

    python -m benchmarks.search.tuning FOLDER --lines gain.jsonl [--seconds 60] [--only NAME …] [--alone]

The rows labelled normal of twelve of ADBench's NPZ files in FOLDER, and scikit-learn's digits. Of each a fifth is set
aside by the search itself; the share of its variance that is left unexplained by the chosen network, by the default
network and by PCA, with a quarter of the columns as codes. Beside it Optuna's random sampler in place of TPE and of the
portfolio, and RandomizedSearchCV over MLPRegressor(X, X) (not with --alone); all have the same rows, seconds and two
processes. RandomizedSearchCV knows no seconds: it stops before the round of two draws that would exceed them, after
one at least. The other six tables of ADBench are for development. A table that --lines has is not run again, so that
the command goes on where it ended.
"""

import argparse
import json
import multiprocessing
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.queues import Queue
from pathlib import Path

import numpy as np
import optuna
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, RandomizedSearchCV
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler

import isthmus.tuning.opening
import isthmus.tuning.run
from benchmarks.machine import heading
from isthmus import Autoencoder, AutoencoderSearch

REPORTED = (
    "46_WPBC", "4_breastw", "40_vowels", "38_thyroid", "12_fault", "6_cardio", "2_annthyroid", "20_letter",
    "28_pendigits", "26_optdigits", "32_shuttle", "24_mnist",
)  # fmt: skip


def rows_of(folder: Path, name: str) -> np.ndarray:
    """The rows of a table that are labelled normal."""
    if name == "digits":
        return load_digits().data
    data = np.load(folder / f"{name}.npz", allow_pickle=False)
    return data["X"].astype(np.float64)[data["y"] == 0]


def search_of(X: np.ndarray, **options: object) -> AutoencoderSearch:
    """The search of every benchmark, as the command line would do it."""
    estimator = Autoencoder(max(1, X.shape[1] // 4), scale="standard")
    return AutoencoderSearch(estimator, **options).fit(X)


@contextmanager
def changed_study(change: Callable[[optuna.Study], None]) -> Iterator[None]:
    """Have the searches of this process change their studies meanwhile."""
    made = isthmus.tuning.opening.open_study

    def open_study(*arguments: object, **options: object) -> optuna.Study:
        found = made(*arguments, **options)
        change(found)
        return found

    isthmus.tuning.run.open_study = open_study  # type: ignore[attr-defined]
    try:
        yield
    finally:
        isthmus.tuning.run.open_study = made  # type: ignore[attr-defined]


def draw_at_random(study: optuna.Study) -> None:
    study.sampler = optuna.samplers.RandomSampler(seed=int(time.time_ns() % 2**31))


def by_chance(X: np.ndarray, study: str, seconds: float, answer: Queue[float]) -> None:
    """One process of a search by Optuna's random sampler."""
    with changed_study(draw_at_random):
        answer.put(search_of(X, study=study, timeout=seconds).test_.tuned)


def two_processes(X: np.ndarray, seconds: float) -> float:
    """What two processes find by chance; the answer of the one that ends last."""
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    with tempfile.TemporaryDirectory() as folder:
        arguments = (X, f"{folder}/study", seconds, answer)
        workers = [context.Process(target=by_chance, args=arguments) for _ in range(2)]
        for worker in workers:
            worker.start()
        found = [answer.get() for _ in workers]
        for worker in workers:
            worker.join()
    return found[-1]


def by_scikit_learn(X: np.ndarray, test: np.ndarray, seconds: float) -> float:
    """What RandomizedSearchCV over MLPRegressor leaves unexplained of the rows set aside, in the same time."""
    n_codes = max(1, X.shape[1] // 4)
    scaler = StandardScaler().fit(np.delete(X, test, axis=0))
    train, held = scaler.transform(np.delete(X, test, axis=0)), scaler.transform(X[test])
    widths = [(nodes,) * n + (n_codes,) + (nodes,) * n for nodes in (32, 64, 128, 256, 512) for n in (0, 1, 2)]
    space = {
        "hidden_layer_sizes": widths,
        "activation": ["relu", "tanh"],
        "alpha": np.geomspace(1e-6, 1e-1, 20),
        "learning_rate_init": np.geomspace(5e-4, 1e-2, 20),
    }
    began, best, seed, longest = time.monotonic(), None, 0, 0.0
    while time.monotonic() - began + longest < seconds or best is None:
        start = time.monotonic()
        model = MLPRegressor(early_stopping=True, max_iter=200, random_state=0)
        found = RandomizedSearchCV(model, space, n_iter=2, cv=KFold(3), n_jobs=2, random_state=seed).fit(train, train)
        best = found if best is None or found.best_score_ > best.best_score_ else best
        seed, longest = seed + 1, max(longest, time.monotonic() - start)
    left = ((best.predict(held).reshape(held.shape) - held) ** 2).sum()
    return float(left / (held**2).sum())


NAMES = ("tuned", "default", "PCA", "random search", "MLPRegressor")


def gain(arguments: argparse.Namespace) -> None:
    path = arguments.lines
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    asked = arguments.only or [*REPORTED, "digits"]
    for name in asked:
        if name not in [line["table"] for line in lines]:
            lines.append(gained(name, rows_of(arguments.folder, name), arguments))
            with path.open("a") as file:
                file.write(json.dumps(lines[-1]) + "\n")
    print_gain([line for line in lines if line["table"] in asked], arguments)


def gained(name: str, X: np.ndarray, arguments: argparse.Namespace) -> dict[str, object]:
    """What is left unexplained of one table, by each."""
    began = time.monotonic()
    search = search_of(X, timeout=arguments.seconds, n_jobs=2)
    tuned, n_trials = search.test_.tuned, len(search.trials_["trial"])
    seconds = time.monotonic() - began
    left = {"tuned": 1 - tuned, "default": 1 - search.test_.default, "PCA": 1 - search.test_.pca}
    if not arguments.alone:
        left["random search"] = 1 - two_processes(X, arguments.seconds)
        left["MLPRegressor"] = by_scikit_learn(X, search.test_index_, arguments.seconds)
    promised = (1 - search.best_score_) / (1 - search.default_score_)
    return {
        "table": name, "rows": len(X), "columns": X.shape[1], "codes": search.test_.code_size, "trials": n_trials,
        "seconds": seconds, "kept default": search.is_default_, "promised": promised, "left": left,
        "chosen": {key: str(value) for key, value in search.best_params_.items()},
    }  # fmt: skip


def print_gain(lines: list[dict[str, object]], arguments: argparse.Namespace) -> None:
    print(heading() + f"; {arguments.seconds:g} s a table, two processes\n")
    print("share of variance left unexplained of the rows set aside, %\n")
    heads = ("table", "rows", "columns", "codes", "trials", "s", "kept default", *NAMES, "tuned / default", "in search")
    print(f"| {' | '.join(heads)} |\n" + "|---" * len(heads) + "|")
    for line in lines:
        left = line["left"]
        cells = [f"{100 * left[kind]:.3f}" if kind in left else "" for kind in NAMES]
        print(
            f"| {line['table']} | {line['rows']} | {line['columns']} | {line['codes']} | {line['trials']} | "
            f"{line['seconds']:.0f} | {'yes' if line['kept default'] else 'no'} | {' | '.join(cells)} | "
            f"{left['tuned'] / left['default']:.3f} | {line['promised']:.3f} |"
        )
    print()
    for kind in NAMES:
        ratios = [line["left"][kind] / line["left"]["default"] for line in lines if kind in line["left"]]
        if ratios:
            mean = np.exp(np.mean(np.log(ratios)))
            print(f"{kind} over default: geometric mean {mean:.3f}, best {min(ratios):.3f}, worst {max(ratios):.3f}")


def main() -> None:
    warnings.simplefilter("ignore", ConvergenceWarning)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lines", type=Path, required=True, help="file that keeps a line of JSON a table")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--only", nargs="*", default=[], help="names of tables")
    parser.add_argument("--alone", action="store_true", help="without random search and MLPRegressor")
    gain(parser.parse_args())


if __name__ == "__main__":
    main()
