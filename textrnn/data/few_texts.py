"""When a training split is small."""

from __future__ import annotations

from typing import Literal

FEW_TEXTS = 5_000  # below this a second training costs a minute, and words that stand once tell more than they blur


def has_few(texts: int) -> bool:
    """Whether a training split of so many `texts` is small.

    >>> has_few(1_000), has_few(20_000)
    (True, False)
    """
    return texts < FEW_TEXTS


def least_count(setting: int | Literal["auto"], texts: int) -> int:
    """The number of texts in which an n-gram is kept: `setting`, or, for auto, 1 in a small split, else 2.

    >>> least_count("auto", 1_000), least_count("auto", 20_000), least_count(3, 1_000)
    (1, 2, 3)
    """
    if setting != "auto":
        return setting
    return 1 if has_few(texts) else 2
