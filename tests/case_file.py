"""The file of cases that `tests/textrnn/kernels/check.c` reads: calls of kernels, with what they must write.

It is binary, since the program that reads it also runs where there is no Python: emulated, for other processors.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

MAGIC = 0x74657874726E6E31
FUNCTIONS = (
    "forward", "backward", "scan", "scan_back", "sum_rows", "number_tokens", "adamw", "adamw_rows", "merge_rows",
    "sum_of_squares", "read_texts", "packed_size", "pack_rows", "multiply_rows",
)  # fmt: skip
NOTHING = 7.0  # what stands where a kernel may write and does not
ANYTHING = 3.1e38  # as what is wanted: any number
NO_LENGTH, NO_TOKEN = 2, 3
NUMBER, FLOAT, LONG, INT = 0, 1, 2, 3  # an array's kind; a NUMBER is float32 or bfloat16, as the library computes


@dataclass(frozen=True)
class Given:
    """An array that a kernel reads, or with `wanted` also writes; `off` is how far from that it may be."""

    kind: int
    values: Any
    wanted: Any = None
    off: float = 0.0


Argument = int | None | Given


@dataclass(frozen=True)
class Kind:
    """How a library computes: LANES numbers of `dtype` a vector."""

    lanes: int
    dtype: torch.dtype

    @property
    def off(self) -> float:
        """How far a state may be off: a rounding of its numbers or two."""
        return 1e-6 if self.dtype == torch.float32 else 0.02

    def rounded(self, x: Tensor) -> Tensor:
        """`x` as a number of the library, in float64; its gradient is that of `x`."""
        return x + (x.detach().to(self.dtype).double() - x.detach())

    def side_by_side(self, x: Tensor, parts: int) -> Tensor:
        """`x` (..., parts, H) as the kernels have it: (..., H / LANES, parts, LANES), flat from `parts` on."""
        *front, _, size = x.shape
        return x.reshape(*front, parts, size // self.lanes, self.lanes).transpose(-3, -2).reshape(*front, parts * size)


@dataclass(frozen=True)
class Case:
    """A call, and what it returns."""

    name: str
    function: str
    arguments: Sequence[Argument]
    returns: float = 0.0


def write_cases(path: Path, kind: Kind, cases: Sequence[Case]) -> None:
    """Writes the `cases` of a library of `kind`."""
    with path.open("wb") as file:
        file.write(struct.pack("<4q", MAGIC, kind.lanes, torch.empty(0, dtype=kind.dtype).element_size(), len(cases)))
        for case in cases:
            names = case.name.encode().ljust(64, b"\0")
            file.write(struct.pack("<2qd64s", FUNCTIONS.index(case.function), len(case.arguments), case.returns, names))
            for argument in case.arguments:
                file.write(_bytes_of(argument, kind))


def _bytes_of(argument: Argument, kind: Kind) -> bytes:
    if argument is None or isinstance(argument, int):
        return struct.pack("<qq", 0 if argument is None else 1, argument or 0)
    written = argument.wanted is not None
    values = _array(argument.values, argument.kind, kind)
    head = struct.pack(
        "<5qd", 2, argument.kind, len(values) // _size(argument.kind, kind), int(written), 0, argument.off
    )
    is_whole = argument.kind in (LONG, INT)
    wanted = _array(argument.wanted, argument.kind if is_whole else FLOAT, kind) if written else b""
    return head + values + wanted


def _size(of: int, kind: Kind) -> int:
    return 8 if of == LONG else 2 if of == NUMBER and kind.dtype == torch.bfloat16 else 4


def _array(values: Any, of: int, kind: Kind) -> bytes:
    x = torch.as_tensor(values).detach().reshape(-1)
    dtype = {NUMBER: kind.dtype, FLOAT: torch.float32, LONG: torch.int64, INT: torch.int32}[of]
    x = x.to(dtype).contiguous()
    found: bytes = (x.view(torch.int16) if dtype == torch.bfloat16 else x).numpy().tobytes()
    return found
