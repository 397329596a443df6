"""The C part of an LSTM's steps: which library this processor runs, and its functions over tensors."""

from __future__ import annotations

import ctypes
import os
import warnings
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from textrnn.hardware import processor_flags
from textrnn.native.build import VARIANTS, Variant, digest_of_sources

SWITCH = "TEXTRNN_NATIVE"  # 0: the libraries are left aside
_SAID = {1: "out of memory", 2: "a length below 0 or above the number of steps", 3: "a token not in the vocabulary"}
_ERRORS = {1: MemoryError, 2: ValueError, 3: IndexError}


@dataclass(frozen=True)
class Native:
    """A library of `textrnn/native` for LSTMs in the format `numbers`; its vectors have `lanes` numbers."""

    name: str
    numbers: torch.dtype
    lanes: int
    library: ctypes.CDLL

    def fits(self, size: int) -> bool:
        """Whether it is there for so many units."""
        return size % self.lanes == 0

    def order(self, size: int) -> Tensor:
        """(4 * size,) int64: which of the rows i, f, g, o of a weight stands where, as the library wants them."""
        return torch.arange(4 * size).view(4, size // self.lanes, self.lanes).transpose(0, 1).reshape(-1)


def native_of(numbers: torch.dtype) -> Native | None:
    """The library for `numbers` that this processor runs; None where there is none, or `TEXTRNN_NATIVE` is 0."""
    if os.environ.get(SWITCH) == "0":
        return None
    return next((native for native in natives() if native.numbers == numbers), None)


def name_of_native(numbers: torch.dtype, size: int) -> str:
    """What that library is called, with the digest of its source: bits of a result depend on it. "none" where there is
    none for so many units.
    """
    found = native_of(numbers)
    return "none" if found is None or not found.fits(size) else f"{found.name} {digest_of_sources()}"


@cache
def natives() -> tuple[Native, ...]:
    """All that are built and that this processor runs, for each kind of numbers the fastest first."""
    found = [_open(variant) for variant in VARIANTS if runs_here(variant) and variant.path.is_file()]
    return tuple(native for native in found if native is not None)


def runs_here(variant: Variant) -> bool:
    """Whether this processor has what the library needs, and nothing that is faster without it."""
    flags = processor_flags()
    return flags.issuperset(variant.flags) and flags.isdisjoint(variant.unless)


def _open(variant: Variant) -> Native | None:
    try:
        library = ctypes.CDLL(str(variant.path))
        library.source.restype = ctypes.c_char_p
        built_from = library.source().decode()
    except (OSError, AttributeError, UnicodeDecodeError) as error:
        warnings.warn(f"{variant.path}: cannot be used ({error}); torch's LSTM is taken, which is slower", stacklevel=2)
        return None
    if built_from != digest_of_sources():
        warnings.warn(
            f"{variant.path}: built from another version of its source; torch's LSTM is taken, which is slower. "
            "Build it again: python -m textrnn.native.build",
            stacklevel=2,
        )
        return None
    for name in ("lanes", "number_tokens"):
        getattr(library, name).restype = ctypes.c_int64
    return Native(variant.name, getattr(torch, variant.numbers), int(library.lanes()), library)


def read_steps(
    native: Native,
    inputs: Tensor,
    rows: Tensor | None,
    lengths: Tensor,
    bias: Tensor,
    weight: Tensor,
    *,
    steps: int,
    backwards: bool,
    states: Tensor | None = None,
    gates: Tensor | None = None,
    cells: Tensor | None = None,
    pooled: Tensor | None = None,
) -> None:
    """The steps of one LSTM of H units over B texts of `lengths` (B,) int64, written where the last four say.

    `inputs` (N, 4H) are input products, `rows` (T, B) int64 which of them is a token's (None: N is T * B, and its own);
    `bias` (4H,) float32; `weight` (4H, H); `states` (T, B, H), `gates` (T, B, 4H), `cells` (T, B, H) float32, `pooled`
    (3, B, H) float32: the highest, the sum and the last of a text's states. T is `steps`; all else in `native.numbers`,
    and the 4H numbers in `native.order`. Raises ValueError for lengths that cannot be, MemoryError.
    """
    texts, size = len(lengths), weight.shape[1]
    tokens = len(inputs) if rows is None else rows.numel()
    if tokens != steps * texts or len(bias) != 4 * size:
        raise ValueError(f"expected {steps} * {texts} tokens, a bias of {4 * size}; found {tokens}, {len(bias)}")
    given = [_at(inputs, native.numbers), _at(rows, torch.int64), _at(lengths, torch.int64), _at(bias, torch.float32)]
    wanted = [_at(states, native.numbers), _at(gates, native.numbers), _at(cells, torch.float32)]
    _call(
        native.library.forward, *given, _at(weight, native.numbers), *wanted, _at(pooled, torch.float32),
        *_sizes(steps, texts, size), int(backwards),
    )  # fmt: skip


def differentiate_steps(
    native: Native,
    d_states: Tensor,
    gates: Tensor,
    cells: Tensor,
    lengths: Tensor,
    weight: Tensor,
    *,
    backwards: bool,
) -> tuple[Tensor, Tensor]:
    """The gradient (T, B, 4H) with regard to the input products, and its sum (4H,) float32 over all tokens.

    Of `d_states` (T, B, H), from what `read_steps` wrote into `gates` and `cells`; 0 at padding.
    """
    steps, texts, size = d_states.shape
    changes, d_bias = torch.empty_like(gates), d_states.new_empty(4 * size, dtype=torch.float32)
    given = [_at(each, native.numbers) for each in (d_states, gates)]
    _call(
        native.library.backward, *given, _at(cells, torch.float32), _at(lengths, torch.int64),
        _at(weight, native.numbers), _at(changes, native.numbers), _at(d_bias, torch.float32),
        *_sizes(steps, texts, size), int(backwards),
    )  # fmt: skip
    return changes, d_bias


def sum_rows(native: Native, changes: Tensor, rows: Tensor, lengths: Tensor, count: int) -> Tensor:
    """(`count`, 4H): the sums of the `changes` (T, B, 4H) of the tokens that `rows` (T, B) gives each row."""
    steps, texts, width = changes.shape
    sums = changes.new_empty(count, width)
    _call(
        native.library.sum_rows, _at(changes, native.numbers), _at(rows, torch.int64), _at(lengths, torch.int64),
        _at(sums, native.numbers), *_sizes(steps, texts, count, width),
    )  # fmt: skip
    return sums


def number_tokens(
    native: Native, ids: Tensor, lengths: Tensor, vocabulary_size: int, *, apart: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """`rows` (T, B), `tokens` (N,) and `texts` (N,), int64, of the N different tokens of `ids` (T, B): see `Distinct`.

    With `apart` those of one text are others than those of the next, and stand text by text. Raises IndexError for a
    token that is not below `vocabulary_size`.
    """
    rows, tokens, texts = torch.empty_like(ids), ids.new_empty(ids.numel()), ids.new_empty(ids.numel())
    places = [_at(each, torch.int64) for each in (ids, lengths, rows, tokens, texts)]
    if len(lengths) and not 0 <= int(lengths.min()) <= int(lengths.max()) <= len(ids):
        raise ValueError(_SAID[2])
    count = native.library.number_tokens(*places, *_sizes(*ids.shape, vocabulary_size), int(apart))
    if count < 0:
        raise _ERRORS[-count](_SAID[-count])
    return rows, tokens[:count], texts[:count]


def _call(function: object, *given: object) -> None:
    trouble = function(*given)  # type: ignore[operator]
    if trouble:
        raise _ERRORS[trouble](_SAID[trouble])


def _at(tensor: Tensor | None, numbers: torch.dtype) -> ctypes.c_void_p:
    """Where `tensor` begins, or NULL; it is looked at closely, for C would not."""
    if tensor is None:
        return ctypes.c_void_p(None)
    if tensor.dtype != numbers or not tensor.is_contiguous() or tensor.device.type != "cpu":
        raise ValueError(f"expected {numbers}, contiguous and on the CPU, found {tensor.dtype} on {tensor.device}")
    return ctypes.c_void_p(tensor.data_ptr())


def _sizes(*sizes: int) -> list[ctypes.c_int64]:
    return [ctypes.c_int64(size) for size in sizes]
