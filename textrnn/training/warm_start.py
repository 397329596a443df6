"""What a network starts from where another was trained before: its weights, in the tokens of a new vocabulary.

Fine-tuning on the texts that matter after others of which there are more (Howard & Ruder 2018, "Universal language
model fine-tuning for text classification", begin with a language model; this begins with any classifier of ours). Words
that the first one never met are put among those that it did by a linear map from word vectors (Kiros et al. 2015,
"Skip-thought vectors", section 2.2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from textrnn.config.arguments.warm_start import WarmStartArguments
from textrnn.config.model import ModelConfig, Pooling
from textrnn.data.target import UNSEEN_LOGIT, Target
from textrnn.errors import DataError, ModelError
from textrnn.inference.network import Network, check_network
from textrnn.machine.process_settings import one_blas_thread
from textrnn.model.files import read_columns, read_config, read_folder
from textrnn.nn.pretrained import PretrainedWeights
from textrnn.storage.bounded_reading import as_one_line
from textrnn.storage.files import digest_bytes
from textrnn.storage.rounded_rows import restore_rows
from textrnn.storage.tensors import read_arrays
from textrnn.text.ids import Ids
from textrnn.text.special_tokens import UNK
from textrnn.text.tokenizer_schema import read_parts
from textrnn.text.vocabulary import Vocabulary
from textrnn.text.warm_start_source import CONFIG, TOKENIZER, WEIGHTS, find_model, require_shape
from textrnn.text.word_vectors import WordVectors

RIDGE_STRENGTH = 1e-3  # of the mean square of a column: it holds the map where there are few tokens for many columns


@dataclass(frozen=True)
class _Model:
    """What there is to start from: `tokens[i]` has row i of the embedding, `origin` is the SHA-256 of the weights."""

    weights: Mapping[str, NDArray[np.float32]]
    tokens: tuple[str, ...]
    config: ModelConfig
    target: Target
    plain: bool  # no tabular features
    origin: str


def load_warm_start(
    ids: Ids,
    vocabulary: Vocabulary,
    vectors: WordVectors,
    arguments: WarmStartArguments,
    *,
    on_progress: Callable[[str], None] = lambda _: None,
) -> PretrainedWeights:
    """The weights of the model folder that `arguments` name for a network over `ids` of `vocabulary`; none for "none".

    Embedding and encoder are that model's. A token that it has no row for gets one by the linear map from `vectors` to
    its embedding that fits the tokens in common best, or, where they say nothing of it, the row of UNK, as which that
    model has read it. Attention and head come along where the classes are the same, in whatever order, and nothing
    stands beside the texts; of a class that the model was never shown the head starts from zeros. `on_progress` gets a
    line of text.

    Raises ConfigError for a model of another shape, DataError for one with no token in common,
    ModelError if it is not a valid model folder.
    """
    source, shape = arguments.train_config.init_from, arguments.model_config
    if shape is None:
        return PretrainedWeights()
    folder = find_model(source)
    try:
        model = _read(read_folder(folder))
    except (DataError, ModelError, OSError) as error:
        raise ModelError(f"train.init_from: {as_one_line(str(error))}") from None
    require_shape(source, model.config.shape, shape)
    place = {token: row for row, token in enumerate(model.tokens)}
    rows = np.array([place.get(token, UNK) for token in vocabulary.tokens], dtype=np.int64)
    share = _covered_share(rows, vocabulary)
    if not share:
        raise DataError(
            "train.init_from: expected a model with tokens of the training texts, found none in "
            f"{as_one_line(source)}; is it of the same language, tokenize.unit and vocabulary.kind?"
        )
    top = _top(model, ids, shape.pooling)
    head = "the head too" if top else "a new head, since the classes, the pooling or the tabular columns differ"
    on_progress(as_one_line(f"{source}: knows {share:.1%} of the training tokens; {head}"))
    weights = {name: weight for name, weight in model.weights.items() if name.startswith("encoder.")}
    weights["embedding.weight"] = _embed(model.weights["embedding.weight"], rows, vectors)
    tensors = {name: torch.from_numpy(np.array(weight)) for name, weight in (weights | top).items()}
    return PretrainedWeights(tensors, origin=model.origin)


def _read(files: Mapping[str, bytes]) -> _Model:
    config = read_config(files[CONFIG])
    target, parts, tabular = Target.from_json(config.target), read_parts(files[TOKENIZER]), read_columns(config)[1]
    if len(parts.tokens) != config.vocabulary_size:
        raise ModelError(f"{TOKENIZER} has {len(parts.tokens)} tokens, {CONFIG} says {config.vocabulary_size}")
    weights = restore_rows(read_arrays(files[WEIGHTS], WEIGHTS), WEIGHTS)
    check_network(Network(weights, config.model, config.vocabulary_size, target.outputs, tabular))
    origin = digest_bytes(files[WEIGHTS])
    return _Model(weights, parts.tokens, config.model, target, not tabular.features, origin)


def _covered_share(rows: NDArray[np.int64], vocabulary: Vocabulary) -> float:
    """The share of the training tokens, those of no id among them, whose row is a token's own."""
    counts = np.array(vocabulary.counts, dtype=np.int64)
    return float(counts[rows > UNK].sum() / max(counts.sum(), 1))


def _embed(embedding: NDArray[np.float32], rows: NDArray[np.int64], vectors: WordVectors) -> NDArray[np.float32]:
    """(V, E): the rows of `embedding`, one a token; those of unknown tokens are mapped from `vectors` (V, D)."""
    embedded = embedding[rows]
    said = vectors.matrix.any(axis=1)
    taught, missing = said & (rows > UNK), said & (rows == UNK)
    missing[UNK] = False
    if taught.any() and missing.any():
        embedded[missing] = _map(vectors.matrix[taught], embedded[taught], vectors.matrix[missing])
    return embedded


def _map(x: NDArray[np.float32], y: NDArray[np.float32], more: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the affine map that takes the rows of `x` nearest to those of `y` makes of `more`; ridge regression."""
    with one_blas_thread():  # sums of several threads differ in their last bits
        means = x.mean(axis=0, dtype=np.float64), y.mean(axis=0, dtype=np.float64)
        a, b = x - means[0], y - means[1]
        square = a.T @ a
        square[np.diag_indices_from(square)] += RIDGE_STRENGTH * max(float(np.trace(square)), 1e-12) / len(square)
        mapped: NDArray[np.float64] = (more - means[0]) @ np.linalg.solve(square, a.T @ b) + means[1]
    if not np.abs(mapped).max(initial=0) < np.finfo(np.float32).max:
        raise ModelError("train.init_from: expected weights that new tokens can be mapped to, found too large ones")
    return mapped.astype(np.float32)


def _top(model: _Model, ids: Ids, pooling: Pooling) -> dict[str, NDArray[np.float32]]:
    """Pooling and head, where they would say the same of a text: each row of the head goes where its class went."""
    theirs, ours = model.target.names, ids.target.names
    same = model.target.kind == ids.target.kind != "number" and sorted(theirs) == sorted(ours)
    if not same or not model.plain or ids.tabular_columns.features or model.config.pooling != pooling:
        return {}
    order = [theirs.index(name) for name in ours]
    head, bias = model.weights["head.weight"][order], model.weights["head.bias"][order]
    silenced = bias <= UNSEEN_LOGIT  # no step of training leads back from there
    head[silenced], bias[silenced] = 0.0, 0.0
    pool = {name: weight for name, weight in model.weights.items() if name.startswith("pool.")}
    return {**pool, "head.weight": head, "head.bias": bias}
