"""`Vocabulary`: tokens with ids, with their training frequencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import Model

from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.vocabulary import VocabularyKind
from textrnn.errors import ModelError
from textrnn.storage.files import read_json, write_json, write_text
from textrnn.text.ragged import Ragged
from textrnn.text.special_tokens import PAD, UNK
from textrnn.text.text_encoder import TextEncoder
from textrnn.text.tokenizer import build_model, build_tokenizer, encode_texts
from textrnn.text.tokenizer_schema import TokenizerParts, read_parts

FORMAT = 1


@dataclass(frozen=True)
class Vocabulary:
    """Token <-> id, and for BPE and unigram the subword model.

    `tokens[i]` has id i; id 0 is PAD and id 1 is UNK. `counts[i]` says how many training tokens have
    id i: none for PAD, all that have no id of their own for UNK. `tokenizer` says how texts are split
    into words, `libraries` has the versions of what Chinese was read with. `merges` belong to BPE, in order;
    `log_probabilities[i]`, of token i, to unigram.
    """

    kind: VocabularyKind
    tokens: tuple[str, ...]
    counts: tuple[int, ...]
    tokenizer: TokenizeConfig
    merges: tuple[tuple[str, str], ...] = ()
    log_probabilities: tuple[float, ...] = ()
    libraries: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.tokens)

    def save(self, folder: Path) -> None:
        """Write `tokenizer.json` (a whole Hugging Face tokenizer: ids of any text) and `vocabulary.json` (counts).

        Equal vocabularies give equal bytes.
        """
        write_text(folder / "tokenizer.json", tokenizer_of(self).to_str(pretty=True))
        write_json(
            folder / "vocabulary.json",
            {
                "format": FORMAT,
                "kind": self.kind,
                "size": len(self),
                "tokenizer": asdict(self.tokenizer),
                "libraries": dict(self.libraries),
                "counts": list(self.counts),
            },
        )

    @staticmethod
    def load(folder: Path) -> Vocabulary:
        """The vocabulary that `save` wrote into `folder`. Raises OSError, ValueError, ModelError."""
        about = read_json(folder / "vocabulary.json")
        parts = read_parts(folder / "tokenizer.json")
        if len(about["counts"]) != len(parts.tokens):
            raise ModelError(
                f"{folder / 'vocabulary.json'}: expected {len(parts.tokens)} counts, one a token of tokenizer.json, "
                f"found {len(about['counts'])}; build the vocabulary again"
            )
        return Vocabulary(
            parts.kind,
            parts.tokens,
            tuple(about["counts"]),
            TokenizeConfig(**about["tokenizer"]),
            parts.merges,
            parts.log_probabilities,
            about["libraries"],
        )


def encoder_of(vocabulary: Vocabulary) -> TextEncoder:
    """What encodes texts by `vocabulary`, as a saved model does: the same ids as `tokenizer_of`."""
    merges, scores = vocabulary.merges, vocabulary.log_probabilities
    return TextEncoder(TokenizerParts(vocabulary.kind, vocabulary.tokens, vocabulary.tokenizer, merges, scores))


def tokenizer_of(vocabulary: Vocabulary) -> Tokenizer:
    """The whole tokenizer: raw text -> ids, equal to the pipeline's."""
    return build_tokenizer(vocabulary.tokenizer, _model_of(vocabulary))


def lookup(vocabulary: Vocabulary, words: Sequence[str]) -> Ragged:
    """The ids of each word: N rows, of one id each for whole words, of one or more for subwords.

    The words stand as a tokenizer left them, so they are neither normalised nor split again.
    Raises TextrnnError where the library fails.
    """
    if vocabulary.kind != "word":
        return encode_texts(Tokenizer(_model_of(vocabulary)), words)
    ids = {token: number for number, token in enumerate(vocabulary.tokens) if number not in (PAD, UNK)}
    flat = np.fromiter((ids.get(word, UNK) for word in words), dtype=np.int32, count=len(words))
    return Ragged(flat, np.arange(len(words) + 1, dtype=np.int64))


def _model_of(vocabulary: Vocabulary) -> Model:
    return build_model(
        vocabulary.kind, vocabulary.tokens, merges=vocabulary.merges, log_probabilities=vocabulary.log_probabilities
    )
