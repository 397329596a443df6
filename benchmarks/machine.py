"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# the flags that decide how fast matrices are multiplied
TELLING = (
    "avx",
    "avx2",
    "fma",
    "avx512f",
    "avx512_bf16",
    "avx512_vnni",
    "amx_bf16",
    "amx_tile",
    "asimd",
    "sve",
    "bf16",
)

WIDEST = (
    ("AMX", "amx_bf16"),
    ("AVX-512 with bfloat16", "avx512_bf16"),
    ("AVX-512", "avx512f"),
    ("AVX2", "avx2"),
    ("AVX", "avx"),
    ("SVE", "sve"),
    ("NEON", "asimd"),
)


def describe_machine() -> dict[str, Any]:
    """The processor, its cores and telling flags, memory, system; what Linux does not say is left out."""
    told = _read("/proc/cpuinfo")
    name = re.search(r"^model name\s*:\s*(.*)$", told, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.*)$", told, re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+)", _read("/proc/meminfo"), re.MULTILINE)
    here = set(flags[1].split()) if flags else set()
    return {
        "processor": name[1].strip() if name else platform.processor() or platform.machine(),
        "cores": cores(),
        "flags": [flag for flag in TELLING if flag in here],
        "memory_gib": round(int(memory[1]) / (1 << 20)) if memory else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def instructions_of(machine: Mapping[str, Any]) -> str:
    """The widest vectors of the machine's processor: what decides most about speed, and a model's name does not say it.

    >>> instructions_of({"flags": ["avx2", "fma"]})
    'AVX2'
    """
    flags = set(machine["flags"])
    return next((name for name, telling in WIDEST if telling in flags), "")


def cores() -> int:
    """The cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
