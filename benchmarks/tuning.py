"""What tuning brings on tables, and what kills leave of a study.

    python benchmarks/tuning.py gain FOLDER [--tables 12] [--seconds 60] [--only NAME …] [--pruner NAME] [--alone]
    python benchmarks/tuning.py kills [--kills 10]

gain: the rows labelled normal of ADBench's NPZ files in FOLDER (the smallest that have 500 rows and 6 columns), and
scikit-learn's digits. Of each a fifth is set aside by the search itself; the share of its variance that is left
unexplained by the chosen network, by the default network and by PCA, with a quarter of the columns as codes. Beside it
Optuna's random sampler in place of TPE, and RandomizedSearchCV over MLPRegressor(X, X) (not with --alone); all have the
same rows, seconds and two processes. RandomizedSearchCV knows no seconds: it stops before the round of two draws that
would exceed them, after one at least.

kills: a search is killed with SIGKILL at random moments and started again each time.
"""

import argparse
import multiprocessing
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import optuna
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, RandomizedSearchCV
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler

import isthmus.tuning.study
from isthmus import Autoencoder, AutoencoderSearch, load
from machine import heading

PRUNERS = {
    "median": None,
    "hyperband": lambda: optuna.pruners.HyperbandPruner(min_resource=8, max_resource=200, reduction_factor=3),
    "none": optuna.pruners.NopPruner,
}


def tables(folder: Path, n_tables: int, only: list[str]) -> dict[str, np.ndarray]:
    """Rows by name: the smallest tables that are large enough, and digits."""
    found = {}
    for path in sorted(folder.glob("*.npz")):
        data = np.load(path, allow_pickle=False)
        rows = data["X"].astype(np.float64)[data["y"] == 0]
        if (len(rows) >= 500 and rows.shape[1] >= 6) or path.stem in only:
            found[path.stem] = rows
    smallest = sorted(found, key=lambda name: found[name].size)[:n_tables]
    chosen = {name: found[name] for name in (only or smallest) if name in found}
    return {**chosen, **({"digits": load_digits().data} if not only or "digits" in only else {})}


def search_of(X: np.ndarray, **options: object) -> AutoencoderSearch:
    """The search of every benchmark, as the command line would do it."""
    estimator = Autoencoder(max(1, X.shape[1] // 4), scale="standard")
    return AutoencoderSearch(estimator, **options).fit(X)


def patched(X: np.ndarray, study: str, seconds: float, kinds: tuple[str, str], answer: object) -> None:
    """One process of a search with another sampler or pruner."""
    made, (sampler, pruner) = isthmus.tuning.study.open_study, kinds

    def open_study(*arguments: object, **options: object) -> optuna.Study:
        found = made(*arguments, **options)
        if sampler == "random":
            found.sampler = optuna.samplers.RandomSampler(seed=int(time.time_ns() % 2**31))
        if PRUNERS[pruner] is not None:
            found.pruner = PRUNERS[pruner]()
        return found

    sys.modules["isthmus.tuning.search"].open_study = open_study
    search = search_of(X, study=study, timeout=seconds)
    answer.put((search.test_.tuned, search.trials_.num_rows))


def two_processes(X: np.ndarray, seconds: float, sampler: str, pruner: str) -> tuple[float, int]:
    """What two processes find; the answer of the one that ends last."""
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    with tempfile.TemporaryDirectory() as folder:
        arguments = (X, f"{folder}/study", seconds, (sampler, pruner), answer)
        workers = [context.Process(target=patched, args=arguments) for _ in range(2)]
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


def gain(arguments: argparse.Namespace) -> None:
    print(heading() + f"; {arguments.seconds:g} s a table, two processes, {arguments.pruner} pruner\n")
    names = ("tuned", "default", "PCA", "random search", "MLPRegressor")
    print("share of variance left unexplained of the rows set aside, %\n")
    print("| table | rows | columns | codes | trials | kept default | " + " | ".join(names) + " | tuned / default |")
    print("|---" * (7 + len(names)) + "|")
    ratios: dict[str, list[float]] = {name: [] for name in names}
    for name, X in tables(arguments.folder, arguments.tables, arguments.only).items():
        if arguments.pruner == "median":
            search = search_of(X, timeout=arguments.seconds, n_jobs=2)
            tuned, n_trials = search.test_.tuned, search.trials_.num_rows
        else:
            search = search_of(X, n_trials=1)
            tuned, n_trials = two_processes(X, arguments.seconds, "tpe", arguments.pruner)
        left = {"tuned": 1 - tuned, "default": 1 - search.test_.default, "PCA": 1 - search.test_.pca}
        if not arguments.alone:
            left["random search"] = 1 - two_processes(X, arguments.seconds, "random", "median")[0]
            left["MLPRegressor"] = by_scikit_learn(X, search.test_index_, arguments.seconds)
        for kind, share in left.items():
            ratios[kind].append(share / left["default"])
        cells = [f"{100 * left[kind]:.3f}" if kind in left else "" for kind in names]
        print(
            f"| {name} | {len(X)} | {X.shape[1]} | {search.test_.code_size} | {n_trials} | "
            f"{'yes' if search.is_default_ else 'no'} | {' | '.join(cells)} | {ratios['tuned'][-1]:.3f} |",
            flush=True,
        )
    print()
    for kind, found in ratios.items():
        if found:
            mean, worst = np.exp(np.mean(np.log(found))), max(found)
            print(f"{kind} over default: geometric mean {mean:.3f}, worst {worst:.3f}")


KILLED = """
import sys, numpy as np
from sklearn.datasets import load_wine
from isthmus import Autoencoder, tune
estimator = Autoencoder(3, scale="standard", max_epochs=60)
search = tune(load_wine().data, estimator, study=sys.argv[1], n_trials=30, folds=2)
search.best_estimator_.save(sys.argv[2])
"""


def kills(arguments: argparse.Namespace) -> None:
    draw, values = random.Random(0), []
    with tempfile.TemporaryDirectory() as folder:
        study, model = Path(folder) / "study", Path(folder) / "model"
        command = [sys.executable, "-c", KILLED, str(study), str(model)]
        for _ in range(arguments.kills):
            before = _trials(study)
            process = subprocess.Popen(command)
            while _trials(study) <= before and process.poll() is None:
                time.sleep(0.01)
            time.sleep(draw.uniform(0, 3))
            process.kill()
            process.wait()
            trials = optuna.load_study(study_name="isthmus", storage=f"sqlite:///{study}").trials
            values.append(max((trial.value for trial in trials if trial.value is not None), default=float("-inf")))
        subprocess.run(command, check=True)
        trials = optuna.load_study(study_name="isthmus", storage=f"sqlite:///{study}").trials
        values.append(max(trial.value for trial in trials if trial.value is not None))
        states = [trial.state.name for trial in trials]
        print(heading() + "\n")
        print(f"{arguments.kills} kills: {', '.join(f'{states.count(s)} {s.lower()}' for s in sorted(set(states)))}")
        print(f"best value by run: {', '.join(f'{value:.5f}' for value in values)}; rising: {values == sorted(values)}")
        print(f"the model has {load(model).code_size_} codes")


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
    first.add_argument("--tables", type=int, default=12)
    first.add_argument("--seconds", type=float, default=60)
    first.add_argument("--only", nargs="*", default=[], help="names of tables")
    first.add_argument("--pruner", default="median", choices=sorted(PRUNERS))
    first.add_argument("--alone", action="store_true", help="without random search and MLPRegressor")
    second = commands.add_parser("kills")
    second.set_defaults(run=kills)
    second.add_argument("--kills", type=int, default=10)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
