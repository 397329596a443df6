"""Cases for `tests/textrnn/kernels/check.c` of the kernels that use a model: texts read, n-grams summed, words encoded.

What is wanted is computed here by torch in float64, by plain loops, and by the library tokenizers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from kernel_cases import (
    BYTE,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    MIXED,
    NO_LENGTH,
    NOTHING,
    Case,
    Given,
    Kind,
    pool_read,
    walk_gated,
)
from torch import Tensor

from textrnn.config.tokenize import TokenizeConfig
from textrnn.kernels.library import find_library
from textrnn.text.text_encoder import TextEncoder
from textrnn.text.tokenizer import encode_texts
from textrnn.text.tokenizer_schema import TokenizerParts
from textrnn.text.word_encoder import build_word_encoder

LSTM, GRU, MINGRU = 0, 1, 2
EMPTY = int(NOTHING)


def prediction_cases(kind: Kind, seed: int = 1) -> Iterator[Case]:
    """Yields every case."""
    torch.manual_seed(seed)
    if kind.dtype == torch.float32:  # prediction is exact
        yield from _text_cases(kind)
        yield from _product_cases()
    yield from _ngram_cases()
    yield from _word_cases()


def _text_cases(kind: Kind) -> Iterator[Case]:
    lengths = sorted(MIXED, reverse=True)
    for cell in (LSTM, GRU, MINGRU):
        for backwards in (False, True):
            for shares in (False, True):
                for some in (lengths, [3], [0, 0], [41, 1]):
                    yield from _read(kind, cell, some, 3 * kind.lanes, shares=shares, backwards=backwards)
    for wrong in ([1, 2], [-1]):
        numbers = torch.zeros(4, 4 * kind.lanes)
        places = Given(LONG, [0, 1][: len(wrong)])
        read = [LSTM, Given(FLOAT, numbers), numbers.shape[1], None, places, places, Given(LONG, wrong)]
        states = torch.full((4, kind.lanes), NOTHING)
        weight = Given(FLOAT, torch.zeros(4 * kind.lanes, kind.lanes))
        to = [Given(FLOAT, states, states), kind.lanes, None, len(wrong), kind.lanes, 0]
        yield Case(f"texts of {wrong}", "read_texts", [*read, weight, *to], NO_LENGTH)


def _read(kind: Kind, cell: int, lengths: Sequence[int], size: int, *, shares: bool, backwards: bool) -> Iterator[Case]:
    """Texts of falling `lengths`, of which the tokens stand with gaps among the rows, if the texts share them."""
    parts, tokens, texts = (3 if cell == MINGRU else 4), sum(lengths), len(lengths)
    products = torch.randn(7 if shares else max(tokens, 1), parts, size).double()
    places = torch.tensor([sum(lengths[:b]) for b in range(texts)])
    starts = places + 2 * torch.arange(texts) if shares else places
    rows = torch.randint(0, 7, (tokens + 2 * texts + 1,))
    weight = torch.randn(4, size, size).double() * size**-0.5
    steps = max(*lengths, 1)
    inputs = torch.zeros(steps, texts, parts, size).double()
    for b, length in enumerate(lengths):
        for token in range(length):
            inputs[token, b] = products[rows[starts[b] + token] if shares else places[b] + token]
    if cell == MINGRU:
        found, pooled = walk_scanned(inputs, lengths, backwards)
    else:
        found, _, _, pooled = walk_gated(kind, cell, inputs, torch.zeros(4, size).double(), weight, lengths, backwards)
    states = torch.zeros(tokens, size).double()
    for b, length in enumerate(lengths):
        states[places[b] : places[b] + length] = found[:length, b]
    read = [
        cell, Given(FLOAT, kind.side_by_side(products, parts)), parts * size, Given(INT, rows) if shares else None,
        Given(LONG, starts), Given(LONG, places), Given(LONG, list(lengths)),
        None if cell == MINGRU else Given(FLOAT, kind.side_by_side(weight.permute(2, 0, 1), 4).t()),
    ]  # fmt: skip
    name = f"cell {cell} reads {list(lengths)[:4]}{' reversed' if backwards else ''}"
    to_states = Given(FLOAT, torch.full_like(states, NOTHING), states, 2e-6)
    to_pooled = Given(FLOAT, torch.full((3, texts, size), NOTHING), pooled[:3], 2e-6)
    sizes = [texts, size, int(backwards)]
    yield Case(f"{name}, states", "read_texts", [*read, to_states, size, None, *sizes])
    yield Case(f"{name}, pooled", "read_texts", [*read, None, size, to_pooled, *sizes])


def walk_scanned(inputs: Tensor, lengths: Sequence[int], backwards: bool) -> tuple[Tensor, Tensor]:
    """States (T, B, H) of a minGRU, and what is pooled (4, B, H), of its input products (T, B, 3, H)."""
    steps, texts, _, size = inputs.shape
    states, pooled = torch.zeros(steps, texts, size).double(), torch.zeros(4, texts, size).double()
    for text, length in enumerate(lengths):
        state = before = torch.zeros(size).double()
        read = []
        for token in reversed(range(length)) if backwards else range(length):
            of_z, of_c, of_next = inputs[token, text]
            state, before = state + (of_z + before).sigmoid() * (of_c - state), of_next
            states[token, text] = state
            read.append(state)
        if read:
            pooled[:, text] = pool_read(torch.stack(read))
    return states, pooled


def _product_cases() -> Iterator[Case]:
    for count, depth, width in ((1, 3, 1), (7, 50, 70), (130, 33, 257)):
        x, weight, bias = torch.randn(count, depth), torch.randn(width, depth), torch.randn(width)
        for which in (None, torch.randint(0, count, (count + 3,))):
            of = x if which is None else x[which]
            wanted = of.double() @ weight.double().t() + bias
            given = [Given(FLOAT, x), None if which is None else Given(LONG, which), Given(FLOAT, weight)]
            to = Given(FLOAT, torch.full_like(wanted, NOTHING), wanted, 1e-5)
            name = f"products of {tuple(wanted.shape)}"
            yield Case(name, "multiply_rows", [*given, Given(FLOAT, bias), to, len(of), depth, width])


def _ngram_cases() -> Iterator[Case]:
    """Sums of n-grams of up to three words: by hash tables and by a search, in texts of no to 300 tokens."""
    generator = np.random.default_rng(0)
    lengths = [0, 1, 2, 300, 5, 80, 3]
    for vocabulary in (3, 40):
        texts = [generator.integers(0, vocabulary + 2, length) for length in lengths]
        levels, columns = _some_ngrams(texts, vocabulary, generator)
        weights = generator.standard_normal((len(columns), 2)).astype(np.float32)
        sums, counts = np.zeros((len(texts), 2)), np.zeros(len(texts), np.int64)
        for number, text in enumerate(texts):
            words = text.tolist()
            found = {tuple(words[at : at + n]) for n in (1, 2, 3) for at in range(len(words) - n + 1)} & columns.keys()
            counts[number] = len(found)
            for column in sorted(columns[each] for each in found):
                sums[number] += weights[column].astype(np.float64)
        places = np.full(vocabulary, -1, np.int32)
        places[levels[0][0]] = np.arange(len(levels[0][0]))
        flat, offsets = np.concatenate(texts), np.concatenate([[0], np.cumsum(lengths)])
        for hashed in (False, True):
            given = [int(hashed), len(levels), Given(FLOAT, weights), 2, Given(INT, flat), Given(LONG, offsets)]
            to = [Given(DOUBLE, np.full_like(sums, NOTHING), sums), Given(LONG, np.full_like(counts, EMPTY), counts)]
            own = [Given(LONG, array) for level in levels for array in level]
            all_of = [*given, len(texts), *to, Given(INT, places), vocabulary, *own]
            yield Case(f"n-grams of {vocabulary} words, hashed {hashed}", "sum_ngrams", all_of)


def _some_ngrams(
    texts: Sequence[np.ndarray], vocabulary: int, generator: np.random.Generator
) -> tuple[list[tuple[np.ndarray, np.ndarray]], dict[tuple[int, ...], int]]:
    """The codes and columns of each level, some without a column; and the column of each n-gram that has one."""
    columns: dict[tuple[int, ...], int] = {}
    known: dict[tuple[int, ...], int] = {}  # the place of each n-gram in its level
    levels = []
    for n in (1, 2, 3):
        seen = {tuple(text[at : at + n].tolist()) for text in texts for at in range(len(text) - n + 1)}
        coded = {}
        for words in seen:
            if n == 1 and words[0] < vocabulary:
                coded[words[0]] = words
            elif n > 1 and words[:-1] in known and words[-1:] in known:
                coded[known[words[:-1]] * len(levels[0][0]) + known[words[-1:]]] = words
        codes = np.array(sorted(coded), np.int64)
        own = np.full(len(codes), -1, np.int64)
        for place, code in enumerate(codes.tolist()):
            known[coded[code]] = place
            if generator.random() < 0.8:
                own[place] = columns[coded[code]] = len(columns)
        levels.append((codes, own))
    return levels, columns


TEXTS = (
    "", " ", "A film, seen twice.", "Line<br />break<BR>and <b r>", "<br", "naïve Ünïcode ﬁne…", "中文 字。x",
    "e\u0301 a", "a\u0323\u0301 b", "q\u0315\u0334 \u0334\u0315", "한국어 \U0001f600 ok", "İstanbul ǅ", "word" * 30,
    "\u00a0tab\tnew\nline",
)  # fmt: skip


def _word_cases() -> Iterator[Case]:
    library = find_library("float32")
    assert library is not None
    for config in (TokenizeConfig(), TokenizeConfig(unit="characters", lowercase=False)):
        words = [
            "a",
            "film",
            "seen",
            ",",
            ".",
            "line",
            "break",
            "<",
            "fine",
            "naïve",
            "中",
            "文",
            "字",
            "ok",
            "word" * 30,
        ]
        tokens = ("[PAD]", "[UNK]", *words, "😀", "e", "A", "i", "한", "é")
        parts = TokenizerParts("word", tokens, config)
        encoder = build_word_encoder(library, tokens, config)
        _, left_out = encoder.encode(TEXTS)
        by_library = encode_texts(TextEncoder(parts).tokenizer, list(TEXTS))
        rows = [[] if i in left_out else by_library[i].tolist() for i in range(len(TEXTS))]
        data = np.frombuffer(bytearray("".join(TEXTS).encode()), np.uint8)
        ids = np.full(2 * len(data), EMPTY)
        flat = [token for row in rows for token in row]
        ends = np.cumsum([0, *map(len, rows)])
        kept = [
            np.frombuffer(bytearray("".join(tokens).encode()), np.uint8),
            np.cumsum([0, *(len(t.encode()) for t in tokens)]),
        ]
        given = [Given(INT, encoder.points.entries.view(np.int32)), Given(INT, encoder.points.several.view(np.int32))]
        given += [Given(BYTE, kept[0]), Given(LONG, kept[1])]
        sizes = [max(len(t.encode()) for t in tokens), 1, int(config.unit == "characters")]
        read = [Given(BYTE, data), Given(LONG, [len(text) for text in TEXTS]), len(TEXTS)]
        marks = [int(i in left_out) for i in range(len(TEXTS))]
        to = [Given(INT, ids, [*flat, *[EMPTY] * (len(ids) - len(flat))]), Given(LONG, np.zeros_like(ends), ends)]
        to += [Given(BYTE, np.zeros(len(TEXTS)), marks), Given(LONG, [0, 0, -1], [len(TEXTS), len(data), -1])]
        yield Case(f"words as {config.unit}", "encode_words", [*given, *sizes, *read, *to])
