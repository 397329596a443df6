"""The model that a run starts from, alone of its section."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from textrnn.config.fields import KeyedWords


@dataclass(frozen=True)
class InitialModel:
    """Of [language]: the model folder that a run starts from, or none."""

    start: Annotated[str, KeyedWords(("none",))]
