"""How many threads torch computes on for the calling thread alone."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from pathlib import Path

import torch


def use_threads(count: int) -> None:
    """Let the calling thread compute on `count` threads; all others, those to come too, keep theirs.

    `torch.set_num_threads` tells the calling thread's OpenMP and its matrix library, and besides, for the whole
    process, what a new thread begins with: with several trainings at once one would hear another's number. So the two
    are told here. Where they cannot be found, torch is.
    """
    torch.get_num_threads()  # torch sets a thread up when it is first used, over what it was told before
    setters = _setters()
    if not setters:
        torch.set_num_threads(count)
    for setter in setters:
        setter(count)


@functools.cache
def _setters() -> tuple[Callable[[int], object], ...]:
    """OpenMP's function, and the matrix library's where that is MKL; none where OpenMP is not to be found."""
    folder = Path(torch.__file__).parent / "lib"
    for path in sorted(folder.glob("libtorch_cpu.*")):
        try:
            library = ctypes.CDLL(str(path))  # it is there already; what it was linked with is found through it
            found = [library.omp_set_num_threads]
        except (OSError, AttributeError):
            continue
        if hasattr(library, "MKL_Set_Num_Threads_Local"):
            found.append(library.MKL_Set_Num_Threads_Local)
        for setter in found:
            setter.argtypes = (ctypes.c_int,)
        return tuple(found)
    return ()
