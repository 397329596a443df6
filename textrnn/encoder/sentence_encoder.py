"""Texts -> vectors, by a sentence encoder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from textrnn.data.readers.source import Source
from textrnn.encoder.bert import Bert, bert_of, read_states
from textrnn.encoder.encoder_config import EncoderConfig, read_encoder_config
from textrnn.encoder.encoder_files import read_encoder_files
from textrnn.encoder.encoder_tokenizer import read_tokenizer
from textrnn.errors import DataError, ModelError
from textrnn.machine.workers import in_order
from textrnn.nn.workers import start_workers
from textrnn.storage.tensors import read_arrays
from textrnn.text.encoder_source import TOKENIZER, WEIGHTS
from textrnn.text.library_errors import translate_library_errors
from textrnn.text.tokenizer import batches

BATCH_TOKENS = 4096
TINY = 1e-12  # the norm of a vector of zeros, as sentence-transformers has it


@dataclass(frozen=True)
class SentenceEncoder:
    """A network with its tokenizer and what its files say of it; `name` as the user wrote it."""

    name: str
    config: EncoderConfig
    bert: Bert
    tokenizer: Tokenizer

    @property
    def size(self) -> int:
        """How many numbers the vector of a text has."""
        return self.config.shape.hidden_size


def read_encoder(source: Source) -> SentenceEncoder:
    """The encoder in the files of `source`, read as data. Raises ModelError for files that are no such encoder."""
    files, name = read_encoder_files(source), source.name
    config = read_encoder_config(files, name)
    bert = bert_of(config.shape, read_arrays(files[WEIGHTS], f"{name}: {WEIGHTS}"), f"{name}: {WEIGHTS}")
    tokenizer = read_tokenizer(files, name)
    tokenizer.enable_truncation(config.max_tokens)
    largest = max(tokenizer.get_vocab(with_added_tokens=True).values(), default=-1)
    if largest >= config.shape.vocab_size:
        raise ModelError(
            f"{name}: {TOKENIZER}: expected token ids below {config.shape.vocab_size}, as the weights have rows, "
            f"found {largest}"
        )
    return SentenceEncoder(name, config, bert, tokenizer)


def encode(
    encoder: SentenceEncoder,
    texts: Sequence[str],
    *,
    on_count: Callable[[int, int], None] = lambda done, total: None,
) -> NDArray[np.float32]:
    """The vectors (N, H) float32 of N `texts`, in their order; each is cut where the encoder reads no further.

    Texts of like length are read together, each batch on one thread: the same texts give the same bits on any number of
    threads. `on_count` hears how many of all are done. Raises DataError for what is no text.
    """
    ids = _tokenize(encoder, texts)
    order = np.argsort([len(row) for row in ids], kind="stable")[::-1]
    vectors = np.zeros((len(ids), encoder.size), np.float32)
    done = 0
    with start_workers(torch.get_num_threads()) as workers:
        planned = list(_plan(ids, order))
        found = in_order(workers, partial(_read_batch, encoder, ids), planned)
        for rows, read in zip(planned, found, strict=True):
            vectors[rows] = read
            done += len(rows)
            on_count(done, len(ids))
    return vectors


def _tokenize(encoder: SentenceEncoder, texts: Sequence[str]) -> list[list[int]]:
    rows: list[list[int]] = []
    for batch in batches(texts):
        given = [text.lower() for text in batch] if encoder.config.lowercase else batch
        with translate_library_errors(f"{encoder.name}: {TOKENIZER}"):
            rows += [encoding.ids for encoding in encoder.tokenizer.encode_batch_fast(given)]
    if (empty := next((place for place, row in enumerate(rows) if not row), None)) is not None:
        raise DataError(
            f"{encoder.name}: text {empty + 1}: expected tokens, found none; its tokenizer adds no marks at the ends"
        )
    return rows


def _plan(ids: Sequence[Sequence[int]], order: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """Row numbers in batches of at most `BATCH_TOKENS`, padding counted; the longest come first."""
    start = 0
    while start < len(order):
        texts = max(BATCH_TOKENS // len(ids[order[start]]), 1)
        yield order[start : start + texts]
        start += texts


def _read_batch(encoder: SentenceEncoder, ids: Sequence[Sequence[int]], rows: NDArray[np.intp]) -> NDArray[np.float32]:
    lengths = torch.tensor([len(ids[row]) for row in rows])
    padded = torch.zeros((len(rows), int(lengths.max())), dtype=torch.long)
    for place, row in enumerate(rows):
        padded[place, : len(ids[row])] = torch.tensor(ids[row])
    mask = torch.arange(padded.shape[1]) < lengths[:, None]
    with torch.inference_mode():
        states = read_states(encoder.bert, padded, mask)
        if encoder.config.pooling == "cls":
            pooled = states[:, 0]
        else:
            pooled = (states * mask[:, :, None]).sum(dim=1) / lengths[:, None]
        if encoder.config.normalize:
            pooled = pooled / pooled.norm(dim=1, keepdim=True).clamp(min=TINY)
        found: NDArray[np.float32] = pooled.numpy()
    return found
