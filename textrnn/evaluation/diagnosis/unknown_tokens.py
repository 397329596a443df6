"""The share of tokens that are not in the vocabulary."""

from __future__ import annotations

from typing import Any

import numpy as np

from textrnn.text.ragged import Ragged, share_of_token
from textrnn.text.special_tokens import UNK

MANY_UNKNOWN = 0.2  # of a text


def measure_unknown(rows: Ragged, training: Ragged | None = None) -> dict[str, Any]:
    """Return the share of unknown tokens in `rows` and in `training`, and the share of texts with more than a fifth."""
    return {
        "share": _share(rows),
        "train_share": None if training is None else _share(training),
        "texts": float((share_of_token(rows, UNK) > MANY_UNKNOWN).mean()) if len(rows) else 0.0,
    }


def _share(rows: Ragged) -> float:
    used = rows.flat[: rows.offsets[-1]]
    return float(np.count_nonzero(used == UNK) / max(len(used), 1))
