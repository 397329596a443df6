"""Freed memory is kept where that was asked for, and given back where it comes to too much."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

HOLES = """
from textrnn.machine.heap import FreedMemory, keep_freed_memory, resident_bytes

MIB = 1 << 20

def make_holes():
    blocks = [bytearray(MIB) for _ in range(300)]
    return resident_bytes() - begun, blocks[::10]  # between them, so that no end of the heap is free

if {kept}: keep_freed_memory()
begun = resident_bytes()
held, stays = make_holes()
left = resident_bytes() - begun
freed = FreedMemory(begun + {much} * MIB)
given = freed.after_step()
after = resident_bytes() - begun
del stays
_, stays = make_holes()
again, other = freed.after_step(), FreedMemory(begun + {much} * MIB).after_step()
print(*(bytes // MIB for bytes in (held, left, given, after, again, other)))
"""

only_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt and malloc_trim are glibc's")


def numbers(*, kept: bool, much: int) -> list[int]:
    """MiB held by 300 blocks, left of them, given back, held then; of 300 more given back at once, and by another."""
    code = HOLES.format(kept=kept, much=much)
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return [int(number) for number in said.split()]


@only_glibc
def test_what_is_kept_goes_back_where_it_is_much() -> None:
    held, left, given, after, _, other = numbers(kept=True, much=100)
    assert held >= 290
    assert left >= 290  # kept, though nothing uses it
    assert given >= 260
    assert after <= 45  # the thirty blocks that are used
    assert other >= 230


@only_glibc
def test_it_is_not_done_again_at_once() -> None:
    *_, again, other = numbers(kept=True, much=100)
    assert again == 0
    assert other >= 230


@only_glibc
def test_little_is_kept() -> None:
    _, left, given, after, again, other = numbers(kept=True, much=1000)
    assert left >= 290
    assert after >= 290
    assert (given, again, other) == (0, 0, 0)


@only_glibc
def test_an_allocator_that_nobody_told_is_left_alone() -> None:
    _, left, given, _, again, other = numbers(kept=False, much=10)
    assert left <= 45  # blocks of this size are mapped, and unmapped
    assert (given, again, other) == (0, 0, 0)
