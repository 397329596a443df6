"""placeholder"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["words", "characters"]


@dataclass(frozen=True)
class TokenizerConfig:
    """How texts are split: into `words` (white space and punctuation) or `characters`."""

    unit: Unit = "words"
    lowercase: bool = True
