"""The ways: ours by their settings, the others beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.processes import OURS


@dataclass(frozen=True)
class Way:
    """One way of learning: its name, what it is, the program that runs it, the environment of that, its settings.

    A way that is `warm` starts from a model of related texts: it is left out where a set has none.
    """

    name: str
    what: str
    program: str
    environment: str
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def ours(self) -> bool:
        """Whether it is textrnn."""
        return self.program == "textrnn_"

    @property
    def warm(self) -> bool:
        """Whether it starts from a model of related texts."""
        return bool(self.settings.get("warm"))


# the recipe of docs/guides/few-labels.md; the encoder is the one that `minilm` puts into the work folder
BORROWED: Mapping[str, Any] = {
    "encoder": "all-MiniLM-L6-v2",
    "embeddings.encoder_size": 256,
    "embeddings.size": 0,
    "model.embedding_size": 256,
}
# a further way of ours is one more line
WAYS = (
    Way("default", "textrnn, default", "textrnn_", OURS),
    Way("warm", "textrnn, warm start", "textrnn_", OURS, {"warm": True}),
    Way("borrowed", "textrnn, word vectors of all-MiniLM-L6-v2", "textrnn_", OURS, BORROWED),
    Way("tfidf", "TF-IDF, logistic regression", "linear_", OURS, {"kind": "tfidf"}),
    Way("nb-lr", "NB-LR", "linear_", OURS, {"kind": "nb_lr"}),
    Way("svm", "TF-IDF, linear SVM", "linear_", OURS, {"kind": "svm"}),
    Way("svm-characters", "TF-IDF, characters too, linear SVM", "linear_", OURS, {"kind": "svm_characters"}),
    Way("fasttext", "fastText", "fasttext_", "fasttext"),
    Way("minilm", "all-MiniLM-L6-v2, logistic regression", "minilm_", "minilm"),
)
NAMES = tuple(way.name for way in WAYS)
LINEAR = ("tfidf", "nb-lr", "svm", "svm-characters")  # what `default` must not be behind
