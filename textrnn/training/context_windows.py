"""Batches for encoder pretraining: states with the tokens in the window ahead of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from textrnn.config.arguments.encoder_pretraining import PretrainingObjective
from textrnn.config.train import TrainConfig
from textrnn.nn.batch import assemble, cut_lengths
from textrnn.nn.batching import plan_batches
from textrnn.nn.encoder_pretraining import PredictionTargets, PretrainingBatch
from textrnn.nn.noise import BatchPart
from textrnn.text.ragged import Ragged
from textrnn.text.special_tokens import FIRST_TOKEN_ID
from textrnn.training.world import SINGLE_PROCESS

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class ContextWindows:
    """N rows of token ids as batches of texts with what is wanted of each direction.

    `shares` (V,) float64 says how often each token stands in the texts that are learned from; a token that stands in
    none of them is never asked for.
    """

    rows: Ragged
    shares: NDArray[np.float64]
    encoder_pretraining: PretrainingObjective
    train: TrainConfig
    directions: int = 2

    def plan(self, epoch: int) -> list[Integers]:
        """Return the row numbers of each batch of `epoch`; texts of one token have no targets."""
        usable = np.flatnonzero(self.lengths > 1)
        plan = plan_batches(
            self.lengths[usable], self.encoder_pretraining.batch_size, seed=self.train.seed, epoch=epoch
        )
        return [usable[places] for places in plan]

    def batch(self, indices: Integers) -> PretrainingBatch:
        """Return the batch of these rows; where its windows begin depends on the rows alone."""
        batch = assemble(self.rows, indices, max_tokens=self.train.max_tokens, truncation=self.train.truncation)
        ids, lengths = batch.ids.numpy(), batch.lengths.numpy()
        tokens = np.unique(ids)
        tokens = tokens[self._token_weights[tokens] > 0]
        first = int(indices.sum()) % self.encoder_pretraining.stride
        texts_read = (ids, reverse_texts(ids, lengths))[: self.directions]
        targets = tuple(self._targets(each, tokens, first) for each in texts_read)
        offsets = log_inclusion_probabilities(self.shares[tokens], int(lengths.sum()))
        return PretrainingBatch(batch, torch.from_numpy(tokens), torch.from_numpy(offsets), targets)

    def part(self, indices: Integers) -> BatchPart:
        """All of these rows: one process learns alone."""
        return SINGLE_PROCESS.part_of(self.lengths[indices])

    def tokens(self, indices: Integers) -> int:
        """The tokens read of these rows."""
        return int(self.lengths[indices].sum())

    @cached_property
    def lengths(self) -> Integers:
        """The length of each row as it is cut, (N,)."""
        return cut_lengths(self.rows, self.train.max_tokens)

    @cached_property
    def _token_weights(self) -> NDArray[np.float64]:
        """(V,): the weight of a token in a window, 0 where it is never a target."""
        weights = (self.shares > 0).astype(np.float64)
        if self.encoder_pretraining.subsampling_threshold:
            weights *= np.minimum(
                1, np.sqrt(self.encoder_pretraining.subsampling_threshold / np.maximum(self.shares, 1e-12))
            )
        weights[:FIRST_TOKEN_ID] = 0  # PAD and UNK
        return weights

    def _targets(self, ids: Integers, tokens: Integers, first: int) -> PredictionTargets:
        """Return the targets of the states `first`, `first` + stride... over `ids` (T, B), in the order of reading."""
        steps = np.arange(first, len(ids) - 1, self.encoder_pretraining.stride)
        ahead = steps[:, None] + np.arange(1, self.encoder_pretraining.window + 1)
        padded = np.concatenate([ids, np.zeros((self.encoder_pretraining.window, ids.shape[1]), np.int64)])
        found = padded[ahead].transpose(0, 2, 1)  # (steps, B, window)
        weights = self._token_weights[found]
        whole = weights.sum(axis=2)
        step, text = np.nonzero(whole)
        found, shares = found[step, text], weights[step, text] / whole[step, text][:, None]
        state, place = np.nonzero(shares)
        cells = state * len(tokens) + np.searchsorted(tokens, found[state, place])
        return PredictionTargets(
            torch.from_numpy(steps[step] * ids.shape[1] + text),
            torch.from_numpy(cells),
            torch.from_numpy(shares[state, place].astype(np.float32)),
        )


def reverse_texts(ids: Integers, lengths: Integers) -> Integers:
    """`ids` (T, B) with each text reversed within its own length."""
    time = np.arange(len(ids))[:, None]
    return np.take_along_axis(ids, np.where(time < lengths, lengths - 1 - time, time), axis=0)


def log_inclusion_probabilities(shares: NDArray[np.float64], tokens: int) -> NDArray[np.float32]:
    """The logarithm of how likely each token, of these `shares` of all text, stands among so many `tokens`."""
    absent = tokens * np.log1p(-np.minimum(shares, 0.5))
    found: NDArray[np.float32] = np.log(-np.expm1(absent)).astype(np.float32)
    return found
