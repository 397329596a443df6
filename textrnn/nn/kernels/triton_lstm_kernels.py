"""Two Triton kernels that read whole texts by an LSTM on a GPU: no step waits for a launch, or for the GPU's memory.

A program has a few texts and one direction to itself, from the first step to the last: the recurrent weights stay in
its multiprocessor, and so do its states. The idea is that of Pöppel et al. 2024, "FlashRNN: I/O-aware optimization of
traditional RNNs on modern hardware". Gates stand as torch has them: i, f, g, o. A tile is H units by a few texts.
"""

# mypy: disable-error-code="no-untyped-def,untyped-decorator"

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def sigmoid(x):
    """1 / (1 + exp(-x)), value by value."""
    return 1.0 / (1.0 + tl.exp(-x))


@triton.jit
def tanh(x):
    """The hyperbolic tangent, value by value; right too where exp overflows."""
    return 2.0 / (1.0 + tl.exp(-2.0 * x)) - 1.0


@triton.jit
def texts_of(lengths, texts, TEXTS: tl.constexpr, UNITS: tl.constexpr):
    """What a program reads: its direction, its texts and their lengths; and which cells of a tile are theirs."""
    text = tl.program_id(0) * TEXTS + tl.arange(0, TEXTS)
    there = text < texts
    mask = there[None, :] & (tl.arange(0, UNITS)[:, None] < UNITS)
    return tl.program_id(1), text, tl.load(lengths + text, mask=there, other=0), mask


@triton.jit
def row_of(t, direction, text, length, texts, DIRECTIONS: tl.constexpr):
    """Where in (T, B, D) each text is at step `t`: forward at t, backward at its mirror image; padding stays."""
    place = tl.where((direction == 1) & (t < length), length - 1 - t, t).to(tl.int64)
    return ((place * texts + text) * DIRECTIONS + direction)[None, :]


@triton.jit
def load_gates(gates, row, unit, mask, UNITS: tl.constexpr):
    """The tiles of i, f, g, o at `row` of `gates` (T, B, D, 4H)."""
    at = gates + row * 4 * UNITS + unit
    i = tl.load(at, mask=mask, other=0.0)
    f = tl.load(at + UNITS, mask=mask, other=0.0)
    g = tl.load(at + 2 * UNITS, mask=mask, other=0.0)
    o = tl.load(at + 3 * UNITS, mask=mask, other=0.0)
    return i, f, g, o


@triton.jit
def store_gates(gates, row, unit, mask, i, f, g, o, UNITS: tl.constexpr):
    """Put the tiles where `load_gates` finds them."""
    at = gates + row * 4 * UNITS + unit
    tl.store(at, i, mask=mask)
    tl.store(at + UNITS, f, mask=mask)
    tl.store(at + 2 * UNITS, g, mask=mask)
    tl.store(at + 3 * UNITS, o, mask=mask)


@triton.jit
def load_weights(recurrent, direction, out, to, UNITS: tl.constexpr):
    """The weights (H, H) of i, f, g, o of a direction of `recurrent` (D, 4H, H), `out` and `to` being rows and columns
    of it.
    """
    at = recurrent + direction * 4 * UNITS * UNITS + out * UNITS + to
    gate = UNITS * UNITS
    return tl.load(at), tl.load(at + gate), tl.load(at + 2 * gate), tl.load(at + 3 * gate)


