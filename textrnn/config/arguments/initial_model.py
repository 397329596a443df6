"""The model that a run starts from, alone of its section."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from textrnn.config.field_types import NotInKeyUnless


@dataclass(frozen=True)
class InitialModel:
    """Of [train]: the model folder that a run starts from, or none."""

    init_from: Annotated[str, NotInKeyUnless(("none",))]
