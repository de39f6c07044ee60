"""What tuning brings on tables, and what kills leave of a study.

    python benchmarks/tuning.py gain FOLDER --lines gain.jsonl [--seconds 60] [--only NAME …] [--alone]
    python benchmarks/tuning.py settings FOLDER --lines settings.jsonl [--seeds 3] [--only NAME …]
    python benchmarks/tuning.py pruners FOLDER [--seconds 25] [--only NAME …]
    python benchmarks/tuning.py kills [--kills 10] [--processes 4]

gain: the rows labelled normal of twelve of ADBench's NPZ files in FOLDER, and scikit-learn's digits. Of each a fifth is
set aside by the search itself; the share of its variance that is left unexplained by the chosen network, by the default
network and by PCA, with a quarter of the columns as codes. Beside it Optuna's random sampler in place of TPE and of the
portfolio, and RandomizedSearchCV over MLPRegressor(X, X) (not with --alone); all have the same rows, seconds and two
processes. RandomizedSearchCV knows no seconds: it stops before the round of two draws that would exceed them, after
one at least. The other six tables are for development: what the search tries was chosen by some of them. A table that
--lines has is not run again, so that the command goes on where it ended.

settings: single settings beside the default network on tables for development, each the median of some splits with a
fifth of the rows to test on; what the portfolio and the ranges of the search were chosen by.

pruners: the same seconds of search with each pruner on tables for development, one process with one thread.

kills: a search is killed with SIGKILL at random moments and started again each time; then several processes share one.
"""

import argparse
import json
import multiprocessing
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import optuna
import torch
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, RandomizedSearchCV
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler

import isthmus.tuning.study
from isthmus import Autoencoder, AutoencoderSearch, load
from machine import heading

PRUNERS = {
    "median": lambda own: own,  # what searches have
    "hyperband": lambda _: optuna.pruners.HyperbandPruner(min_resource=1, max_resource=8, reduction_factor=2),
    "none": lambda _: optuna.pruners.NopPruner(),
}


REPORTED = (
    "46_WPBC", "4_breastw", "40_vowels", "38_thyroid", "12_fault", "6_cardio", "2_annthyroid", "20_letter",
    "28_pendigits", "26_optdigits", "32_shuttle", "24_mnist",
)  # fmt: skip
DEVELOPMENT = ("14_glass", "18_Ionosphere", "30_satellite", "34_smtp", "42_WBC", "44_Wilt")


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
    search, made = sys.modules["isthmus.tuning.search"], isthmus.tuning.study.open_study

    def open_study(*arguments: object, **options: object) -> optuna.Study:
        found = made(*arguments, **options)
        change(found)
        return found

    search.open_study = open_study
    try:
        yield
    finally:
        search.open_study = made


def draw_at_random(study: optuna.Study) -> None:
    study.sampler = optuna.samplers.RandomSampler(seed=int(time.time_ns() % 2**31))


def by_chance(X: np.ndarray, study: str, seconds: float, answer: object) -> None:
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
    tuned, n_trials = search.test_.tuned, search.trials_.num_rows
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


WIDE = {"encoder_layers": (256, 256), "activation": "silu", "learning_rate": 0.001}
LONG = {"encoder_layers": (256, 256, 256), "max_epochs": 60, "learning_rate": 0.003}
SETTINGS: dict[str, dict[str, object]] = {
    "default": {},
    "2 × 256": {"encoder_layers": (256, 256)},
    "3 × 128": {"encoder_layers": (128,) * 3},
    "silu": {"activation": "silu"},
    "tanh": {"activation": "tanh"},
    "noise 0.1": {"noise": ("gaussian", 0.1)},
    "weight decay 1": {"weight_decay": 1.0},
    "weight decay 0.003": {"weight_decay": 0.003},
    "500 epochs, rate 0.001": {"max_epochs": 500, "patience": 60, "learning_rate": 0.001},
    "20 epochs": {"max_epochs": 20},
    "60 epochs": {"max_epochs": 60},
    "no rows held out": {"validation_fraction": 0.0},
    "2 × 256 silu, rate 0.001, 20 epochs": {**WIDE, "max_epochs": 20},
    "the same, no rows held out": {**WIDE, "max_epochs": 20, "validation_fraction": 0.0},
    "2 × 256 silu, rate 0.001, 60 epochs": {**WIDE, "max_epochs": 60},
    "2 × 256 silu, rate 0.001, 200 epochs": {**WIDE, "max_epochs": 200},
    "2 × 256 silu, rate 0.006, batches of 128": {**WIDE, "max_epochs": 60, "batch_size": 128, "learning_rate": 0.006},
    "3 × 256 relu, 60 epochs, weight decay 0.003": {**LONG, "activation": "relu", "weight_decay": 0.003},
    "3 × 256 gelu, 60 epochs": {**LONG, "activation": "gelu"},
}


