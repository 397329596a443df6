"""`[tokenize]`: how a text becomes words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

Unit = Literal["words", "characters"]


@dataclass(frozen=True)
class TokenizeConfig:
    """NFKC always; then words (white space and punctuation) or characters."""

    unit: Annotated[Unit, "words, or characters (Chinese)"] = "words"
    lowercase: Annotated[bool, "fold case"] = True
