"""The tokenize settings of a saved model, checked against its tokenizer, then the installed packages."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace

from textrnn.config.tokenize import TokenizeConfig, Unit
from textrnn.errors import ConfigError, ModelError
from textrnn.text.chinese import chinese_versions, require_chinese


def resolve_saved_tokenize(
    text: TokenizeConfig | None, tokenizer: TokenizeConfig, libraries: Mapping[str, str]
) -> TokenizeConfig:
    """The settings `text` of a model, which those of its `tokenizer` are a part of; without any, these.

    Warns where what reads Chinese here is not of the version in `libraries`, that of training. Raises ModelError where
    the two disagree, or a package is absent.
    """
    text = text or tokenizer
    unit: Unit = "characters" if text.unit == "characters" else "words"
    if text.unit == "auto" or replace(text, unit=unit, simplify=False) != tokenizer:
        raise ModelError(f"expected the text settings of its tokenizer ({tokenizer}), found {text}; train it again")
    try:
        require_chinese(text)
    except ConfigError as error:
        raise ModelError(str(error)) from None
    for name, here in chinese_versions(text).items():
        if (then := libraries.get(name, "another version")) != here:
            message = (
                f"the model was trained with {name} {then[:40]!r}, here is {here}: "
                "some texts may be tokenized differently"
            )
            warnings.warn(message, stacklevel=2)
    return text