def settings(arguments: argparse.Namespace) -> None:
    path = arguments.lines
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    found = {(line["table"], line["setting"], line["seed"]): line["left"] for line in lines}
    small = np.random.default_rng(0).permutation(4399)[:1200]
    tables = {
        "breast_cancer": load_breast_cancer().data,
        "18_Ionosphere": rows_of(arguments.folder, "18_Ionosphere"),
        "30_satellite": rows_of(arguments.folder, "30_satellite")[small],
        "44_Wilt": rows_of(arguments.folder, "44_Wilt")[:1500],
        "34_smtp": rows_of(arguments.folder, "34_smtp")[:4000],
    }
    tables = {name: X for name, X in tables.items() if name in (arguments.only or tables)}
    for seed in range(arguments.seeds):
        for name, X in tables.items():
            for setting, parameters in SETTINGS.items():
                if (key := (name, setting, seed)) not in found:
                    found[key] = unexplained(X, parameters, seed)
                    with path.open("a") as file:
                        line = {"table": name, "setting": setting, "seed": seed, "left": found[key]}
                        file.write(json.dumps(line) + "\n")
    print(heading() + "\n")
    print("share of variance left unexplained of test rows, over the default's\n")
    print(f"| setting | {' | '.join(tables)} | geometric mean |\n" + "|---" * (len(tables) + 2) + "|")
    for setting in SETTINGS:
        ratios = [
            np.median([found[name, setting, seed] / found[name, "default", seed] for seed in range(arguments.seeds)])
            for name in tables
        ]
        cells = " | ".join(f"{ratio:.3f}" for ratio in ratios)
        print(f"| {setting} | {cells} | {np.exp(np.mean(np.log(ratios))):.3f} |")


