"""Explanations of an empty validation or test split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textrnn.data.examples import SplitName
from textrnn.data.readers.wording import count
from textrnn.data.split import split_rows

LARGER_FRACTIONS = (0.2, 0.3, 0.5)  # fractions to suggest
MAX_RATIO = 3  # ratio of classes to different texts above which texts and labels are probably swapped


def explain_empty_split(
    name: SplitName,
    texts: Sequence[str],
    strata: Sequence[str | int],
    shares: Mapping[SplitName, float],
    seed: int,
) -> str:
    """Explain why `split_rows` left the split `name` empty, and what to do."""
    rows, different = len(texts), len(set(texts))
    texts_of: dict[str | int, set[str]] = {}
    for text, stratum in zip(texts, strata, strict=True):
        texts_of.setdefault(stratum, set()).add(text)
    message = f"expected enough rows to hold out {shares[name]:g} of them for {name}, found {count(rows, 'row')}"
    message += f" of {count(len(texts_of), 'class')}"
    if len(texts_of) == rows:
        what = "are texts and labels swapped, or is it a column of numbers or names?" if rows > 2 else "give more rows"
        return f"{message}: no class has two rows, and one of each stays in training; {what}"
    if max(map(len, texts_of.values())) == 1 or different < len(texts_of):
        what = "are texts and labels swapped?" if different * MAX_RATIO < len(texts_of) else "give more different texts"
        return (
            f"{message}, but {count(different, 'different text')}: equal texts stay in one split, and one of each "
            f"class in training; {what}"
        )
    for share in LARGER_FRACTIONS:
        if share > shares[name] and sum(shares.values()) - shares[name] + share < 1:
            found = split_rows(texts, strata, {**shares, name: share}, seed)
            if len(found[name]) and len(found["train"]):
                what = "rows" if different == rows else "different texts"
                seen = "" if different == rows else f", but {count(different, 'different text')}"
                return f"{message}{seen}; give more {what}, or set data.{name}_fraction = {share:g}"
    return f"{message}, {count(different, 'different text')}; give more different texts of each class"
