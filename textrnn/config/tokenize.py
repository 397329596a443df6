"""`[tokenize]`: how texts are split into words."""

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
        "words, rjieba (Chinese words), characters, or auto: words; in scripts without spaces characters, or rjieba "
        "(if installed) for at least 20,000 Chinese texts",
    ] = "auto"
    lowercase: Annotated[bool, "convert to lower case"] = True
    normalize: Annotated[
        Normalize, "Unicode normalisation: nfkc folds full-width and other compatibility forms, nfc keeps them"
    ] = "nfkc"
    simplify: Annotated[bool, "convert traditional Chinese to simplified, by OpenCC"] = False


def optional_modules(config: TokenizeConfig) -> list[str]:
    """Return the optional modules that affect tokenization: those required, and those that auto may use."""
    return [*chinese_modules(config), *(["rjieba"] if config.unit == "auto" else [])]


def chinese_modules(config: TokenizeConfig) -> list[str]:
    """Return the optional modules of `CHINESE` that `config` requires."""
    return [*(["rjieba"] if config.unit == "rjieba" else []), *(["opencc"] if config.simplify else [])]
