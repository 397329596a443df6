"""The vocabulary from the words of the training split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from textrnn.config.vocabulary import VocabularyConfig
from textrnn.data.few_texts import has_few
from textrnn.errors import ConfigError, DataError
from textrnn.text.special_tokens import FIRST_TOKEN_ID, SPECIAL_TOKENS
from textrnn.text.subword import train_bpe, train_unigram
from textrnn.text.vocabulary import Vocabulary, lookup
from textrnn.text.words import Words


def build_vocabulary(words: Words, config: VocabularyConfig, more: Sequence[str] = ()) -> Vocabulary:
    """Build the vocabulary of the training split; words of other splits alone are UNK.

    The most frequent tokens come first, ties in code point order (BPE: the alphabet, then the merges
    in order; unigram: the most probable first). Behind them, where tokens are words, come `more`, beyond `max_size`:
    words of a model to start from, of an encoder; what they mean is known. Raises DataError where no token is left,
    ConfigError for subwords of characters.
    """
    if config.kind != "word" and words.tokenizer.unit == "characters":
        raise ConfigError(
            f"vocabulary.kind: expected 'word' with tokenize.unit = 'characters', found {config.kind!r}; "
            "subwords are parts of words: set tokenize.unit = 'words', or vocabulary.kind = 'word'"
        )
    if "train" not in words.splits:
        raise DataError(
            f"expected a training split to build the vocabulary from, found {', '.join(words.splits) or 'no split'}"
        )
    counts = words.counts("train")
    known = np.flatnonzero(counts).tolist()  # in the order of the table: by count in all splits
    counted = {words.table[number]: int(counts[number]) for number in known}
    least = 2 if config.min_count == "auto" else config.min_count
    with_rare = config.min_count == "auto" and has_few(len(words.splits["train"]))
    vocabulary = replace(_choose(counted, words, config, least, with_rare=with_rare), libraries=words.libraries)
    if len(vocabulary) <= FIRST_TOKEN_ID:
        raise DataError(
            f"training split: expected a word that occurs at least {least} times, found none "
            f"among {len(counted)} different words; lower vocabulary.min_count or add more texts"
        )
    if config.kind == "word":
        known_too = dict.fromkeys([*vocabulary.tokens, *more])
        vocabulary = replace(vocabulary, tokens=tuple(known_too))
    return _with_counts(vocabulary, counted)


def _choose(
    counted: dict[str, int], words: Words, config: VocabularyConfig, least: int, *, with_rare: bool
) -> Vocabulary:
    """Return the vocabulary, without counts, of the words that occur `least` times; `with_rare` also of those that
    occur once and hold no digit: a number of its own in each text would be learned by heart.
    """
    tokenizer = words.tokenizer
    if config.kind == "bpe":
        tokens, merges = train_bpe(counted, config.max_size, least)
        return Vocabulary("bpe", tokens, (), tokenizer, merges=merges)
    if config.kind == "unigram":
        tokens, log_probabilities = train_unigram(counted, config.max_size, least)
        return Vocabulary("unigram", tokens, (), tokenizer, log_probabilities=log_probabilities)
    kept = [
        word
        for word, count in counted.items()
        if count >= least or (with_rare and not any(character.isdigit() for character in word))
    ]
    kept.sort(key=lambda word: (-counted[word], word))
    return Vocabulary("word", (*SPECIAL_TOKENS, *kept[: config.max_size - FIRST_TOKEN_ID]), (), tokenizer)


def _with_counts(vocabulary: Vocabulary, counted: dict[str, int]) -> Vocabulary:
    """Add the training frequency of each id to `vocabulary`."""
    rows = lookup(vocabulary, list(counted))
    times: NDArray[np.int64] = np.fromiter(counted.values(), dtype=np.int64, count=len(counted))
    # float64 sums are exact below 2^53
    counts = np.bincount(rows.flat, weights=np.repeat(times, rows.lengths), minlength=len(vocabulary))
    return replace(vocabulary, counts=tuple(counts.astype(np.int64).tolist()))
