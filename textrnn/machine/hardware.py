"""What this machine computes with, found without importing torch: it is part of a result's key."""

from __future__ import annotations

import functools
import importlib.util
import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from textrnn.config.train import DeviceKind, Precision
from textrnn.errors import ConfigError

ResolvedPrecision = Literal["float32", "bfloat16"]
ResolvedDevice = Literal["cpu", "cuda", "mps"]
# oneDNN's fused LSTM in bfloat16 needs AVX-512; only these two make it faster than float32
BFLOAT16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})


@functools.cache
def processor_flags() -> frozenset[str]:
    """The processor's feature flags as Linux lists them; empty where it does not."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    found = re.search(r"^(?:flags|Features)\s*:\s*(.*)$", text, re.MULTILINE)
    return frozenset(found.group(1).split()) if found else frozenset()


@functools.cache
def processor_name() -> str:
    """The processor's model name, or its architecture where the system does not say."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"^model name\s*:\s*(.*)$", text, re.MULTILINE)
    return found.group(1).strip() if found else platform.machine()


def resolve_device(requested: DeviceKind) -> ResolvedDevice:
    """The device that `auto` means here: CUDA where torch was built for it and a card is there,
    Apple's GPU on Apple silicon, else the CPU.
    """
    if requested != "auto":
        return requested
    if _torch_has_cuda() and (Path("/dev/nvidiactl").exists() or Path("/dev/dxg").exists()):
        return "cuda"
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return "mps"
    return "cpu"


def resolve_precision(requested: Precision, device: ResolvedDevice) -> ResolvedPrecision:
    """The precision that `auto` means on `device`.

    Raises ConfigError for bfloat16 on a processor without it (oneDNN refuses the LSTM there).
    """
    able = device == "cuda" or (device == "cpu" and bool(BFLOAT16_FLAGS & processor_flags()))
    if requested == "auto":
        return "bfloat16" if able else "float32"
    if requested == "bfloat16" and not able:
        raise ConfigError(
            f"train.precision: bfloat16 needs one of {', '.join(sorted(BFLOAT16_FLAGS))}, which this "
            f"{processor_name()} does not list; use float32 or auto"
        )
    return requested


@dataclass(frozen=True)
class TorchrunProcess:
    """This process's place among those that were started together, by `torchrun` or by rank 0."""

    rank: int
    size: int
    address: str
    port: int


def detect_torchrun() -> TorchrunProcess | None:
    """The place that the environment names, None where this process was started alone. Raises ConfigError."""
    found = [os.environ.get(name) for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")]
    rank, size, address, port = found
    if rank is None or size is None or address is None or port is None:
        return None
    try:
        return TorchrunProcess(int(rank), int(size), address, int(port))
    except ValueError:
        raise ConfigError(
            f"RANK, WORLD_SIZE, MASTER_PORT: expected whole numbers as torchrun sets them, found {rank}, {size}, {port}"
        ) from None


def resolve_processes(requested: int | Literal["auto"], device: ResolvedDevice) -> int:
    """The number of processes that `auto` means here. Raises ConfigError where it cannot be had.

    One process with a thread a core is as fast as a process a core: see docs/log.md.
    """
    place = detect_torchrun()
    if place is not None and requested not in ("auto", place.size):
        raise ConfigError(
            f"train.processes: expected auto or {place.size}, the processes that torchrun started, found {requested}"
        )
    count = place.size if place is not None else 1 if requested == "auto" else requested
    if count > 1 and device == "mps":
        raise ConfigError(f"train.processes: expected 1 on the device mps, found {count}; set train.device = 'cpu'")
    return count


def available_cores() -> int:
    """The cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def thread_count() -> int:
    """The number of threads to compute on: `OMP_NUM_THREADS` of the environment, else the cores."""
    requested = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return min(available_cores(), int(requested)) if requested.isdecimal() and int(requested) else available_cores()


def _torch_has_cuda() -> bool:
    """Whether the installed torch was built for CUDA, read from its version file without importing it."""
    found = importlib.util.find_spec("torch")
    if found is None or not found.submodule_search_locations:
        return False
    version = Path(found.submodule_search_locations[0]) / "version.py"
    try:
        text = version.read_text(encoding="utf-8")
    except OSError:
        return False
    return re.search(r"^cuda(?::[^=]*)?\s*=\s*['\"]", text, re.MULTILINE) is not None
