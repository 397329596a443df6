"""The fixed parts of a `tokenizer.json` of ours: all but its tokens."""

from __future__ import annotations

from typing import Any

from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.vocabulary import VocabularyKind
from textrnn.text.special_tokens import UNK, UNK_TOKEN

CONTINUATION_PREFIX = "##"  # before a BPE token that does not begin a word
MAX_PIECE = 16  # characters of a unigram token, as in SentencePiece
# The repeat is bounded: an open one would be retried from every white space of a long run.
HTML_BREAK = r"<[bB][rR]\s{0,9}/?>"
MODEL_TYPES: dict[VocabularyKind, str] = {"word": "WordLevel", "bpe": "BPE", "unigram": "Unigram"}
_MODELS: dict[VocabularyKind, dict[str, Any]] = {
    "word": {"unk_token": UNK_TOKEN},
    "bpe": {
        "dropout": None,
        "unk_token": UNK_TOKEN,
        "continuing_subword_prefix": CONTINUATION_PREFIX,
        "end_of_word_suffix": None,
        "fuse_unk": True,
        "byte_fallback": False,
        "ignore_merges": False,
    },
    "unigram": {"unk_id": UNK, "byte_fallback": False},
}


def frame_of(config: TokenizeConfig, kind: VocabularyKind) -> dict[str, Any]:
    """Returns the tree of a `tokenizer.json` without tokens and merges, as the library writes it.

    `textrnn.text.tokenizer.build_tokenizer` says what it means.
    """
    steps: list[dict[str, Any]] = [{"type": config.normalize.upper()}]
    if config.lowercase:
        steps.append({"type": "Lowercase"})
    for pattern in ({"String": "\0"}, {"Regex": HTML_BREAK}):
        steps.append({"type": "Replace", "pattern": pattern, "content": " "})
    split: dict[str, Any] = {"type": "Punctuation", "behavior": "Isolated"}
    if config.unit == "characters":
        split = {"type": "FixedLength", "length": 1}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Sequence", "normalizers": steps},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, split]},
        "post_processor": None,
        "decoder": None,
        "model": {"type": MODEL_TYPES[kind], **_MODELS[kind]},
    }
