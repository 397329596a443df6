"""Ids that every vocabulary has: the special tokens PAD, UNK first, at most ten million in all."""

from __future__ import annotations

PAD, UNK = 0, 1
PAD_TOKEN, UNK_TOKEN = SPECIAL_TOKENS = "[PAD]", "[UNK]"
FIRST_TOKEN_ID = len(SPECIAL_TOKENS)  # the id of the first token that a text can hold
MAX_TOKENS = 10_000_000  # of a vocabulary
