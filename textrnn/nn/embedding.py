"""The vectors of a batch's tokens, with dropout: of all, or where the encoder takes those, of each different one."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from textrnn.machine.workers import Workers
from textrnn.nn.dropout import drop_features, mask_of_features
from textrnn.nn.kernels.unique import UniqueTokens
from textrnn.nn.noise import Noise
from textrnn.nn.recurrent import RecurrentEncoder


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
) -> tuple[Tensor, UniqueTokens | None]:
    """The vectors of `ids` (T, B) of `lengths` (B,), a `share` of each text's features dropped: (T, B, E) and None.

    Or (N, E), and which of them each token is; with `sparse` the embedding's gradient is of those rows alone then. The
    same numbers are drawn from `noise` either way.
    """
    per_text = noise is not None and share > 0  # as the mask is
    unique = encoder.find_unique_tokens(ids, lengths, embedding.weight, per_text=per_text, workers=workers)
    if unique is None:
        return drop_features(embedding(ids), share, noise), None
    mask = mask_of_features(len(lengths), embedding.embedding_dim, share, noise)
    # where it is sparse, whoever gathers it leaves padding out: to do so here would be a copy
    padding = None if sparse else embedding.padding_idx
    x = functional.embedding(unique.tokens, embedding.weight, padding, sparse=sparse)
    return x if mask is None else x * mask[unique.texts], unique
