"""Both branches explained together, on token ids: parts that add up to the difference of calibrated logits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.config.train import Truncation
from textrnn.data.tabular import TabularColumns, TabularFeatures, multiply_tabular
from textrnn.decision.branch_logits import BranchLogits
from textrnn.explanation.contrast import Contrast
from textrnn.explanation.network_parts import ExplainNetwork, NetworkInput
from textrnn.explanation.neutral_cells import neutralize_all, neutralize_each
from textrnn.explanation.ngram_parts import FoundPhrases, distribute_to_tokens, find_phrases
from textrnn.inference.batches import cut_rows
from textrnn.inference.engine import Engine
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.text.ragged import ragged

Float = NDArray[np.float64]


@dataclass(frozen=True)
class EncodedText:
    """A text as token `ids` (T,) int32, uncut, with its `groups` (T,) int64: see `NetworkInput`; `count` is G. The
    features `tabular` are one row, None without any.
    """

    ids: NDArray[np.int32]
    groups: NDArray[np.int64]
    count: int
    tabular: TabularFeatures | None = None


@dataclass(frozen=True)
class Parts:
    """What groups of words (G,) and tabular columns (K,) add through each branch, float64 each.

    `difference` = `base` + all of these + `remainder`. `is_read` (G,) bool says what the recurrent branch reads.
    """

    difference: float
    base: float
    remainder: float
    recurrent: Float
    ngram_branch: Float
    is_read: NDArray[np.bool_]
    recurrent_columns: Float
    ngram_columns: Float
    phrases: FoundPhrases


@dataclass(frozen=True)
class Branches:
    """The two branches of a classifier, and how a text is cut for the first."""

    engine: Engine
    ngram_branch: NgramBranch
    max_tokens: int
    truncation: Truncation


def explain_ids(
    branches: Branches, contrast: Contrast, logits: BranchLogits, text: EncodedText, method: ExplainNetwork
) -> Parts:
    """Returns the parts of `text` in `contrast`, where `logits` (1) are those of the text."""
    read = read_places(branches, len(text.ids))
    numbers, groups = np.unique(np.append(text.groups[read], -1), return_inverse=True)  # from 0: that of no group
    network_input = NetworkInput(text.ids[read], groups[:-1] - 1, len(numbers) - 1, text.tabular)
    network = method(network_input, contrast.recurrent)
    words, is_read = np.zeros(text.count), np.zeros(text.count, bool)
    words[numbers[1:]], is_read[numbers[1:]] = network.words, True
    phrases = find_phrases(branches.ngram_branch, text.ids, contrast.ngram_branch)
    tokens = distribute_to_tokens(phrases, len(text.ids))
    in_group = text.groups >= 0
    ngrams = np.bincount(text.groups[in_group], tokens[in_group], minlength=text.count).astype(np.float64)
    columns, base = _linear_columns(branches, text.tabular, contrast.ngram_branch)
    base += network.base + contrast.offset + float(tokens[~in_group].sum())
    difference = float(contrast.of(logits)[0])
    rest = difference - base - sum(float(part.sum()) for part in (words, network.columns, ngrams, columns))
    return Parts(difference, base, rest, words, ngrams, is_read, network.columns, columns, phrases)


def read_places(branches: Branches, tokens: int) -> NDArray[np.int32]:
    """Returns which of so many tokens the recurrent branch reads, in order."""
    return cut_rows(ragged([np.arange(tokens)]), branches.max_tokens, branches.truncation)[0]


def _linear_columns(branches: Branches, tabular: TabularFeatures | None, weights: Float) -> tuple[Float, float]:
    """What each tabular column adds to the n-gram branch, (K,), and what neutral columns with its bias do."""
    branch, columns = branches.ngram_branch, branches.engine.network.tabular
    base = float(branch.bias.astype(np.float64) @ weights)
    if tabular is None or not branch.tabular.size:
        return np.zeros(0 if tabular is None else len(neutralize_each(tabular, columns))), base

    def weigh(features: TabularFeatures) -> float:
        return float((multiply_tabular(features, branch.tabular.astype(np.float64)) @ weights)[0])

    whole = weigh(tabular)
    parts = np.array([whole - weigh(neutral) for neutral in neutralize_each(tabular, columns)])
    return parts, base + weigh(neutralize_all(tabular, columns))


def columns_of(columns: TabularColumns) -> list[str]:
    """Returns the names of the tabular columns, numeric ones first."""
    return [column.name for column in columns.numeric] + [column.name for column in columns.categorical]
