"""Words of made-up texts, for the linear models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from textrnn.config.tokenize import TokenizeConfig
from textrnn.data.target import Target
from textrnn.text.ragged import ragged
from textrnn.text.words import Words


def make_words(classes: int = 3, seed: int = 0, unit: str = "words") -> Words:
    """Texts of 12 words; a third of the words come from the six words of the class."""
    random = np.random.default_rng(seed)
    splits, labels = {}, {}
    for name, size in (("train", 240), ("validation", 80), ("test", 80)):
        labels[name] = random.integers(0, classes, size)
        topic = labels[name][:, None] * 6 + random.integers(0, 6, (size, 12))
        noise = random.integers(6 * classes, 6 * classes + 60, (size, 12))
        splits[name] = ragged(np.where(random.random((size, 12)) < 0.3, topic, noise))
    table = [f"c{i // 6}w{i % 6}" if i < 6 * classes else f"n{i}" for i in range(6 * classes + 60)]
    target = Target("single", tuple(f"class {i}" for i in range(classes)))
    return Words(table, splits, labels, target, TokenizeConfig(unit=unit))


def without(words: Words, *names: str) -> Words:
    keep = [name for name in words.splits if name not in names]
    return replace(words, splits={n: words.splits[n] for n in keep}, labels={n: words.labels[n] for n in keep})
