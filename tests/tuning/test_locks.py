"""Processes that share a study file never take the same waiting trial."""

import multiprocessing

import optuna

from isthmus.tuning import storage as storages

N_PROCESSES, N_EACH = 3, 6


def take(path, barrier, taken):
    storage = storages.storage_of(str(path))
    study = optuna.load_study(study_name="shared", storage=storage)
    barrier.wait()
    taken.put([study.ask().number for _ in range(N_EACH)])


def test_a_waiting_trial_is_taken_once(tmp_path):
    path = tmp_path / "study"
    with storages.quiet():
        study = optuna.create_study(study_name="shared", storage=storages.storage_of(str(path)))
        for _ in range(N_PROCESSES * N_EACH):
            study.enqueue_trial({"x": 1})
    context = multiprocessing.get_context("spawn")
    barrier, taken = context.Barrier(N_PROCESSES), context.Queue()
    processes = [context.Process(target=take, args=(path, barrier, taken), daemon=True) for _ in range(N_PROCESSES)]
    for process in processes:
        process.start()
    numbers = sorted(number for _ in processes for number in taken.get())
    for process in processes:
        process.join()
    assert numbers == list(range(N_PROCESSES * N_EACH))
