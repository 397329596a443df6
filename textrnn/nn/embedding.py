"""The vectors of a batch's tokens, with dropout: of all, or where the encoder takes those, of each different one."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from textrnn.nn.dropout import Noise, drop_features, mask_of_features
from textrnn.nn.native_layer import Distinct
from textrnn.nn.recurrent import RecurrentEncoder
from textrnn.nn.workers import Workers


def embed(
    embedding: nn.Embedding,
    encoder: RecurrentEncoder,
    ids: Tensor,
    lengths: Tensor,
    share: float,
    noise: Noise | None,
    workers: Workers | None,
    *,
    sparse: bool = False,
) -> tuple[Tensor, Distinct | None]:
    """The vectors of `ids` (T, B) of `lengths` (B,), a `share` of each text's features dropped: (T, B, E) and None.

    Or (N, E), and which of them each token is; with `sparse` the embedding's gradient is of those rows alone then. The
    same numbers are drawn from `noise` either way.
    """
    apart = noise is not None and share > 0
    distinct = encoder.distinct(ids, lengths, embedding.weight, apart=apart, workers=workers)
    if distinct is None:
        return drop_features(embedding(ids), share, noise), None
    mask = mask_of_features(len(lengths), embedding.embedding_dim, share, noise)
    # where it is sparse, whoever gathers it leaves padding out: to do so here would be a copy
    padding = None if sparse else embedding.padding_idx
    x = functional.embedding(distinct.tokens, embedding.weight, padding, sparse=sparse)
    return x if mask is None else x * mask[distinct.texts], distinct
