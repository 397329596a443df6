"""Sound model folders to damage: of every kind of vocabulary, of target, and one over numbers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from tiny import MODEL, TRAIN, made_ids, random_rows

from textrnn import SequenceRegressor
from textrnn.bundling.bundle import folder_of
from textrnn.config.data import TargetKind
from textrnn.config.model import Encoder
from textrnn.config.vocabulary import VocabularyKind
from textrnn.data.target import KINDS, Target
from textrnn.decision.decision import RULES, Decision
from textrnn.export.small_candidates import LabelledRows
from textrnn.export.small_folder import export_small
from textrnn.inference.classifier import Classifier
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.model.folder import ModelFolder
from textrnn.nn.classifier import build_model
from textrnn.nn.from_network import to_arrays
from textrnn.text.count_ngrams import count_ngrams
from textrnn.text.vocabulary import Vocabulary

ENCODERS: dict[TargetKind, Encoder] = {"multi": "convolution", "number": "bag", "ordinal": "elman", "path": "mingru"}
CLASSES = {"multi": ("a", "b", "c"), "ordinal": ("1", "2", "3"), "path": ("a > b", "a > c", "d > e"), "number": ()}


def made_model(kind: VocabularyKind = "word", target_kind: TargetKind = "single") -> ModelFolder:
    """A sound model that was never trained: any weights will do. Each kind of target has an encoder of its own."""
    words, ids = made_ids()
    vocabulary: Vocabulary = words
    if kind != "word":
        letters = sorted({character for token in words.tokens[2:] for character in token})
        tokens = ["[PAD]", "[UNK]", *letters, *(f"##{letter}" for letter in letters), "ne"]
        merges = (("n", "##e"),) if kind == "bpe" else ()
        scores = (0.0, 0.0, *(-1.0 - i for i in range(len(tokens) - 2))) if kind == "unigram" else ()
        counts = (0,) * len(tokens)
        vocabulary = replace(
            words, kind=kind, tokens=tuple(tokens), counts=counts, merges=merges, log_probabilities=scores
        )
    target = ids.target if target_kind == "single" else Target(target_kind, CLASSES[target_kind])
    shape, outputs = replace(MODEL, encoder=ENCODERS.get(target_kind, MODEL.encoder)), target.outputs
    weights = to_arrays(build_model(shape, len(vocabulary), outputs, seed=0)).weights
    classifier = Classifier(weights, shape, TRAIN, target, len(vocabulary), [], 1)
    ngrams, _ = count_ngrams(ids.splits["train"], longest=3, min_documents=5, max_features=200)
    chance = np.random.default_rng(0)
    columns = chance.normal(size=(ngrams.features, outputs)).astype(np.float32)
    ngram_branch = NgramBranch(ngrams, columns, np.zeros(outputs, np.float32))
    thresholds = (0.5,) * outputs if target_kind == "multi" else ()
    decision = Decision(0.5, 0.5, rule=RULES[target_kind], thresholds=thresholds)
    return folder_of(vocabulary, classifier, ngram_branch, decision, metrics={"a": 1}, provenance={}, card="a card")


def save_sequence_model(folder: Path) -> None:
    """A sound model of sequences of numbers, barely trained."""
    chance = np.random.default_rng(0)
    regressor = SequenceRegressor(encoder="gru", hidden_size=6, epochs=1, device="cpu")
    regressor.fit(chance.normal(size=(40, 5, 2)), chance.normal(size=40)).save(folder)


def save_small_model(folder: Path) -> None:
    """A sound model, rounded and pruned."""
    rows, labels = random_rows(20, vocabulary_size=len(made_ids()[0])), np.arange(20) % 2
    whole = folder.with_name(f"{folder.name}-whole")
    made_model().save(whole)
    export_small(
        whole, folder, lambda _: LabelledRows(rows, labels, None, "random rows"), max_size=12_000, max_loss=None
    )
    shutil.rmtree(whole)


def saved_models() -> dict[str, Callable[[Path], object]]:
    """What saves each kind of model folder, by a name; `sequence` is the one over numbers."""
    others: list[TargetKind] = [kind for kind in KINDS if kind != "single"]
    vocabularies: tuple[VocabularyKind, ...] = ("bpe", "unigram", "word")
    return {
        **{kind: made_model(kind).save for kind in vocabularies},
        **{kind: made_model(target_kind=kind).save for kind in others},
        "sequence": save_sequence_model,
        "small": save_small_model,
    }
