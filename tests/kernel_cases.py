"""Cases for `tests/textrnn/kernels/check.c`: calls of the kernels, what they are given and what they must write.

What is wanted is computed here by torch in float64, text by text, with autograd's gradients. The file is binary, since
the program that reads it also runs where there is no Python: emulated, for other processors.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

MAGIC = 0x74657874726E6E31
FUNCTIONS = (
    "forward", "backward", "scan", "scan_back", "sum_rows", "number_tokens", "adamw", "adamw_rows", "merge_rows",
    "sum_of_squares", "read_texts", "multiply_rows", "sum_ngrams", "encode_words",
)  # fmt: skip
NOTHING = 7.0  # what stands where a kernel may write and does not
ANYTHING = 3.1e38  # as what is wanted: any number
NO_LENGTH, NO_TOKEN = 2, 3
NUMBER, FLOAT, LONG, INT, DOUBLE, BYTE = range(
    6
)  # an array's kind; a NUMBER is float32 or bfloat16, as the library computes


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


def write_cases(path: Path, kind: Kind, cases: Sequence[Case]) -> int:
    """Writes the `cases` for a library of `kind`. Returns how many there are."""
    with path.open("wb") as file:
        file.write(struct.pack("<4q", MAGIC, kind.lanes, torch.empty(0, dtype=kind.dtype).element_size(), len(cases)))
        for case in cases:
            names = case.name.encode().ljust(64, b"\0")
            file.write(struct.pack("<2qd64s", FUNCTIONS.index(case.function), len(case.arguments), case.returns, names))
            for argument in case.arguments:
                file.write(_bytes_of(argument, kind))
    return len(cases)


def _bytes_of(argument: Argument, kind: Kind) -> bytes:
    if argument is None or isinstance(argument, int):
        return struct.pack("<qq", 0 if argument is None else 1, argument or 0)
    written = argument.wanted is not None
    values = _array(argument.values, argument.kind, kind)
    head = struct.pack(
        "<5qd", 2, argument.kind, len(values) // _size(argument.kind, kind), int(written), 0, argument.off
    )
    wanted = _array(argument.wanted, FLOAT if argument.kind == NUMBER else argument.kind, kind) if written else b""
    return head + values + wanted


def _size(of: int, kind: Kind) -> int:
    return {LONG: 8, DOUBLE: 8, BYTE: 1}.get(of, 2 if of == NUMBER and kind.dtype == torch.bfloat16 else 4)


def _array(values: Any, of: int, kind: Kind) -> bytes:
    x = torch.as_tensor(values).detach().reshape(-1)
    own = {FLOAT: torch.float32, LONG: torch.int64, INT: torch.int32, DOUBLE: torch.float64, BYTE: torch.uint8}
    dtype = own.get(of, kind.dtype)
    x = x.to(dtype).contiguous()
    found: bytes = (x.view(torch.int16) if dtype == torch.bfloat16 else x).numpy().tobytes()
    return found


def cases_of(kind: Kind, seed: int = 0) -> Iterator[Case]:
    """Yields every case."""
    torch.manual_seed(seed)
    yield from _gated_cases(kind)
    yield from _scanned_cases(kind)
    yield from _token_cases(kind)
    yield from _step_cases()


MIXED = (5, 2, 0, 9, 1, 9, 3, 9, 4, 9, 9, 7, 6)  # two tiles and one text, of nine steps
SHAPES: tuple[tuple[Sequence[int], int, bool], ...] = (  # lengths, vectors a state, whether texts share their products
    (MIXED, 2, False),
    (MIXED, 5, True),
    ((1,), 1, False),
    ((3,), 4, True),
    ((0, 0), 1, False),
    ((2, 1, 2, 2, 2, 2), 8, False),
)


def _gated_cases(kind: Kind) -> Iterator[Case]:
    for number, (lengths, vectors, shares) in enumerate(SHAPES):
        for cell in (0, 1):
            for backwards in (False, True):
                name = f"{('lstm', 'gru')[cell]} {number}{' reversed' if backwards else ''}"
                yield from _gated(kind, name, cell, lengths, vectors * kind.lanes, shares, backwards)
    for lengths in ((3, 10), (-1, 2)):
        yield from _refused(kind, lengths)
    yield from _gated(kind, "lstm with a NaN", 0, MIXED, 2 * kind.lanes, False, False, odd=True)
    yield from _gated(kind, "gru with a NaN", 1, MIXED, 2 * kind.lanes, False, True, odd=True)


def _random(*shape: int, like: Kind, scale: float = 1.0) -> Tensor:
    return (torch.randn(shape) * scale).to(like.dtype).double()


def _refused(kind: Kind, lengths: Sequence[int]) -> Iterator[Case]:
    size = kind.lanes
    inputs, bias, weight = torch.zeros(9 * 2, 4 * size), torch.zeros(4 * size), torch.zeros(4 * size, size)
    out = torch.full((9, 2, size), NOTHING)
    given = [0, Given(NUMBER, inputs), None, Given(LONG, lengths), Given(FLOAT, bias), Given(NUMBER, weight)]
    written = [Given(NUMBER, out, out), None, None, None]
    yield Case(f"lengths {lengths}", "forward", [*given, *written, 9, 2, size, 0], NO_LENGTH)
    given = [Given(NUMBER, inputs[:, : 3 * size]), None, Given(LONG, lengths), Given(FLOAT, bias[: 2 * size])]
    yield Case(f"lengths {lengths}", "scan", [*given, Given(NUMBER, out, out), None, None, 9, 2, size, 0], NO_LENGTH)


def _gated(
    kind: Kind,
    name: str,
    cell: int,
    lengths: Sequence[int],
    size: int,
    shares: bool,
    backwards: bool,
    odd: bool = False,
) -> Iterator[Case]:
    """One call forward that pools and keeps nothing, one that keeps all, and both calls backward."""
    steps, texts = max(*lengths, 1), len(lengths)
    products = _random(7 if shares else steps * texts, 4, size, like=kind)
    if odd:
        products[2 * texts + 3, 0, 1] = torch.nan  # of a text of nine tokens, the third from its beginning
    rows = torch.randint(0, len(products), (steps, texts)) if shares else None
    bias, weight = torch.randn(4, size).double() / 4, _random(4, size, size, like=kind, scale=size**-0.5)
    inputs = products if rows is None else products[rows].reshape(steps * texts, 4, size)
    leaf, bias_leaf = inputs.clone().requires_grad_(), bias.clone().requires_grad_()
    found = walk_gated(kind, cell, leaf.view(steps, texts, 4, size), bias_leaf, weight, lengths, backwards)
    states, gates, kept, pooled = found
    nothing = [torch.full_like(each, NOTHING) for each in found]
    own = kind.side_by_side
    read = [
        Given(NUMBER, own(products, 4)), None if rows is None else Given(LONG, rows), Given(LONG, lengths),
        Given(FLOAT, own(bias, 4)), Given(NUMBER, own(weight.permute(2, 0, 1), 4).t()),
    ]  # fmt: skip
    sizes = [steps, texts, size, int(backwards)]
    to_states = Given(NUMBER, nothing[0], states, kind.off)
    known = pooled.detach().clone()
    if kind.dtype == torch.bfloat16:
        known[3] = ANYTHING  # which states are equal depends on how the last ones were rounded
    to_pooled = Given(FLOAT, nothing[3], known, kind.off)
    yield Case(f"{name}, pooled", "forward", [cell, *read, None, None, None, to_pooled, *sizes])
    kept_all = [to_states, Given(NUMBER, own(nothing[1], 4), own(gates, 4), 3 * kind.off)]
    kept_all.append(Given(FLOAT, nothing[2], kept, 2 * kind.off))
    yield Case(f"{name}, all kept", "forward", [cell, *read, *kept_all, to_pooled, *sizes])
    if odd:
        return
    d_states, d_pooled = _random(steps, texts, size, like=kind), torch.randn(3, texts, size).double()
    off = 10 * kind.off
    for of_pooled in (False, True):
        goal = (pooled[:3] * d_pooled).sum() if of_pooled else (states * d_states).sum()
        d_inputs, d_bias = _gradients(goal, leaf, bias_leaf)
        given = [
            None if of_pooled else Given(NUMBER, d_states), Given(FLOAT, d_pooled) if of_pooled else None,
            Given(FLOAT, pooled) if of_pooled else None, Given(NUMBER, states), Given(NUMBER, own(gates, 4)),
            Given(FLOAT, kept), Given(LONG, lengths), read[4],
        ]  # fmt: skip
        changes = Given(NUMBER, torch.full_like(d_inputs, NOTHING), own(d_inputs, 4), off)
        sums = Given(FLOAT, torch.full_like(bias, NOTHING), own(d_bias, 4), off * steps)
        way = "of what is pooled" if of_pooled else "of states"
        yield Case(f"{name}, back {way}", "backward", [cell, *given, changes, sums, *sizes])


def _gradients(goal: Tensor, *leaves: Tensor) -> tuple[Tensor, ...]:
    """Those of `goal` with regard to the `leaves`: zeros where it does not depend on them."""
    goal = goal + sum((0 * leaf).sum() for leaf in leaves)
    return torch.autograd.grad(goal, leaves, retain_graph=True)


def walk_gated(
    kind: Kind, cell: int, inputs: Tensor, bias: Tensor, weight: Tensor, lengths: Sequence[int], backwards: bool
) -> tuple[Tensor, ...]:
    """States (T, B, H), gates (T, B, 4, H), what is kept (T, B, H) and what is pooled (4, B, H), as `forward` says."""
    steps, texts, _, size = inputs.shape
    states, gates = torch.zeros(steps, texts, size).double(), torch.full((steps, texts, 4, size), NOTHING).double()
    kept, pooled = torch.full((steps, texts, size), NOTHING).double(), torch.zeros(4, texts, size).double()
    for text, length in enumerate(lengths):
        state = keep = torch.zeros(size).double()
        read = []
        for token in reversed(range(length)) if backwards else range(length):
            a, b, c, d = inputs[token, text] + bias + weight @ state
            first, hold = a.sigmoid(), b.sigmoid()
            if cell == 0:
                c, d = c.tanh(), d.sigmoid()
                keep = hold * keep + first * c
                state = d * keep.tanh()
            else:
                d = (d + first * c).tanh()
                state = keep = hold * (keep - d) + d
            state = kind.rounded(state)
            read.append(state)
            states[token, text], kept[token, text] = state, keep.detach()
            gates[token, text] = torch.stack([first, hold, c, d]).detach()
        if read:
            pooled[:, text] = pool_read(torch.stack(read))
    return states, gates, kept, pooled


def pool_read(read: Tensor) -> Tensor:
    """The highest of the states that were `read` (n, H), their mean, the last, and how many are the highest."""
    highest = read.amax(0)  # of equal ones each gets its part of the gradient
    times = (read == highest).sum(0).clamp(min=1)
    return torch.stack([highest, read.mean(0), read[-1], times.double()])


def _scanned_cases(kind: Kind) -> Iterator[Case]:
    for number, (lengths, vectors, shares) in enumerate(SHAPES):
        for backwards in (False, True):
            name = f"mingru {number}{' reversed' if backwards else ''}"
            yield from _scanned(kind, name, lengths, vectors * kind.lanes, shares, backwards)
    yield _sigmoids(kind)


def _sigmoids(kind: Kind) -> Case:
    """The gate itself, over all that it may be given: states after one step are z * 1."""
    some = [0.0, -0.0, 1e-30, -1e-30, 87.0, -87.0, 88.8, -88.8, 200.0, -200.0, torch.inf, -torch.inf, torch.nan, 1e38]
    count = 40 * kind.lanes
    x = torch.cat([torch.tensor(some), torch.linspace(-30, 30, count - len(some))]).to(kind.dtype).double()
    wanted = x.sigmoid()
    inputs = torch.stack([x, torch.ones(count).double(), torch.zeros(count).double()])[None]
    read = [Given(NUMBER, kind.side_by_side(inputs, 3)), None, Given(LONG, [1]), Given(FLOAT, torch.zeros(2 * count))]
    off = 2.5e-7 if kind.dtype == torch.float32 else 0.004
    states = Given(NUMBER, torch.full((count,), NOTHING), wanted, off)
    return Case("sigmoid of all kinds of numbers", "scan", [*read, states, None, None, 1, 1, count, 0])


def _scanned(kind: Kind, name: str, lengths: Sequence[int], size: int, shares: bool, backwards: bool) -> Iterator[Case]:
    steps, texts = max(*lengths, 1), len(lengths)
    count = 7 if shares else steps * texts
    products, bias = _random(count, 3, size, like=kind).requires_grad_(), torch.randn(2, size).double().requires_grad_()
    rows = torch.randint(0, count, (steps, texts)) if shares else torch.arange(count).view(steps, texts)
    states = torch.zeros(steps, texts, size).double()
    kept, pooled = torch.full((steps, texts, size), NOTHING).double(), torch.zeros(4, texts, size).double()
    for text, length in enumerate(lengths):
        state = before = torch.zeros(size).double()
        read = []
        for token in reversed(range(length)) if backwards else range(length):
            of_z, of_c, of_next = products[rows[token, text]]
            z = (of_z + before + bias[0]).sigmoid()
            state, before = state + z * (of_c + bias[1] - state), of_next
            read.append(state.detach().float().double() + (state - state.detach()))
            states[token, text], kept[token, text] = state, state.detach()
        if read:
            pooled[:, text] = pool_read(torch.stack(read))
    nothing = [torch.full_like(each, NOTHING) for each in (states, kept, pooled)]
    own, sizes = kind.side_by_side, [steps, texts, size, int(backwards)]
    given = [
        Given(NUMBER, own(products, 3)), Given(LONG, rows) if shares else None, Given(LONG, lengths),
        Given(FLOAT, bias),
    ]  # fmt: skip
    off = 2e-6 if kind.dtype == torch.float32 else 2e-3  # what is kept is float32 in both; a sigmoid is not as near
    to_pooled = Given(FLOAT, nothing[2], pooled, off)
    all_kept = [Given(NUMBER, nothing[0], states, kind.off), Given(FLOAT, nothing[1], kept, off)]
    yield Case(f"{name}, pooled", "scan", [*given, None, None, to_pooled, *sizes])
    yield Case(f"{name}, all kept", "scan", [*given, *all_kept, to_pooled, *sizes])
    d_states, d_pooled = _random(steps, texts, size, like=kind), torch.randn(3, texts, size).double()
    for of_pooled in (False, True):
        goal = (pooled[:3] * d_pooled).sum() if of_pooled else (states * d_states).sum()
        d_inputs, d_bias = _gradients(goal, products, bias)
        ways = [
            None if of_pooled else Given(NUMBER, d_states), Given(FLOAT, d_pooled) if of_pooled else None,
            Given(FLOAT, pooled) if of_pooled else None, Given(FLOAT, kept),
        ]  # fmt: skip
        off = 20 * kind.off
        back = [Given(NUMBER, torch.full_like(d_inputs, NOTHING), own(d_inputs, 3), off)]
        back.append(Given(FLOAT, torch.full_like(d_bias, NOTHING), d_bias, off))
        yield Case(f"{name}, back {of_pooled}", "scan_back", [*given, *ways, *back, count, *sizes])


def _token_cases(kind: Kind) -> Iterator[Case]:
    steps, texts, vocabulary, width = 6, 5, 9, 8 * kind.lanes
    ids, lengths = torch.randint(0, vocabulary, (steps, texts)), torch.tensor([6, 0, 3, 1, 6])
    for apart in (False, True):
        rows, met = torch.zeros_like(ids), {}
        for text in range(texts):
            for step in range(int(lengths[text])):
                key = (int(ids[step, text]), text if apart else 0)
                rows[step, text] = met.setdefault(key, (len(met), text))[0]
        rest = [int(NOTHING)] * (steps * texts - len(met))
        empty = torch.full((steps * texts,), int(NOTHING))
        read = [Given(LONG, ids), Given(LONG, lengths), Given(LONG, empty.view_as(ids), rows)]
        found = [Given(LONG, empty, [key[0] for key in met] + rest)]
        found.append(Given(LONG, empty, [text for _, text in met.values()] + rest))
        sizes = [steps, texts, vocabulary, int(apart)]
        yield Case(f"different tokens, apart {apart}", "number_tokens", [*read, *found, *sizes], len(met))
        changes, sums = _random(steps, texts, width, like=kind), torch.zeros(len(met), width).double()
        for text in range(texts):
            for step in range(int(lengths[text])):
                sums[rows[step, text]] += changes[step, text]
        to = Given(NUMBER, torch.full_like(sums, NOTHING), sums, 5 * kind.off)
        given = [Given(NUMBER, changes), Given(LONG, rows), Given(LONG, lengths), to]
        yield Case(f"sums of rows, apart {apart}", "sum_rows", [*given, steps, texts, len(met), width])
    for wrong in (vocabulary, -1):
        once = torch.full((1, 1), wrong)
        any_of = [Given(LONG, [[7]], [[0]]), Given(LONG, [[7]], [[7]]), Given(LONG, [[7]], [[7]])]
        given = [Given(LONG, once), Given(LONG, [1]), *any_of]
        yield Case(f"token {wrong}", "number_tokens", [*given, 1, 1, vocabulary, 0], -NO_TOKEN)


def _step_cases() -> Iterator[Case]:
    """The optimizer's step, of a table too, and what belongs to it."""
    for count, towards, odd in ((1, 0.1, False), (70, 1.0, False), (333, 0.6, False), (64, 0.0, True)):
        gradient, weight, first, average = torch.randn(4, count).double().float().double()
        second = torch.rand(count).double().float().double()
        if odd:
            gradient[count // 2] = torch.inf
        settings = [1.5, 0.999, 0.9, 0.1, 0.99, 0.01, 0.01, 1.25, 1e-8, towards, 1 - towards]
        wanted = _adamw(gradient, weight, first, second, average, settings)
        read = (weight, first, second, average)
        changed = [Given(FLOAT, before, after, 1e-6) for before, after in zip(read, wanted, strict=True)]
        last = Given(FLOAT, settings)
        yield Case(f"adamw of {count}", "adamw", [Given(FLOAT, gradient), *changed, count, last], float(odd))
    rows, width = 6, 21
    values = torch.randn(2, width).double().float().double()
    place = torch.tensor([-1, 1, -1, 0, -1, -1])
    gradient = torch.where(place[:, None] < 0, 0.0, values[place])
    gradient[0], gradient[5] = 0.0, 0.0
    read = [torch.rand(rows, width).float().double() for _ in range(4)]
    wanted = _adamw(gradient, *read, settings)
    for before, after in zip(read, wanted, strict=True):
        after[0], after[5] = before[0], before[5]
    changed = [Given(FLOAT, before, after, 1e-6) for before, after in zip(read, wanted, strict=True)]
    table = [Given(FLOAT, values), Given(INT, place), *changed, 1, 5, width, last]
    yield Case("adamw of a table's rows", "adamw_rows", table)
    tokens, values = torch.tensor([4, 2, 4, 0, 2]), torch.arange(15.0).view(5, 3)
    merged = torch.tensor([[6.0, 8, 10], [15, 17, 19], [0, 0, 0], [0, 0, 0], [0, 0, 0]])
    given = [Given(LONG, tokens), Given(FLOAT, values, merged), Given(INT, [7] * 6, [3, -1, 1, -1, 0, -1])]
    yield Case("equal rows added up", "merge_rows", [*given, 5, 6, 3, 0])
    given = [Given(LONG, [6]), Given(FLOAT, [[1.0]]), Given(INT, [7] * 6, [-1] * 6)]
    yield Case("a token that is not there", "merge_rows", [*given, 1, 6, 1, 0], NO_TOKEN)
    for count in (0, 3, 64, 1000):
        x = torch.randn(count).double().float().double()
        yield Case(f"squares of {count}", "sum_of_squares", [Given(FLOAT, x), count], float((x * x).sum()))


def _adamw(
    gradient: Tensor, weight: Tensor, first: Tensor, second: Tensor, average: Tensor, settings: Sequence[float]
) -> tuple[Tensor, ...]:
    scale, decay, beta1, rest1, beta2, rest2, rate, correction, epsilon, towards, _ = settings
    g = gradient * scale
    first, second = beta1 * first + rest1 * g, beta2 * second + rest2 * g * g
    weight = weight * decay - rate * first / (second.sqrt() * correction + epsilon)
    return weight, first, second, average + towards * (weight - average)


if __name__ == "__main__":  # FILE LANES float32|bfloat16
    import sys

    KIND = Kind(int(sys.argv[2]), getattr(torch, sys.argv[3]))
    write_cases(Path(sys.argv[1]), KIND, list(cases_of(KIND)))
