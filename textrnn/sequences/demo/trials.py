"""Many trials, some at once where cores are idle; the results do not depend on how many."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from textrnn.errors import TrainingError
from textrnn.machine.hardware import available_cores
from textrnn.sequences.demo.memory_trial import Trial, run_trial

STEP_COST: dict[str, float] = {
    "gru": 2.5,
    "lstm": 2.0,
    "rnn": 1.0,
    "mingru": 1.0,
}  # of a step, roughly: the dear ones first


def idle_cores() -> int:
    """The cores that nobody uses at present, at least 1."""
    try:
        busy = os.getloadavg()[0]
    except OSError:
        busy = 0.0
    return max(available_cores() - round(busy), 1)


def run_trials(
    trials: Sequence[Trial], processes: int, *, on_result: Callable[[dict[str, Any]], None] = lambda _: None
) -> list[dict[str, Any]]:
    """What `run_trial` gives for each of `trials`, in their order, `processes` at once; `on_result` hears of each.

    Raises TrainingError where a process is lost.
    """
    found: dict[Trial, dict[str, Any]] = {}
    for result, trial in _results(trials, min(processes, len(trials))):
        found[trial] = result
        on_result(result)
    return [found[trial] for trial in trials]


def _results(trials: Sequence[Trial], processes: int) -> Iterator[tuple[dict[str, Any], Trial]]:
    """Results as they come, the longest trials begun first."""
    order = sorted(trials, key=lambda trial: -trial.length * trial.steps * STEP_COST.get(trial.encoder, 1.0))
    if processes < 2:
        yield from ((run_trial(trial), trial) for trial in order)
        return
    # fresh interpreters: a forked one hangs in its first parallel region
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_leave_signals_to_the_parent)
    waiting: dict[Future[dict[str, Any]], Trial] = {}
    try:
        waiting = {pool.submit(run_trial, trial): trial for trial in order}
        while waiting:
            for future in wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED).done:
                yield future.result(), waiting.pop(future)
    except BrokenProcessPool:
        raise TrainingError("a process of the demo was killed, or ran out of memory; use --processes 1") from None
    finally:
        if waiting:  # interrupted: nobody waits for what is not wanted any more
            for child in multiprocessing.active_children():
                child.terminate()
        pool.shutdown(cancel_futures=True)


def _leave_signals_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
