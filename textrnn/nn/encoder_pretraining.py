"""The network that is pretrained: each direction of a recurrent layer says which tokens come next in its reading."""

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
from textrnn.nn.random_weights import drawing_from
from textrnn.nn.recurrent import RecurrentEncoder
from textrnn.nn.reversal import reversal_of
from textrnn.text.special_tokens import PAD

EMBEDDING_DROPOUT = 0.1


@dataclass(frozen=True)
class Wanted:
    """What one direction is asked: N states of a batch, and which of K tokens each is to name.

    `places` (N,) int64 are steps of the reading, t * B + b; `cells` (M,) int64, n * K + k, never falling, are where a
    share is not 0, and `shares` (M,) float32 sum to 1 for each state.
    """

    places: Tensor
    cells: Tensor
    shares: Tensor

    def to(self, device: torch.device) -> Wanted:
        """The same on `device`."""
        return Wanted(self.places.to(device), self.cells.to(device), self.shares.to(device))


@dataclass(frozen=True)
class Reading:
    """Texts, and what each direction is to say of them: `wanted[0]` forward, `wanted[1]` backward if there is one.

    `tokens` (K,) int64 are the tokens that the softmax is over; `offsets` (K,) float32, the logarithm of how likely a
    batch is to hold each, are taken off their logits.
    """

    batch: Batch
    tokens: Tensor
    offsets: Tensor
    wanted: tuple[Wanted, ...]

    def to(self, device: torch.device) -> Reading:
        """The same on `device`."""
        moved = tuple(wanted.to(device) for wanted in self.wanted)
        return Reading(self.batch.to(device), self.tokens.to(device), self.offsets.to(device), moved)


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
        reading: Reading,
        noise: Noise | None = None,
        workers: Workers | None = None,
        perturbation: Tensor | None = None,
    ) -> Tensor:
        """(N, E) float32: the states that are asked, forward ones first, as vectors to compare with the embedding's."""
        batch = reading.batch
        x, unique = embed(self.embedding, self.encoder, batch.ids, batch.lengths, EMBEDDING_DROPOUT, noise, workers)
        encoded = self.encoder(x, batch.lengths, noise, workers, unique)
        said = []
        for way, (states, wanted, back) in enumerate(zip(encoded.directions(), reading.wanted, self.back, strict=True)):
            turned = encoded.ends_first(way)
            places = reversal_of(batch.lengths, len(states))[wanted.places] if turned else wanted.places
            said.append(functional.linear(states.flatten(0, 1)[places], back).float())
        return torch.cat(said)

    def rows_of(self, reading: Reading) -> tuple[Tensor, Tensor]:
        """What the states are compared with: (K, E) rows and a bias (K,)."""
        rows = functional.embedding(reading.tokens, self.embedding.weight)
        return rows, functional.embedding(reading.tokens, self.bias[:, None])[:, 0] - reading.offsets


def build_language_model(config: LayerShape, vocabulary_size: int, *, seed: int) -> LanguageModel:
    """A language model with fresh weights drawn from `seed`; the global generator is left as it was."""
    with drawing_from(seed):
        return LanguageModel(config, vocabulary_size)
