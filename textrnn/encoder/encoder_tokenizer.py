"""The tokenizer of a sentence encoder: a foreign `tokenizer.json`, its failures caught."""

from __future__ import annotations

from collections.abc import Mapping

from tokenizers import Tokenizer

from textrnn.errors import ModelError, TextrnnError
from textrnn.text.encoder_source import TOKENIZER
from textrnn.text.library_errors import translate_library_errors


def read_tokenizer(files: Mapping[str, bytes], name: str) -> Tokenizer:
    """The tokenizer in the `files` of the encoder called `name`; it does not pad. Raises ModelError."""
    try:
        with translate_library_errors(f"{name}: {TOKENIZER}"):
            tokenizer = Tokenizer.from_str(str(files[TOKENIZER], "utf-8"))
            tokenizer.no_padding()
    except (TextrnnError, UnicodeError) as error:
        raise ModelError(f"{name}: {TOKENIZER}: expected a tokenizer of the library tokenizers, but {error}") from None
    return tokenizer
