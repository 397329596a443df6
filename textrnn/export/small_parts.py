"""The parts of a small model: rounded weights, fewer tokens, fewer n-grams."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from textrnn.inference.network import Network
from textrnn.linear.ngram_branch import NgramBranch, to_packed_bytes
from textrnn.linear.prune_ngrams import prune_ngrams
from textrnn.linear.quantized_branch import BLOCK_SIZE
from textrnn.storage.rounded_rows import Bits, restore_rows, round_rows
from textrnn.text.special_tokens import FIRST_TOKEN_ID, UNK
from textrnn.text.tokenizer_schema import TokenizerParts, rebuild

Bools = NDArray[np.bool_]
FLOAT32_PREFIXES = ("head.", "pool.")  # names of weights that stay float32: they are few
COUNT_PRIOR = 3  # added to how often a token was seen in some texts: others have those that these lack
EMBEDDING_WEIGHT = "embedding.weight"


def rank_tokens(network: Network, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns the ids (V,), those first that are worth most: by the texts' tokens, of which `counts` (V,) were seen,
    times the squared distance that UNK in their place would move what the first layer reads.

    PAD and UNK come first.
    """
    embedding = network.weights[EMBEDDING_WEIGHT]
    away = embedding - embedding[UNK]
    worth = (counts + COUNT_PRIOR) * ((away @ _metric(network)) * away).sum(axis=1)
    worth[:FIRST_TOKEN_ID] = np.inf
    return np.argsort(-worth, kind="stable")


def weights_bytes(network: Network, kept: Bools, bits: Bits) -> bytes:
    """Returns the file of the weights of `network`, of the `kept` tokens (V,) alone, an embedding in `bits`."""
    arrays: dict[str, NDArray[Any]] = {}
    for name, weight in network.weights.items():
        own = np.ascontiguousarray(weight[kept]) if name == EMBEDDING_WEIGHT else weight
        arrays |= _rounded(name, own, bits, network)
    return bytes(save(arrays))


def rounded_network(network: Network, bits: Bits) -> Network:
    """Returns `network` with the weights that its small file would have."""
    weights: dict[str, NDArray[np.float32]] = {}
    for name, weight in network.weights.items():
        weights |= restore_rows(_rounded(name, weight, bits, network), name)
    return replace(network, weights=weights)


def rounded_branch(branch: NgramBranch) -> NgramBranch:
    """Returns `branch` with weights as rough as those of its small file."""
    count, classes = branch.weights.shape
    blocks = np.zeros((-(-count // BLOCK_SIZE) * BLOCK_SIZE, classes), np.float32)
    blocks[:count] = branch.weights
    rows = blocks.T.reshape(-1, BLOCK_SIZE)
    rounded = restore_rows(round_rows("weights", rows), "weights")["weights"]
    return replace(branch, weights=np.ascontiguousarray(rounded.reshape(classes, -1)[:, :count].T))


def branch_bytes(branch: NgramBranch, columns: Bools, kept: Bools, factor: float = 1.0) -> bytes:
    """Returns the file of `branch` with the `columns` (F,) alone, where the `kept` tokens (V,) are left."""
    return to_packed_bytes(prune_ngrams(branch, columns, new_ids(kept), factor))


def tokenizer_bytes(parts: TokenizerParts, kept: Bools) -> bytes:
    """Returns `tokenizer.json` of the `kept` tokens (V,), without white space."""
    left = parts if kept.all() else replace(parts, tokens=tuple(np.array(parts.tokens, object)[kept]))
    return rebuild(left).to_str(pretty=False).encode()


def new_ids(kept: Bools) -> NDArray[np.int64]:
    """Returns the id (V,) that each token gets where the `kept` ones (V,) are left: of the others that of UNK."""
    return np.where(kept, np.cumsum(kept) - 1, UNK)


def first_of(ranked: NDArray[np.int64], count: int, size: int) -> Bools:
    """Returns (size,) bool, true of the first `count` of the `ranked` numbers."""
    chosen = np.zeros(size, bool)
    chosen[ranked[:count]] = True
    return chosen


def _rounded(name: str, weight: NDArray[np.float32], bits: Bits, network: Network) -> dict[str, NDArray[Any]]:
    """`weight` of `network` in 8 bits, its embedding in `bits`; a few weights as they are."""
    if weight.ndim < 2 or name.startswith(FLOAT32_PREFIXES):
        return {name: weight}
    if name == EMBEDDING_WEIGHT and bits == 4 and weight.shape[1] % 2 == 0:
        return round_rows(name, weight, bits, _metric(network))
    return round_rows(name, weight)


def _metric(network: Network) -> NDArray[np.float32]:
    """(E, E): e' metric e is the squared length of what the first layer reads of e, for a recurrent network."""
    reads = [w for name, w in network.weights.items() if name.startswith("encoder.weight_i") and "_l0" in name]
    if not reads:
        return np.eye(network.config.embedding_size, dtype=np.float32)
    stacked = np.concatenate(reads)
    return stacked.T @ stacked
