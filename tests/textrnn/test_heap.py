"""Freed memory is kept where that was asked for, and given back where it comes to too much."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

HOLES = """
from textrnn.heap import FreedMemory, keep_freed_memory, resident_bytes

MIB = 1 << 20
if {kept}: keep_freed_memory()
begun = resident_bytes()
blocks = [bytearray(MIB) for _ in range(300)]
held = resident_bytes() - begun
stays = blocks[::10]  # between them, so that no end of the heap is free
del blocks
left = resident_bytes() - begun
freed = FreedMemory(begun + {much} * MIB)
given = freed.after_step()
again = [freed.after_step() for _ in range(3)]
after, raised = resident_bytes() - begun, freed.much > begun + {much} * MIB
print(held // MIB, left // MIB, given // MIB, after // MIB, sum(again) // MIB, raised)
"""

only_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt and malloc_trim are glibc's")


def numbers(*, kept: bool, much: int) -> list[str]:
    """MiB held by 300 blocks, left when 270 are free, given back, held then, given back again; was `much` raised."""
    code = HOLES.format(kept=kept, much=much)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


@only_glibc
def test_what_is_kept_goes_back_where_it_is_much() -> None:
    held, left, given, after, again, raised = numbers(kept=True, much=100)
    assert int(held) >= 290
    assert int(left) >= 290  # kept, though nothing uses it
    assert int(given) >= 260
    assert int(after) <= 45  # the thirty blocks that are used
    assert (again, raised) == ("0", "False")


@only_glibc
def test_little_is_kept() -> None:
    _, left, given, after, again, raised = numbers(kept=True, much=1000)
    assert int(left) >= 290
    assert (given, again, raised) == ("0", "0", "False")
    assert int(after) >= 290


@only_glibc
def test_what_is_in_use_is_not_asked_for_at_every_step() -> None:
    _, _, given, _, again, raised = numbers(kept=True, much=10)
    assert int(given) >= 260
    assert (again, raised) == ("0", "True")  # thirty MiB are in use: more than is wanted, and none to be had


@only_glibc
def test_an_allocator_that_nobody_told_is_left_alone() -> None:
    _, left, given, _, again, _ = numbers(kept=False, much=10)
    assert int(left) <= 45  # blocks of this size are mapped, and unmapped
    assert (given, again) == ("0", "0")
