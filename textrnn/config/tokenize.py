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
        "words, rjieba (Chinese words), characters, or auto: where no space parts words characters, but rjieba for "
        "20,000 Chinese texts and more, where it is installed",
    ] = "auto"
    lowercase: Annotated[bool, "fold case"] = True
    normalize: Annotated[Normalize, "nfkc folds full-width and other compatibility forms, nfc keeps them"] = "nfkc"
    simplify: Annotated[bool, "traditional Chinese to simplified, by OpenCC"] = False


def modules_that_decide(config: TokenizeConfig) -> list[str]:
    """The optional modules that say how texts are read: those needed, and what auto takes if it is there."""
    return [*chinese_modules(config), *(["rjieba"] if config.unit == "auto" else [])]


def chinese_modules(config: TokenizeConfig) -> list[str]:
    """The optional modules that reading texts by `config` needs, of those in `CHINESE`."""
    return [*(["rjieba"] if config.unit == "rjieba" else []), *(["opencc"] if config.simplify else [])]
