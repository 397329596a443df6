"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import re
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


def cores() -> int:
    """The cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
