"""The special tokens that every vocabulary begins with: PAD, UNK."""

from __future__ import annotations

PAD, UNK = 0, 1
PAD_TOKEN, UNK_TOKEN = SPECIAL_TOKENS = "[PAD]", "[UNK]"
FIRST = len(SPECIAL_TOKENS)  # the id of the first token that a text can hold
