"""A helper rank: `python -m textrnn.training.worker_process` joins rank 0's steps until rank 0 leaves."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from dataclasses import replace

from torch import distributed

from textrnn.config.model import ModelConfig
from textrnn.config.train import TrainConfig
from textrnn.errors import TextrnnError
from textrnn.machine.hardware import detect_torchrun
from textrnn.machine.heap import keep_freed_memory
from textrnn.machine.memory import is_out_of_memory
from textrnn.training.device import workers_of
from textrnn.training.launch import join_group, store_of, wait_for_call
from textrnn.training.precision import full_float32, run_flushed
from textrnn.training.rank_job import receive_job
from textrnn.training.schedule import make_schedule
from textrnn.training.train_rank import train_rank


def main() -> int:
    """Help rank 0 until it leaves; the exit code. What goes wrong with the run is for rank 0 to tell."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # rank 0 decides when to stop: then its connections close
    place = detect_torchrun()
    if place is None or place.rank == 0:
        print("error: this is started by `textrnn train --processes` and by torchrun, not by hand", file=sys.stderr)
        return 2
    keep_freed_memory(one_arena=True)
    try:
        run_flushed(lambda _: _help())
    except TextrnnError:
        return 1  # a loss that is not finite: every rank meets it, rank 0 tells it
    except RuntimeError as error:
        if is_out_of_memory(error):
            print(f"error: process {place.rank + 1} of {place.size}: out of memory", file=sys.stderr, flush=True)
            return 1
        return 0 if "onnection" in str(error) or "gloo" in str(error) else _told(error)
    return 0


def _help() -> None:
    place = detect_torchrun()
    assert place is not None
    store = store_of(place)
    device = wait_for_call(store)
    if device is None:
        return
    world = join_group(store, place.rank, place.size, device)
    model, train, min_epochs, ids = receive_job(world)
    schedule = replace(make_schedule(TrainConfig(**train), len(ids.splits["train"])), min_epochs=min_epochs)
    with full_float32(schedule.device), workers_of(schedule) as workers:
        train_rank(ids, ModelConfig(**model), schedule, world, workers)
    with contextlib.suppress(Exception):
        distributed.destroy_process_group()


def _told(error: BaseException) -> int:
    print(f"error: {type(error).__name__}: {' '.join(str(error).split())[:300]}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # threads of a group whose peers have gone may not end
