"""The words that a model to start from knows; without torch."""

from __future__ import annotations

from textrnn.errors import ModelError
from textrnn.model.files import TOKENIZER, read_folder
from textrnn.storage.bounded_reading import as_one_line
from textrnn.text import tokenizer_schema as schema
from textrnn.text.warm_start_source import find_model


def read_warm_start_tokens(source: str) -> tuple[str, ...]:
    """The tokens, by id, of the model folder `source` that a run starts from, where they are words; none for "none".

    Raises ModelError.
    """
    if source == "none":
        return ()
    folder = find_model(source)
    try:
        parts = schema.read_parts(read_folder(folder)[TOKENIZER])
    except (ModelError, OSError) as error:
        raise ModelError(f"train.init_from: {as_one_line(str(error))}") from None
    return parts.tokens if parts.kind == "word" else ()
