"""BERT: token ids -> states, as a plain function of its weights (Devlin et al. 2019).

Sixty lines in place of the library transformers: one architecture is read, weights come as data, and neither the
key of a result nor start-up depends on a library of 2,000 files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from textrnn.encoder.encoder_config import BertShape
from textrnn.errors import ModelError

PREFIXES = ("bert.", "roberta.")  # before the names of weights where a head was saved too
Affine = tuple[Tensor, Tensor]  # weight, bias


@dataclass(frozen=True)
class BertLayer:
    """The weights of one layer: attention, then two linear maps; each is added to what came in, and normalised."""

    query_key_value: Affine
    attended: Affine
    attended_norm: Affine
    inner: Affine
    outer: Affine
    outer_norm: Affine


@dataclass(frozen=True)
class Bert:
    """All weights; `words` (V, H), `positions` (P, H) of the first token on, `segment` (H,)."""

    shape: BertShape
    words: Tensor
    positions: Tensor
    segment: Tensor
    norm: Affine
    layers: tuple[BertLayer, ...]


def bert_of(shape: BertShape, arrays: Mapping[str, NDArray[Any]], name: str) -> Bert:
    """The network of `shape` with the weights `arrays`, as float32. Raises ModelError for others, with `name`."""
    prefix = next((p for p in PREFIXES if any(key.startswith(p) for key in arrays)), "")
    size, wide = shape.hidden_size, shape.intermediate_size

    def take(key: str, *wanted: int) -> Tensor:
        found = arrays.get(prefix + key)
        if found is None or found.shape != wanted or found.dtype.kind != "f":
            came = "none" if found is None else f"{found.dtype} {found.shape}"
            raise ModelError(f"{name}: expected {prefix + key} of floats {wanted}, found {came}; is the file complete?")
        if not np.isfinite(found).all():
            raise ModelError(f"{name}: {prefix + key}: expected finite numbers, found others; copy the encoder anew")
        return torch.from_numpy(found.astype(np.float32))

    def affine(key: str, *wanted: int) -> Affine:
        return take(f"{key}.weight", *wanted), take(f"{key}.bias", wanted[0])

    def layers() -> Iterator[BertLayer]:
        for number in range(shape.num_hidden_layers):
            at = f"encoder.layer.{number}."
            parts = [affine(f"{at}attention.self.{part}", size, size) for part in ("query", "key", "value")]
            yield BertLayer(
                (torch.cat([weight for weight, _ in parts]), torch.cat([bias for _, bias in parts])),
                affine(at + "attention.output.dense", size, size),
                affine(at + "attention.output.LayerNorm", size),
                affine(at + "intermediate.dense", wide, size),
                affine(at + "output.dense", size, wide),
                affine(at + "output.LayerNorm", size),
            )

    return Bert(
        shape,
        take("embeddings.word_embeddings.weight", shape.vocab_size, size),
        take("embeddings.position_embeddings.weight", shape.max_position_embeddings, size)[shape.first_position :],
        take("embeddings.token_type_embeddings.weight", shape.type_vocab_size, size)[0],
        affine("embeddings.LayerNorm", size),
        tuple(layers()),
    )


def read_states(bert: Bert, ids: Tensor, mask: Tensor) -> Tensor:
    """The states (B, T, H) of token ids (B, T); `mask` (B, T) is True where a token is real, in front."""
    x = _normalize(bert, bert.words[ids] + bert.positions[: ids.shape[1]] + bert.segment, bert.norm)
    seen = None if bool(mask.all()) else mask[:, None, None, :]
    for layer in bert.layers:
        x = _normalize(bert, x + _attend(bert, layer, x, seen), layer.attended_norm)
        inner = functional.gelu(functional.linear(x, *layer.inner))
        x = _normalize(bert, x + functional.linear(inner, *layer.outer), layer.outer_norm)
    return x


def _attend(bert: Bert, layer: BertLayer, x: Tensor, seen: Tensor | None) -> Tensor:
    texts, steps, size = x.shape
    heads = bert.shape.num_attention_heads
    mixed = functional.linear(x, *layer.query_key_value).view(texts, steps, 3, heads, size // heads)
    query, key, value = mixed.permute(2, 0, 3, 1, 4)
    found = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
    return functional.linear(found.transpose(1, 2).reshape(texts, steps, size), *layer.attended)


def _normalize(bert: Bert, x: Tensor, norm: Affine) -> Tensor:
    return functional.layer_norm(x, (x.shape[2],), *norm, eps=bert.shape.layer_norm_eps)
