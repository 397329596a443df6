"""A sound model folder to damage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from tiny import MODEL, TRAIN, made_ids

from textrnn.bundle import ModelFolder, folder_of
from textrnn.config.vocabulary import VocabularyKind
from textrnn.decision.decision import Decision
from textrnn.nn.artifact import Classifier
from textrnn.nn.classifier import build_model
from textrnn.text.ngrams import count_ngrams
from textrnn.text.vocabulary import Vocabulary
from textrnn.wide.branch import WideBranch


def made_model(kind: VocabularyKind = "word") -> ModelFolder:
    """A sound model that was never trained: any weights will do."""
    words, ids = made_ids()
    vocabulary: Vocabulary = words
    if kind != "word":
        letters = sorted({character for token in words.tokens[2:] for character in token})
        tokens = ["[PAD]", "[UNK]", *letters, *(f"##{letter}" for letter in letters), "ne"]
        merges = (("n", "##e"),) if kind == "bpe" else ()
        scores = (0.0, 0.0, *(-1.0 - i for i in range(len(tokens) - 2))) if kind == "unigram" else ()
        counts = (0,) * len(tokens)
        vocabulary = replace(words, kind=kind, tokens=tuple(tokens), counts=counts, merges=merges, scores=scores)
    weights = dict(build_model(MODEL, len(vocabulary), 2, seed=0).state_dict())
    classifier = Classifier(weights, MODEL, TRAIN, ids.target, len(vocabulary), [], 1)
    ngrams, _ = count_ngrams(ids.splits["train"], longest=3, min_documents=5, max_features=200)
    chance = np.random.default_rng(0)
    columns = chance.normal(size=(ngrams.features, 2)).astype(np.float32)
    wide = WideBranch(ngrams, columns, np.zeros(2, np.float32))
    return folder_of(vocabulary, classifier, wide, Decision(0.5, 0.5), metrics={"a": 1}, provenance={}, card="a card")
