"""`[audit]`: how labelled rows are audited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from textrnn.config.bounds import Gt, Le


@dataclass(frozen=True)
class AuditConfig:
    """When two texts are near-duplicates."""

    similarity: Annotated[
        float,
        Gt(0),
        Le(1),
        "share of words and pairs of words that two texts have in common (Jaccard index) from which they are "
        "near-duplicates",
    ] = 0.8
