"""The network: embedding, encoder, pooling, linear head."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from textrnn.config.model import ModelConfig
from textrnn.data.tabular import NO_TABULAR, TabularColumns
from textrnn.machine.workers import Workers
from textrnn.nn.batch import Batch
from textrnn.nn.build_encoder import build_encoder
from textrnn.nn.dropout import drop_features, drop_words
from textrnn.nn.embedding import embed
from textrnn.nn.noise import Noise
from textrnn.nn.pooling import Pool, read_and_pool
from textrnn.nn.random_weights import seeded
from textrnn.nn.recurrent import RecurrentEncoder
from textrnn.nn.tabular import TabularEncoder
from textrnn.text.special_tokens import PAD


class RecurrentClassifier(nn.Module):
    """Token ids -> logits.

    `vocabulary_size` rows of embeddings, `outputs` logits; the columns `tabular` are read next to the pooled text.
    `forward` with a `Noise` draws word
    and feature dropout from it; without one it is the plain function.
    """

    def __init__(
        self, config: ModelConfig, vocabulary_size: int, outputs: int, tabular: TabularColumns = NO_TABULAR
    ) -> None:
        super().__init__()
        self.config, self.tabular_columns = config, tabular
        self.sparse = False  # whether the embedding's gradient may be one of the batch's tokens alone
        self.word_dropout = 0.0 if config.word_dropout == "auto" else config.word_dropout  # training resolves auto
        self.embedding = nn.Embedding(vocabulary_size, config.embedding_size, padding_idx=PAD)
        nn.init.normal_(self.embedding.weight, std=0.1)
        with torch.no_grad():
            self.embedding.weight[PAD].zero_()
        self.encoder = build_encoder(config)
        self.pool = Pool(config.pooling, self.encoder.output_size)
        self.side = TabularEncoder(tabular, config.tabular_size) if tabular.features else None
        self.head = nn.Linear(self.pool.output_size + (config.tabular_size if self.side else 0), outputs)

    def forward(
        self,
        batch: Batch,
        noise: Noise | None = None,
        workers: Workers | None = None,
        perturbation: Tensor | None = None,
    ) -> Tensor:
        """Logits (B, C) float32 of `batch`; `noise` is what a training step draws from.

        `workers` compute parts of it at once. A `perturbation` (T, B, D) is added to the embedded tokens.
        """
        encoder, lengths = self.encoder, batch.lengths
        ids, share = drop_words(batch.ids, self.word_dropout, noise), self.config.embedding_dropout
        if perturbation is None and isinstance(encoder, RecurrentEncoder):
            sparse = self.sparse and torch.is_grad_enabled()
            x, unique = embed(self.embedding, encoder, ids, lengths, share, noise, workers, sparse=sparse)
        else:
            embedded = self.embedding(ids) if perturbation is None else self.embedding(ids) + perturbation
            x, unique = drop_features(embedded, share, noise), None
        if isinstance(encoder, RecurrentEncoder):
            pooled = read_and_pool(encoder, self.pool, x, lengths, noise, workers, unique)
        else:
            pooled = self.pool(encoder(x, lengths, noise, workers), lengths, workers)
        if self.side is not None:
            assert batch.tabular is not None
            pooled = torch.cat([pooled, self.side(batch.tabular)], dim=1)
        logits: Tensor = self.head(drop_features(pooled, self.config.dropout, noise))
        return logits.float()


def init_embedding(embedding: nn.Embedding, vectors: NDArray[np.float32]) -> None:
    """Put `vectors` (V, D) float32 into the first columns of `embedding`, as many as it has.

    Rows of zeros say nothing, and columns past D are not given: there the embedding keeps what it was built with.
    """
    columns = min(vectors.shape[1], embedding.embedding_dim)
    given = torch.from_numpy(np.ascontiguousarray(vectors[:, :columns]))
    known = given.any(dim=1)
    with torch.no_grad():
        weight = embedding.weight
        weight[known.to(weight.device), :columns] = given[known].to(weight.device)


def build_model(
    config: ModelConfig, vocabulary_size: int, outputs: int, *, seed: int, tabular: TabularColumns = NO_TABULAR
) -> RecurrentClassifier:
    """A classifier with fresh weights drawn from `seed`; the global generator is left as it was."""
    with seeded(seed):
        return RecurrentClassifier(config, vocabulary_size, outputs, tabular)
