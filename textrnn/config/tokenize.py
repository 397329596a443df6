"""`[tokenize]`: how a text becomes words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

Unit = Literal["auto", "words", "characters", "rjieba"]
Normalize = Literal["nfkc", "nfc"]

# module -> the distribution that brings it: what the extra `zh` installs
CHINESE = {"rjieba": "rjieba", "opencc": "OpenCC"}


@dataclass(frozen=True)
class TokenizeConfig:
    """Unicode normalisation, then words (white space and punctuation), words of Chinese, or characters."""

    unit: Annotated[
        Unit,
        "words, rjieba (Chinese words), characters, or auto: characters where no space parts words",
    ] = "auto"
    lowercase: Annotated[bool, "fold case"] = True
    normalize: Annotated[Normalize, "nfkc folds full-width and other compatibility forms, nfc keeps them"] = "nfkc"
    simplify: Annotated[bool, "traditional Chinese to simplified, by OpenCC"] = False


def chinese_modules(config: TokenizeConfig) -> list[str]:
    """The optional modules that reading texts by `config` needs, of those in `CHINESE`."""
    return [*(["rjieba"] if config.unit == "rjieba" else []), *(["opencc"] if config.simplify else [])]
