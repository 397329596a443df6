"""Subword models (BPE, unigram), trained on unique words with their counts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tokenizers import Tokenizer
from tokenizers.models import BPE, Model, Unigram
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.trainers import BpeTrainer, Trainer, UnigramTrainer

from textrnn.text.library_errors import translate_library_errors
from textrnn.text.special_tokens import FIRST_TOKEN_ID, SPECIAL_TOKENS, UNK_TOKEN
from textrnn.text.tokenizer_frame import CONTINUATION_PREFIX, MAX_PIECE

MAX_WORD_LENGTH = 100  # characters; a longer one (an address, a ruler of letters) teaches no subword
MAX_TRAINING_TOKENS = 10_000_000
SCORE_DIGITS = 4  # far coarser than the noise of the trainer's sums, far finer than what changes a cut
_CHUNK = 10_000  # characters of one text fed to the trainer

Tokens = tuple[str, ...]


def train_bpe(counts: Mapping[str, int], max_size: int, min_count: int) -> tuple[Tokens, tuple[tuple[str, str], ...]]:
    """Train BPE on characters; returns tokens by id (PAD and UNK first) and merges in order.

    `counts` are of unique words. A character that stands fewer than `min_count` times is not kept, a
    pair not merged. Source: Sennrich, Haddow and Birch (2016), arXiv:1508.07909.
    Raises TextrnnError where the library fails.
    """
    kept, characters = _keep_frequent(counts, max_size, min_count)
    # The trainer would number "##x" in the random order of its hash map, and breaks ties by number:
    # naming the whole alphabet beforehand makes its merges the same in every process.
    continuing = {CONTINUATION_PREFIX + character for word in kept for character in word[1:]}
    alphabet = [*sorted(characters), *sorted(continuing)]
    scale = _scale(kept)
    trainer = BpeTrainer(
        vocab_size=max_size,
        min_frequency=max(1, round(min_count * scale)),
        show_progress=False,
        special_tokens=[*SPECIAL_TOKENS, *alphabet],
        continuing_subword_prefix=CONTINUATION_PREFIX,
    )
    model = _train(BPE(unk_token=UNK_TOKEN, continuing_subword_prefix=CONTINUATION_PREFIX), trainer, kept, scale)
    ids: dict[str, int] = model["vocab"]
    tokens = sorted(ids, key=ids.__getitem__)[:max_size]  # at the least size, "a" and "##a" are one too many
    return tuple(tokens), tuple((first, second) for first, second in model["merges"])


def train_unigram(counts: Mapping[str, int], max_size: int, min_count: int) -> tuple[Tokens, tuple[float, ...]]:
    """Train a unigram model; returns tokens by id (PAD and UNK first, then by probability) and log probabilities.

    `counts` are of unique words. A character that stands fewer than `min_count` times is not kept.
    Source: Kudo (2018), arXiv:1804.10959. Raises TextrnnError where the library fails.
    """
    kept, _ = _keep_frequent(counts, max_size, min_count)
    if not kept:
        return SPECIAL_TOKENS, (0.0, 0.0)
    trainer = UnigramTrainer(
        vocab_size=max_size,
        show_progress=False,
        special_tokens=list(SPECIAL_TOKENS),
        unk_token=UNK_TOKEN,
        max_piece_length=MAX_PIECE,
    )
    model = _train(Unigram(), trainer, kept, _scale(kept))
    pieces = _settle([(piece, score) for piece, score in model["vocab"] if piece not in SPECIAL_TOKENS])
    pieces.sort(key=lambda entry: (-entry[1], entry[0]))
    del pieces[max_size - FIRST_TOKEN_ID :]
    return (*SPECIAL_TOKENS, *(piece for piece, _ in pieces)), (0.0, 0.0, *(score for _, score in pieces))


def _settle(pieces: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """`pieces` with the scores that every run of the trainer would give.

    It sums in the random order of its hash map, so scores differ in their last digits; and it puts
    back each character that training dropped with the lowest score + 0.0001 i, i in random order.
    """
    lowest = min(score for _, score in pieces)
    put_back = lowest + 0.0001 * sum(len(piece) == 1 for piece, _ in pieces)
    return [
        (piece, round(lowest if len(piece) == 1 and score <= put_back else score, SCORE_DIGITS))
        for piece, score in pieces
    ]


def _keep_frequent(counts: Mapping[str, int], max_size: int, min_count: int) -> tuple[dict[str, int], set[str]]:
    """The words with their rare characters cut out, and the frequent ones: at most half of the vocabulary."""
    counts = {word: count for word, count in counts.items() if len(word) <= MAX_WORD_LENGTH}
    found: Counter[str] = Counter()
    for word, count in counts.items():
        for character in word:
            found[character] += count
    ranked = sorted((character for character in found if found[character] >= min_count), key=lambda c: (-found[c], c))
    characters = set(ranked[: max(1, (max_size - FIRST_TOKEN_ID) // 2)])
    parts: Counter[str] = Counter()
    for word, count in counts.items():
        if not characters.issuperset(word):
            word = "".join(c if c in characters else " " for c in word)
        for part in word.split(" "):
            parts[part] += count
    parts.pop("", None)
    return dict(parts), characters


def _scale(counts: Mapping[str, int]) -> float:
    """What counts are multiplied by, so that a huge corpus costs no more than MAX_TRAINING_TOKENS."""
    return min(1.0, MAX_TRAINING_TOKENS / max(1, sum(counts.values())))


def _train(model: Model, trainer: Trainer, counts: Mapping[str, int], scale: float) -> dict[str, Any]:
    """The trained model as JSON."""
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = WhitespaceSplit()  # words hold no white space: they were split at it
    with translate_library_errors("the words of the training split"):
        tokenizer.train_from_iterator(_repeat_words(counts, scale), trainer)
    trained: dict[str, Any] = json.loads(tokenizer.to_str())["model"]
    return trained


def _repeat_words(counts: Mapping[str, int], scale: float) -> Iterator[str]:
    """Texts in which each word stands as often as it was counted: the trainers take no counts."""
    chunk: list[str] = []
    size = 0
    for word in sorted(counts):
        left = max(1, round(counts[word] * scale))
        spaced = word + " "
        while left:
            times = min(left, 1 + _CHUNK // len(spaced))
            chunk.append(spaced * times)
            size += len(spaced) * times
            left -= times
            if size >= _CHUNK:
                yield "".join(chunk)
                chunk, size = [], 0
    yield "".join(chunk)
