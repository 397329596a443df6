"""The words that a sentence encoder knows whole: they get an id, whether or not the training texts have them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from textrnn.config.tokenize import TokenizeConfig
from textrnn.encoder.encoder_files import read_encoder_files
from textrnn.encoder.encoder_tokenizer import read_tokenizer
from textrnn.text.encoder_source import resolve_encoder

CONTINUES = "##"  # before what is no beginning of a word, in WordPiece
BEGINS = ("\u0120", "\u2581")  # before what is one, in byte-level BPE and in SentencePiece


def read_known_words(named: str, config: TokenizeConfig) -> tuple[str, ...]:
    """The whole words among the tokens of the encoder `named`, as texts are split by `config`; none for "none".

    A word of letters alone, in the normal form and the case that texts get; a single one where characters are tokens.
    Raises DataError, ModelError.
    """
    source = resolve_encoder(named)
    if source is None:
        return ()
    tokenizer = read_tokenizer(read_encoder_files(source, weights=False), source.name)
    ids = tokenizer.get_vocab(with_added_tokens=False)
    found = dict.fromkeys(_whole_words(sorted(ids, key=ids.__getitem__)))
    return tuple(word for word in found if _is_one_token(word, config))


def _whole_words(tokens: list[str]) -> Iterator[str]:
    """Yield the words that begin and end with a token, in order.

    >>> list(_whole_words(["play", "##ing"])), list(_whole_words(["\u0120play", "ing"]))
    (['play'], ['play'])
    """
    marked = any(token.startswith(BEGINS) for token in tokens)
    for token in tokens:
        if marked and token.startswith(BEGINS):
            yield token[1:]
        elif not marked and not token.startswith(CONTINUES):
            yield token


def _is_one_token(word: str, config: TokenizeConfig) -> bool:
    normal = unicodedata.normalize("NFKC" if config.normalize == "nfkc" else "NFC", word)
    normal = normal.lower() if config.lowercase else normal
    return word.isalpha() and word == normal and (config.unit != "characters" or len(word) == 1)
