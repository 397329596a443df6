"""The network of encoder pretraining: each direction of a recurrent layer predicts which tokens come next."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from textrnn.config.model import LayerShape
from textrnn.errors import ConfigError
from textrnn.machine.workers import Workers
from textrnn.nn.batch import Batch
from textrnn.nn.embedding import embed
from textrnn.nn.noise import Noise
from textrnn.nn.random_weights import seeded
from textrnn.nn.recurrent import RecurrentEncoder
from textrnn.nn.reversal import reversal_of
from textrnn.text.special_tokens import PAD

EMBEDDING_DROPOUT = 0.1


@dataclass(frozen=True)
class PredictionTargets:
    """The prediction targets of one direction: N states of a batch, each with a distribution over K tokens.

    `places` (N,) int64 are steps in the order of reading, t * B + b; `cells` (M,) int64, n * K + k, in ascending order,
    are where a probability is not 0; `shares` (M,) float32 are those probabilities, which sum to 1 for each state.
    """

    places: Tensor
    cells: Tensor
    shares: Tensor

    def to(self, device: torch.device) -> PredictionTargets:
        """The same on `device`."""
        return PredictionTargets(self.places.to(device), self.cells.to(device), self.shares.to(device))


@dataclass(frozen=True)
class PretrainingBatch:
    """Texts with the targets of each direction: `targets[0]` forward, `targets[1]` backward if there is one.

    `tokens` (K,) int64 are the tokens that the softmax is over; `offsets` (K,) float32, the log probability that a
    batch contains each, are subtracted from their logits.
    """

    batch: Batch
    tokens: Tensor
    offsets: Tensor
    targets: tuple[PredictionTargets, ...]

    def to(self, device: torch.device) -> PretrainingBatch:
        """The same on `device`."""
        moved = tuple(targets.to(device) for targets in self.targets)
        return PretrainingBatch(self.batch.to(device), self.tokens.to(device), self.offsets.to(device), moved)


class LanguageModel(nn.Module):
    """Embedding and first recurrent layer of a classifier, their weights by the same names; above each direction a
    linear map back to the embedding, whose rows are what tokens are compared with (Press & Wolf 2017).

    Raises ConfigError where `config` has no recurrent encoder.
    """

    def __init__(self, config: LayerShape, vocabulary_size: int) -> None:
        super().__init__()
        if config.encoder == "bag" or config.encoder == "convolution":
            raise ConfigError(f"encoder_pretraining.epochs: expected a recurrent model.encoder, found {config.encoder}")
        self.embedding = nn.Embedding(vocabulary_size, config.embedding_size, padding_idx=PAD)
        nn.init.normal_(self.embedding.weight, std=0.1)
        with torch.no_grad():
            self.embedding.weight[PAD].zero_()
        size, ways = config.hidden_size, config.bidirectional
        self.encoder = RecurrentEncoder(config.encoder, config.embedding_size, size, bidirectional=ways)
        self.back = nn.ParameterList(
            nn.Parameter(torch.empty(config.embedding_size, size).uniform_(-1, 1) / math.sqrt(size))
            for _ in range(2 if ways else 1)
        )
        self.bias = nn.Parameter(torch.zeros(vocabulary_size))

    def forward(
        self,
        windows: PretrainingBatch,
        noise: Noise | None = None,
        workers: Workers | None = None,
        perturbation: Tensor | None = None,
    ) -> Tensor:
        """Return (N, E) float32: the states with targets, forward ones first, mapped to the space of the embedding."""
        batch = windows.batch
        x, unique = embed(self.embedding, self.encoder, batch.ids, batch.lengths, EMBEDDING_DROPOUT, noise, workers)
        encoded = self.encoder(x, batch.lengths, noise, workers, unique)
        outputs = []
        by_direction = zip(encoded.directions(), windows.targets, self.back, strict=True)
        for direction, (states, targets, back) in enumerate(by_direction):
            turned = encoded.ends_first(direction)
            places = reversal_of(batch.lengths, len(states))[targets.places] if turned else targets.places
            outputs.append(functional.linear(states.flatten(0, 1)[places], back).float())
        return torch.cat(outputs)

    def rows_of(self, windows: PretrainingBatch) -> tuple[Tensor, Tensor]:
        """Return what the states are compared with: rows (K, E) and a bias (K,)."""
        rows = functional.embedding(windows.tokens, self.embedding.weight)
        return rows, functional.embedding(windows.tokens, self.bias[:, None])[:, 0] - windows.offsets


def build_language_model(config: LayerShape, vocabulary_size: int, *, seed: int) -> LanguageModel:
    """A language model with fresh weights drawn from `seed`; the global generator is left as it was."""
    with seeded(seed):
        return LanguageModel(config, vocabulary_size)