def unexplained(X: np.ndarray, parameters: dict[str, object], seed: int) -> float:
    """Of a fifth of the rows, by a network with these parameters that was trained on the others."""
    order = np.random.default_rng(seed).permutation(len(X))
    test, train = X[order[: len(X) // 5]], X[order[len(X) // 5 :]]
    scaler = StandardScaler().fit(train)
    model = Autoencoder(max(1, X.shape[1] // 4), scale="standard", random_state=seed, **parameters).fit(train)
    difference = (model.reconstruct(test) - test) / scaler.scale_
    return float((difference**2).sum() / (scaler.transform(test) ** 2).sum())


def pruners(arguments: argparse.Namespace) -> None:
    """How many trials there are in the same seconds, how many of them ran to their end, and the best."""
    torch.set_num_threads(1)
    print(heading() + f"; {arguments.seconds:g} s each\n")
    print("| table | pruner | trials | to their end | best over default, left unexplained |\n|---|---|---|---|---|")
    for name in arguments.only:
        X = rows_of(arguments.folder, name)
        for kind, make in PRUNERS.items():
            with changed_study(lambda study, make=make: setattr(study, "pruner", make(study.pruner))):
                search = search_of(X, timeout=arguments.seconds)
            ended = search.trials_["state"].to_pylist()
            best = max(trial.value for trial in search.study_.trials if trial.state.name == "COMPLETE")
            ratio = (1 - best) / (1 - search.default_score_)
            print(f"| {name} | {kind} | {len(ended)} | {ended.count('complete')} | {ratio:.3f} |", flush=True)


KILLED = """
import sys, numpy as np
from sklearn.datasets import load_wine
from isthmus import Autoencoder, tune
estimator = Autoencoder(3, scale="standard", max_epochs=60)
search = tune(load_wine().data, estimator, study=sys.argv[1], n_trials=int(sys.argv[3]), folds=2)
search.best_estimator_.save(sys.argv[2])
"""


def kills(arguments: argparse.Namespace) -> None:
    print(heading() + "\n")
    draw, values = random.Random(0), []
    with tempfile.TemporaryDirectory() as folder:
        study, model = Path(folder) / "study", Path(folder) / "model"
        command = [sys.executable, "-c", KILLED, str(study), str(model), "30"]
        for _ in range(arguments.kills):
            before = _trials(study)
            process = subprocess.Popen(command)
            while _trials(study) <= before and process.poll() is None:
                time.sleep(0.01)
            time.sleep(draw.uniform(0, 3))
            process.kill()
            process.wait()
            values.append(
                max((trial.value for trial in _read(study) if trial.value is not None), default=float("-inf"))
            )
        subprocess.run(command, check=True)
        found = _read(study)
        values.append(max(trial.value for trial in found if trial.value is not None))
        print(f"{arguments.kills} kills: {_states(found)}")
        print(f"best value by run: {', '.join(f'{value:.5f}' for value in values)}; rising: {values == sorted(values)}")
        print(f"the model has {load(model).code_size_} codes")
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "study"
        models = [Path(folder) / f"model{i}" for i in range(arguments.processes)]
        processes = [
            subprocess.Popen([sys.executable, "-c", KILLED, str(study), str(model), "40"], stderr=subprocess.PIPE)
            for model in models
        ]
        said = [process.communicate()[1].decode() for process in processes]
        codes = [process.returncode for process in processes]
        print(f"{arguments.processes} processes: exit codes {codes}, {len(''.join(said))} characters on stderr")
        print("".join(said), end="")
        print(f"{_states(_read(study))}; models {[load(model).code_size_ for model in models]}")


def _read(study: Path) -> list[optuna.trial.FrozenTrial]:
    if not _trials(study):
        return []
    return optuna.load_study(study_name="isthmus", storage=f"sqlite:///{study}").trials


def _states(found: list[optuna.trial.FrozenTrial]) -> str:
    states = [trial.state.name.lower() for trial in found]
    return f"{len(found)} trials, " + ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))


def _trials(path: Path) -> int:
    if not path.exists():
        return 0
    connection = sqlite3.connect(path, timeout=60)
    try:
        return int(connection.execute("SELECT count(*) FROM trials").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


def main() -> None:
    warnings.simplefilter("ignore", ConvergenceWarning)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    first = commands.add_parser("gain")
    first.set_defaults(run=gain)
    first.add_argument("folder", type=Path)
    first.add_argument("--lines", type=Path, required=True, help="file that keeps a line of JSON a table")
    first.add_argument("--seconds", type=float, default=60)
    first.add_argument("--only", nargs="*", default=[], help=f"names of tables, such as {' '.join(DEVELOPMENT)}")
    first.add_argument("--alone", action="store_true", help="without random search and MLPRegressor")
    fourth = commands.add_parser("settings")
    fourth.set_defaults(run=settings)
    fourth.add_argument("folder", type=Path)
    fourth.add_argument("--lines", type=Path, required=True, help="file that keeps a line of JSON a fit")
    fourth.add_argument("--seeds", type=int, default=3)
    fourth.add_argument("--only", nargs="*", default=[], help="names of tables")
    fifth = commands.add_parser("pruners")
    fifth.set_defaults(run=pruners)
    fifth.add_argument("folder", type=Path)
    fifth.add_argument("--seconds", type=float, default=25)
    fifth.add_argument(
        "--only", nargs="*", default=["18_Ionosphere", "30_satellite", "44_Wilt"], help="names of tables"
    )
    second = commands.add_parser("kills")
    second.set_defaults(run=kills)
    second.add_argument("--kills", type=int, default=10)
    second.add_argument("--processes", type=int, default=4)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
