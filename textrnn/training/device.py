"""The device that a training run computes on: refused before any work where it is not there; its threads."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager

import torch

from textrnn.errors import ConfigError
from textrnn.machine.hardware import detect_torchrun
from textrnn.machine.workers import Workers
from textrnn.nn.workers import start_workers
from textrnn.training.schedule import Schedule


def require_device(device: str, processes: int = 1) -> None:
    """Raises ConfigError where torch finds no such device, or fewer cards than there are processes on this machine."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there[device]:
        raise ConfigError(f"train.device: torch finds no {device} device here; use --set train.device=cpu")
    told = os.environ.get("LOCAL_WORLD_SIZE", "")  # torchrun says; other launchers may not
    here = int(told) if told.isdigit() else processes if detect_torchrun() is None else 1
    if device == "cuda" and here > (cards := torch.cuda.device_count()):
        raise ConfigError(
            f"train.processes: expected {cards} on this machine at most, one for each GPU, found {here}; "
            "or use --set train.device=cpu"
        )


def workers_of(schedule: Schedule) -> AbstractContextManager[Workers | None]:
    """The threads of one process: as many as torch would use on the CPU, none with a GPU."""
    return start_workers(torch.get_num_threads() if schedule.device == "cpu" else 1)
