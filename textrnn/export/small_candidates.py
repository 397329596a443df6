"""Candidates for a small model by number of tokens, n-grams: their sizes, their losses."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.tabular import TabularFeatures, multiply_tabular
from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.decision import compute_scores
from textrnn.export.small_parts import (
    Bools,
    branch_bytes,
    first_of,
    rank_tokens,
    rounded_branch,
    rounded_network,
    tokenizer_bytes,
    weights_bytes,
)
from textrnn.inference.engine import Engine, build_engine
from textrnn.inference.logits import compute_logits
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.linear.prune_ngrams import (
    document_counts,
    least_squares_factor,
    masked_logits,
    rank_ngrams,
    reachable_ngrams,
    text_indices,
)
from textrnn.metrics.validation_score import EPSILON, validation_score
from textrnn.model.predictor import Predictor
from textrnn.storage.rounded_rows import Bits
from textrnn.text.ngrams import FoundNgrams, Int, find_ngrams
from textrnn.text.ragged import Ragged
from textrnn.text.special_tokens import UNK
from textrnn.text.tokenizer_schema import TokenizerParts

Float = NDArray[np.float64]
N_HALVES = 2  # of the texts: those of one rank, those of the other measure


@dataclass(frozen=True)
class LabelledRows:
    """Token ids of N texts, uncut, their labels as `encode_labels` has them, their tabular features; and where from."""

    rows: Ragged
    labels: NDArray[Any]
    tabular: TabularFeatures | None
    source: str


@dataclass(frozen=True)
class Candidate:
    """A small model of so many `tokens`, whose embedding has numbers of so many `bits`, and so many `ngrams`.

    The `divergence` of its answers from the whole model's; its `scores` (N, C), its `score` and its `loss` on labelled
    rows; the `factor` on the weights of its n-grams.

    They are measured on texts that did not choose its tokens.
    """

    tokens: int
    bits: Bits | None
    ngrams: int
    divergence: float
    scores: Float
    score: float
    loss: float
    factor: float


@dataclass
class Candidates:
    """All small models of a `predictor`, whose tokenizer is `parts`, measured on labelled rows."""

    predictor: Predictor
    parts: TokenizerParts
    data: LabelledRows
    _recurrent: dict[tuple[int, Bits], Float] = field(default_factory=dict)
    _sizes: dict[tuple[int, Bits], int] = field(default_factory=dict)
    _engines: dict[Bits, Engine] = field(default_factory=dict)

    @property
    def vocabulary_size(self) -> int:
        """V, the number of tokens of the whole model."""
        return len(self.parts.tokens)

    @property
    def features(self) -> int:
        """F, the number of n-grams of the whole model."""
        return self.predictor.ngram_branch.ngrams.features

    @cached_property
    def whole_logits(self) -> BranchLogits:
        """The logits of the whole model, branch by branch."""
        return self.predictor.encoded_logits(self.data.rows, self.data.tabular)

    @cached_property
    def whole(self) -> Candidate:
        """The whole model."""
        return self._measured(self.vocabulary_size, None, self.features, self.whole_logits, 1.0)

    def measure(self, tokens: int, bits: Bits, ngrams: int) -> Candidate:
        """Returns the model with the `tokens` and the `ngrams` that are worth most."""
        recurrent = self._recurrent.get((tokens, bits))
        if recurrent is None:
            recurrent = self._recurrent[tokens, bits] = self._recurrent_logits(tokens, bits)
        branch = self._branch
        part, factor = np.zeros_like(recurrent), 1.0
        if self.features:
            chosen = [
                self._ngrams(ranked, ngrams, reachable_ngrams(branch, first_of(ids, tokens, self.vocabulary_size)))
                for ids, ranked in zip(self._token_ranks, self._ngram_ranks, strict=True)
            ]
            half = text_indices(self._found) % N_HALVES
            part = masked_logits(branch, self._found, np.stack(chosen)[half, self._found.columns])
            factor = least_squares_factor(part, self.whole_logits.ngram_branch - self._fixed)
        return self._measured(tokens, bits, ngrams, BranchLogits(recurrent, self._fixed + factor * part), factor)

    def kept_tokens(self, tokens: int) -> Bools:
        """Returns which tokens (V,) are worth most, by all rows."""
        return first_of(self._ranks_by_all[0], tokens, self.vocabulary_size)

    def kept_ngrams(self, kept: Bools, ngrams: int) -> Bools:
        """Returns which n-grams (F,) of the `kept` tokens (V,) are worth most, by all rows."""
        readable = reachable_ngrams(self.predictor.ngram_branch, kept)
        return self._ngrams(self._ranks_by_all[1], ngrams, readable)

    def weigh(self, tokens: int, bits: Bits, ngrams: int) -> int:
        """Returns the bytes of what a model of so many tokens and n-grams has in its three large files."""
        kept = self.kept_tokens(tokens)
        branch = branch_bytes(self.predictor.ngram_branch, self.kept_ngrams(kept, ngrams), kept)
        return self._weigh_tokens(tokens, bits) + len(branch)

    def _weigh_tokens(self, tokens: int, bits: Bits) -> int:
        if (tokens, bits) not in self._sizes:
            kept = self.kept_tokens(tokens)
            weights = weights_bytes(self.predictor.engine.network, kept, bits)
            self._sizes[tokens, bits] = len(weights) + len(tokenizer_bytes(self.parts, kept))
        return self._sizes[tokens, bits]

    @staticmethod
    def _ngrams(ranked: Int, count: int, readable: Bools) -> Bools:
        return first_of(ranked[readable[ranked]], count, len(readable))

    def _measured(self, tokens: int, bits: Bits | None, ngrams: int, logits: BranchLogits, factor: float) -> Candidate:
        target, scores = self.predictor.target, compute_scores(self.predictor.decision, logits)
        whole = compute_scores(self.predictor.decision, self.whole_logits)
        score, loss = validation_score(target, self.data.labels, scores)
        return Candidate(tokens, bits, ngrams, divergence(target, whole, scores), scores, score, loss, factor)

    def _recurrent_logits(self, tokens: int, bits: Bits) -> Float:
        rows, half = self.data.rows, np.arange(len(self.data.rows)) % N_HALVES
        kept = np.stack([first_of(ids, tokens, self.vocabulary_size) for ids in self._token_ranks])
        flat = rows.flat[rows.offsets[0] : rows.offsets[-1]]
        left = np.where(kept[np.repeat(half, rows.lengths), flat], flat, UNK).astype(np.int32)
        p = self.predictor
        if bits not in self._engines:
            self._engines[bits] = build_engine(rounded_network(p.engine.network, bits))
        return compute_logits(
            self._engines[bits],
            Ragged(left, rows.offsets - rows.offsets[0]),
            max_tokens=p.max_tokens,
            truncation=p.truncation,
            tabular=self.data.tabular,
        )

    @cached_property
    def _branch(self) -> NgramBranch:
        return rounded_branch(self.predictor.ngram_branch)

    @cached_property
    def _found(self) -> FoundNgrams:
        return find_ngrams(self._branch.ngrams, self.data.rows)

    @cached_property
    def _fixed(self) -> Float:
        """(N, C): the part of the n-gram branch's logits that no n-gram gives."""
        branch = self.predictor.ngram_branch
        fixed = np.tile(branch.bias.astype(np.float64), (len(self.data.rows), 1))
        if branch.tabular.size and self.data.tabular is not None:
            fixed += multiply_tabular(self.data.tabular, branch.tabular.astype(np.float64))
        return fixed

    @cached_property
    def _token_ranks(self) -> list[Int]:
        """The ids (V,) that are worth most, by the texts of the other half."""
        return [rank_tokens(self.predictor.engine.network, self._counts(half)) for half in self._other_halves]

    @cached_property
    def _ngram_ranks(self) -> list[Int]:
        return [
            rank_ngrams(self._branch, document_counts(self._found, half, self.features)) for half in self._other_halves
        ]

    @cached_property
    def _ranks_by_all(self) -> tuple[Int, Int]:
        """The ids (V,) that are worth most, then the n-grams (F,), by all texts."""
        every = np.ones(len(self.data.rows), bool)
        documents = document_counts(self._found, every, self.features)
        tokens = rank_tokens(self.predictor.engine.network, self._counts(every))
        return tokens, rank_ngrams(self.predictor.ngram_branch, documents)

    @property
    def _other_halves(self) -> list[Bools]:
        return [np.arange(len(self.data.rows)) % N_HALVES != half for half in range(N_HALVES)]

    def _counts(self, which: Bools) -> NDArray[np.int64]:
        rows = self.data.rows
        flat = rows.flat[rows.offsets[0] : rows.offsets[-1]]
        return np.bincount(flat[np.repeat(which, rows.lengths)], minlength=self.vocabulary_size)


def divergence(target: Target, whole: Float, scores: Float) -> float:
    """Returns how far `scores` (N, C) are from those of the `whole` model: the mean Kullback-Leibler divergence, of
    numbers the mean squared difference in standard deviations.
    """
    if target.kind == "number":
        return float(np.square((scores - whole) / target.scale).mean()) if len(whole) else 0.0
    p, q = np.clip(whole, EPSILON, 1), np.clip(scores, EPSILON, 1)
    each = p * np.log(p / q)
    if target.kind == "multi":
        p, q = np.clip(1 - whole, EPSILON, 1), np.clip(1 - scores, EPSILON, 1)
        each = each + p * np.log(p / q)
    return float(each.sum(axis=1).mean()) if len(whole) else 0.0
