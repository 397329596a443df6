"""The n-gram branch as ONNX operators: n-grams are looked up by bisection, counted once a text.

ONNX has `TfIdfVectorizer`, whose output is as wide as there are n-grams (300,000 numbers a text); this is sparse.
Shape letters: B texts, T tokens, C classes, F known n-grams.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from textrnn.export.graph_builder import FLOAT, Graph
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.text.ngrams import Level


def add_ngram_branch(graph: Graph, branch: NgramBranch, vocabulary_size: int, ids: str, mask: str) -> str:
    """Add the branch that reads `ids` (B, T), real where `mask` (B, T) says so; returns its logits (B, C) float32.

    As in `find_ngrams`: a level's n-grams begin with those of the level below, so that each is one number.
    """
    levels, features = branch.ngrams.levels, branch.ngrams.features
    minus_one = graph.constant(-1)
    words = graph.add("Where", mask, graph.add("Gather", _places_of_words(graph, levels[0], vocabulary_size), ids),
                      minus_one)  # fmt: skip
    places, columns = words, [_columns(graph, levels[0], words, 1)]
    for length, level in enumerate(levels[1:], start=2):
        if not len(level.codes):
            break
        codes = _longer(graph, places, words, length, len(levels[0].codes))
        places = _bisect(graph, level.codes, codes, f"codes_{length}")
        columns.append(_columns(graph, level, places, length))
    # each n-gram once: sorted, one that equals its neighbour is a copy; -1 is none
    every = graph.add("Concat", *columns, axis=1) if len(columns) > 1 else columns[0]
    count = graph.add("Slice", graph.add("Shape", every), graph.constant([1]), graph.constant([2]))
    ordered, _ = graph.add_several("TopK", every, count, outputs=2, axis=1, largest=1, sorted=1)
    first_column, last = graph.constant([1]), graph.constant([-1])
    before = graph.add("Slice", graph.add("Pad", ordered, graph.constant([0, 1, 0, 0]), graph.constant(features)),
                       graph.constant([0]), last, first_column)  # fmt: skip
    is_new = graph.add("And", graph.add("GreaterOrEqual", ordered, graph.constant(0)),
                       graph.add("Not", graph.add("Equal", ordered, before)))  # fmt: skip
    table = graph.constant(branch.weights, np.float32, name="ngram_weights")
    rows = graph.add("Gather", table, graph.add("Max", ordered, graph.constant(0)))  # (B, 3 T, C)
    new = graph.add("Unsqueeze", graph.add("Cast", is_new, to=FLOAT), graph.constant([2]))
    total = graph.add("ReduceSum", graph.add("Mul", rows, new), first_column, keepdims=0)
    number = graph.add("ReduceSum", new, first_column, keepdims=0)
    scale = graph.add("Sqrt", graph.add("Max", number, graph.constant(1.0, np.float32)))
    bias = graph.constant(branch.bias, np.float32, name="ngram_bias")
    return graph.add("Add", graph.add("Div", total, scale), bias)


def add_weighed_tabular(
    graph: Graph, weights: NDArray[np.float32], sizes: tuple[int, ...], numbers: str, codes: str
) -> str:
    """Add the part (B, C) that tabular features have in the branch: numbers, then a row for each category."""
    width = len(weights) - sum(sizes)
    total = ""
    if width:
        total = graph.add("MatMul", numbers, graph.constant(weights[:width], np.float32, name="ngram_numbers"))
    for column, start in enumerate(np.cumsum((width, *sizes))[:-1].tolist()):
        table = graph.constant(weights[start : start + sizes[column]], np.float32, name=f"ngram_categories_{column}")
        row = graph.add("Gather", table, graph.add("Gather", codes, graph.constant(column), axis=1))
        total = graph.add("Add", total, row) if total else row
    return total


def _places_of_words(graph: Graph, level: Level, vocabulary_size: int) -> str:
    """The place of every token id among the single words, (V,), -1 where it has none."""
    places = np.full(vocabulary_size, -1, np.int64)
    places[level.codes] = np.arange(len(level.codes))
    return graph.constant(places, np.int64, name="ngram_places")


def _columns(graph: Graph, level: Level, places: str, length: int) -> str:
    """The columns (B, T) of the n-grams at `places` of a level; -1 where there is none."""
    none = np.append(level.columns, -1)  # the last row, which -1 means
    return graph.add("Gather", graph.constant(none, np.int64, name=f"ngram_columns_{length}"), places)


def _longer(graph: Graph, starts: str, words: str, length: int, singles: int) -> str:
    """The codes (B, T) of the n-grams of `length` words that begin at each token; below 0 where none does."""
    reach = length - 1
    padded = graph.add("Pad", words, graph.constant([0, 0, 0, reach]), graph.constant(-1))
    end = graph.constant([np.iinfo(np.int64).max])
    last = graph.add("Slice", padded, graph.constant([reach]), end, graph.constant([1]))
    code = graph.add("Add", graph.add("Mul", starts, graph.constant(singles)), last)
    zero = graph.constant(0)
    whole = graph.add("And", graph.add("GreaterOrEqual", starts, zero), graph.add("GreaterOrEqual", last, zero))
    return graph.add("Where", whole, code, graph.constant(-1))


def _bisect(graph: Graph, codes: NDArray[np.int64], values: str, name: str) -> str:
    """The place (B, T) of each of `values` in the rising `codes` (G,), -1 where it is not there."""
    table, most = graph.constant(codes, np.int64, name=f"ngram_{name}"), graph.constant(len(codes) - 1)
    place = graph.add("Mul", values, graph.constant(0))
    for bit in reversed(range((len(codes) - 1).bit_length())):
        further = graph.add("Min", graph.add("Add", place, graph.constant(1 << bit)), most)
        reached = graph.add("LessOrEqual", graph.add("Gather", table, further), values)
        place = graph.add("Where", reached, further, place)
    found = graph.add("Equal", graph.add("Gather", table, place), values)
    return graph.add("Where", found, place, graph.constant(-1))