@triton.jit
def read_forward(
    inputs, recurrent, lengths, states, gates, cells, steps, texts,
    DIRECTIONS: tl.constexpr, UNITS: tl.constexpr, TEXTS: tl.constexpr, KEEP: tl.constexpr,
):  # fmt: skip
    """The states of every step, where the texts have the tokens; zeros at padding.

    `inputs` (T, B, D, 4H): what the tokens give to the gates, biases and all. `recurrent` (D, 4H, H). `lengths` (B,)
    int32. Written: `states` (T, B, D, H) and, where KEEP, `gates` (T, B, D, 4H) after their activations and `cells`
    (T, B, D, H).
    """
    direction, text, length, mask = texts_of(lengths, texts, TEXTS, UNITS)
    units = tl.arange(0, UNITS)
    unit = units[:, None]
    wi, wf, wg, wo = load_weights(recurrent, direction, unit, units[None, :], UNITS)
    h = tl.zeros([UNITS, TEXTS], dtype=wi.dtype)
    c = tl.zeros([UNITS, TEXTS], dtype=tl.float32)
    row = row_of(0, direction, text, length, texts, DIRECTIONS)
    xi, xf, xg, xo = load_gates(inputs, row, unit, mask, UNITS)
    for t in range(steps):
        here = row
        # the numbers of the next step are on their way while this one is computed
        row = row_of(tl.minimum(t + 1, steps - 1), direction, text, length, texts, DIRECTIONS)
        yi, yf, yg, yo = load_gates(inputs, row, unit, mask, UNITS)
        i = sigmoid(tl.dot(wi, h, input_precision="ieee") + xi)
        f = sigmoid(tl.dot(wf, h, input_precision="ieee") + xf)
        g = tanh(tl.dot(wg, h, input_precision="ieee") + xg)
        o = sigmoid(tl.dot(wo, h, input_precision="ieee") + xo)
        c = f * c + i * g
        state = o * tanh(c)
        h = state.to(h.dtype)
        out = here * UNITS + unit
        tl.store(states + out, tl.where(t < length[None, :], state, 0.0).to(h.dtype), mask=mask)
        if KEEP:
            kept = i.to(h.dtype), f.to(h.dtype), g.to(h.dtype), o.to(h.dtype)
            store_gates(gates, here, unit, mask, kept[0], kept[1], kept[2], kept[3], UNITS)
            tl.store(cells + out, c, mask=mask)
        xi, xf, xg, xo = yi, yf, yg, yo


@triton.jit
def read_backward(
    gradients, recurrent, lengths, gates, cells, changes, steps, texts,
    DIRECTIONS: tl.constexpr, UNITS: tl.constexpr, TEXTS: tl.constexpr,
):  # fmt: skip
    """The gradient of `inputs` (T, B, D, 4H), into `changes`, from `gradients` (T, B, D, H) of the states.

    What `read_forward` kept is read from the last step to the first; padding has no share.
    """
    direction, text, length, mask = texts_of(lengths, texts, TEXTS, UNITS)
    units = tl.arange(0, UNITS)
    unit = units[:, None]
    wi, wf, wg, wo = load_weights(recurrent, direction, units[None, :], unit, UNITS)  # turned
    dh = tl.zeros([UNITS, TEXTS], dtype=tl.float32)
    dc = tl.zeros([UNITS, TEXTS], dtype=tl.float32)
    row = row_of(steps - 1, direction, text, length, texts, DIRECTIONS)
    i, f, g, o = load_gates(gates, row, unit, mask, UNITS)
    c = tl.load(cells + row * UNITS + unit, mask=mask, other=0.0)
    d = tl.load(gradients + row * UNITS + unit, mask=mask, other=0.0)
    for s in range(steps):
        t = steps - 1 - s
        here = row
        row = row_of(tl.maximum(t - 1, 0), direction, text, length, texts, DIRECTIONS)
        ni, nf, ng, no = load_gates(gates, row, unit, mask, UNITS)
        nc = tl.load(cells + row * UNITS + unit, mask=mask, other=0.0)
        nd = tl.load(gradients + row * UNITS + unit, mask=mask, other=0.0)
        i, f, g, o = i.to(tl.float32), f.to(tl.float32), g.to(tl.float32), o.to(tl.float32)
        dh = tl.where(t < length[None, :], dh + d.to(tl.float32), 0.0)
        bounded = tanh(c)
        dc += dh * o * (1.0 - bounded * bounded)
        di = (dc * g * i * (1.0 - i)).to(wi.dtype)
        df = (dc * tl.where(t > 0, nc, 0.0) * f * (1.0 - f)).to(wi.dtype)
        dg = (dc * i * (1.0 - g * g)).to(wi.dtype)
        do = (dh * bounded * o * (1.0 - o)).to(wi.dtype)
        dc = dc * f
        store_gates(changes, here, unit, mask, di, df, dg, do, UNITS)
        dh = tl.dot(wi, di, input_precision="ieee")
        dh += tl.dot(wf, df, input_precision="ieee")
        dh += tl.dot(wg, dg, input_precision="ieee")
        dh += tl.dot(wo, do, input_precision="ieee")
        i, f, g, o, c, d = ni, nf, ng, no, nc, nd
