"""Whatever is fitted has equal bytes when rows change that it may not read.

The splits are files of their own; one of them is changed in text, label and cells, and everything is fitted again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_goods import make_goods
from made_kinds import make_feelings, make_stars, make_wishes, write_jsonlines
from tiny import MODEL, TRAIN

from textrnn.config.arguments.encoder_pretraining import pretraining_arguments
from textrnn.config.arguments.self_training import self_training_arguments
from textrnn.config.baseline import BaselineConfig
from textrnn.config.data import DataConfig
from textrnn.config.decision import DecisionConfig
from textrnn.config.embeddings import EmbeddingsConfig
from textrnn.config.encoder_pretraining import EncoderPretrainingConfig
from textrnn.config.ngram_branch import NgramBranchConfig
from textrnn.config.self_training import SelfTrainingConfig
from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.vocabulary import VocabularyConfig
from textrnn.data.corpus import Corpus
from textrnn.data.load import corpus_of, load_corpus
from textrnn.decision.decide import decide
from textrnn.decision.decision import to_bytes
from textrnn.linear import ngram_branch as branch
from textrnn.linear.fit_baseline import fit_baseline
from textrnn.linear.fit_ngram_branch import fit_ngram_branch
from textrnn.storage.files import canonical_json
from textrnn.text.build_vocabulary import build_vocabulary
from textrnn.text.make_word_vectors import make_word_vectors
from textrnn.text.numericalize import numericalize
from textrnn.text.pseudo_labels import add_pseudo_labels
from textrnn.text.read_unlabelled import encode_unlabelled
from textrnn.text.tokenize import tokenize
from textrnn.training.pretrain_encoder import pretrain_encoder
from textrnn.training.self_train import self_train
from textrnn.training.train import train

Row = dict[str, Any]
NGRAMS = NgramBranchConfig(candidates=("nb",), inverse_penalties=(4.0, 0.01))
BASELINE = BaselineConfig(inverse_penalties=(1.0, 0.01), nb_inverse_penalties=(4.0,))
# what is chosen or fitted on validation: all else reads the training split alone
ON_VALIDATION = {
    "pretraining epoch",
    "n-gram choice",
    "epoch",
    "pseudo_labels",
    "decision",
    "baseline choice",
    "baseline thresholds",
}

KINDS: dict[str, tuple[Callable[..., list[Row]], DataConfig]] = {
    "goods": (
        make_goods,
        DataConfig(text_column=("title", "body"), numeric=("price",), categorical=("shop",)),
    ),
    "stars": (make_stars, DataConfig(target="number", label_column="stars")),
    "feelings": (make_feelings, DataConfig(target="multi", label_column="labels")),
    "wishes": (make_wishes, DataConfig(target="path")),
}
SUBWORDS = {"goods": "bpe", "stars": "unigram", "feelings": "word", "wishes": "word"}


def rows_of(kind: str) -> dict[str, list[Row]]:
    """The rows of each split."""
    make = KINDS[kind][0]
    return {"train": make(90, seed=1), "validation": make(40, seed=2), "test": make(40, seed=3)}


def changed(kind: str, rows: list[Row]) -> list[Row]:
    """Other rows with the same labels, which stand at other texts: new words, numbers far off, new categories."""
    column = KINDS[kind][1].label_column
    labels = [row[column] for row in rows]
    found = []
    for number, (row, label) in enumerate(zip(rows, [*labels[1:], labels[0]], strict=True)):
        new = {**row, column: label}
        for name in {"text", "title", "body"} & set(row):
            new[name] = f"zebra quagga {row[name].replace('good', 'okapi').replace('the', 'gnu')} kudu"
        if "price" in row:
            new |= {"price": 1e4 + number, "shop": f"stall {number % 3}"}
        found.append(new)
    return found


def corpus_in(folder: Path, kind: str, splits: Mapping[str, list[Row]]) -> Corpus:
    folder.mkdir()
    files: Any = {name: str(write_jsonlines(folder / f"{name}.jsonl", rows)) for name, rows in splits.items()}
    return load_corpus(replace(KINDS[kind][1], **files))


def digest(*parts: Any) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(part if isinstance(part, bytes) else np.ascontiguousarray(part).tobytes())
    return found.hexdigest()


def fit_all(corpus: Corpus, kind: str) -> dict[str, str]:
    """A digest of every thing that is fitted."""
    words = tokenize(corpus, TokenizeConfig())
    vocabulary = build_vocabulary(words, VocabularyConfig(kind=SUBWORDS[kind], max_size=120, min_count=1))  # type: ignore[arg-type]
    ids = numericalize(words, vocabulary)
    more = encode_unlabelled(corpus, vocabulary, [f"the song was kind ({n})" for n in range(20)])
    vectors = make_word_vectors(ids, vocabulary, EmbeddingsConfig(vectors="none", size=6), more.rows)
    ngram_branch = fit_ngram_branch(ids, NGRAMS)
    one = replace(TRAIN, epochs=1)  # with one there is no epoch to choose
    pretraining = EncoderPretrainingConfig(epochs=1, window=3, stride=2)
    learned = pretrain_encoder(ids, vectors, more.rows, pretraining_arguments(MODEL, one, pretraining))
    exclusive = kind == "wishes"  # which alone has neither columns beside the text nor several answers
    teachers = self_training_arguments(MODEL, one, SelfTrainingConfig(teachers=int(exclusive), epochs=1))
    pseudo_labels = self_train(
        ids, vectors, learned, ngram_branch, more, teachers
    )  # of teachers the decision is calibrated
    classifier = train(ids, MODEL, one, vectors, pretrained=learned)
    with_pseudo_labels = train(add_pseudo_labels(ids, pseudo_labels), MODEL, replace(TRAIN, learning_rate=0.3), vectors)
    coverage = 0.8 if corpus.target.exclusive else 1.0
    decision = decide(ids, classifier, ngram_branch, DecisionConfig(coverage=coverage))
    baseline = fit_baseline(words, BASELINE)
    return {
        "target": digest(canonical_json(corpus.target.to_json())),
        "columns beside the text": digest(canonical_json(corpus.tabular.to_json())),
        "vocabulary": digest(*[t.encode() for t in vocabulary.tokens], canonical_json(vocabulary.counts)),
        "subwords": digest(canonical_json([vocabulary.merges, vocabulary.log_probabilities])),
        "vectors": digest(vectors.matrix),
        "pretrained": digest(*(weight.numpy() for _, weight in sorted(learned.weights.items()))),
        "pretraining epoch": digest(canonical_json([h["validation_loss"] for h in learned.history])),
        "n-grams": digest(*(np.asarray(part) for level in ngram_branch.ngrams.levels for part in vars(level).values())),
        "n-grams at one C": digest(branch.to_bytes(fit_ngram_branch(ids, replace(NGRAMS, inverse_penalties=(4.0,))))),
        "n-gram choice": digest(branch.to_bytes(ngram_branch)),
        "weights": digest(*(weight for _, weight in sorted(classifier.weights.items()))),
        "epoch": digest(canonical_json([h["validation_loss"] for h in with_pseudo_labels.history])),
        "pseudo_labels": digest(pseudo_labels.targets) if exclusive else "",
        "decision": digest(to_bytes(decision)),
        "baseline at one C": digest(
            canonical_json(fit_baseline(words, replace(BASELINE, candidates=("nb",))).top_features)
        ),
        "baseline choice": digest(canonical_json([[t.score, t.loss] for t in baseline.trials])),
        "baseline thresholds": digest(np.asarray(baseline.thresholds)),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_is_fitted_knows_a_row_that_it_may_not_read(kind: str, tmp_path: Path) -> None:
    rows = rows_of(kind)
    before = fit_all(corpus_in(tmp_path / "plain", kind, rows), kind)
    for split, may in (("test", set()), ("validation", ON_VALIDATION)):
        other = {**rows, split: changed(kind, rows[split])}
        after = fit_all(corpus_in(tmp_path / split, kind, other), kind)
        differing = {name for name in before if before[name] != after[name]}
        assert differing <= may, f"{split} leaks into {sorted(differing - may)}"
        # else the test would show nothing: what reads validation does see the change
        thresholds = {"baseline thresholds"} if kind != "feelings" else set()
        assert differing >= may - thresholds - ({"pseudo_labels"} if kind != "wishes" else set())


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_fitted_reads_the_training_split(kind: str, tmp_path: Path) -> None:
    """The other way round: a change of training rows is seen by all of it."""
    rows = rows_of(kind)
    corpora = [
        corpus_in(tmp_path / name, kind, {**rows, "train": found})
        for name, found in (("plain", rows["train"]), ("other", changed(kind, rows["train"])))
    ]
    before, after = (fit_all(corpus, kind) for corpus in corpora)
    same = {name for name in before if before[name] == after[name]}
    without = {"goods": set(), "stars": {"columns beside the text"}}.get(kind, {"columns beside the text", "subwords"})
    classes = {"target"}  # the same labels, at other texts
    labels = {"pseudo_labels"} if kind != "wishes" else set()
    assert same <= without | classes | labels | ({"baseline thresholds"} if kind != "feelings" else set())


def test_the_scale_of_a_number_and_of_columns_is_that_of_the_rows_that_are_trained_on() -> None:
    """Validation is taken from the same rows: a row that ends there must not be in a mean."""
    rows = make_stars(90, seed=1)
    texts, labels = [row["text"] for row in rows], [float(row["stars"]) + n / 1000 for n, row in enumerate(rows)]
    corpus = corpus_of(texts, labels, target="number", validation_fraction=0.2)
    held = corpus.splits["validation"]
    highest = int(held.rows[int(np.argmax(held.labels))]) - 1
    assert labels[highest] > np.quantile(labels, 0.92), "so that no tenth moves, by which rows are dealt"
    far = [*labels[:highest], 1e6, *labels[highest + 1 :]]
    again = corpus_of(texts, far, target="number", validation_fraction=0.2)
    assert again.splits["validation"].rows.tolist() == held.rows.tolist()
    assert max(again.splits["validation"].labels) == 1e6
    assert (again.target.centre, again.target.scale) == (corpus.target.centre, corpus.target.scale)
    trained = np.array(corpus.splits["train"].labels, float)
    assert (corpus.target.centre, corpus.target.scale) == (trained.mean(), trained.std())


def test_tabular_cells_of_held_out_rows_are_in_no_mean_and_no_category() -> None:
    from textrnn.data.columns import Columns

    rows = make_goods(90, seed=1)
    columns = Columns(text=("body",), numeric=("price",), categorical=("shop",))
    labels = [row["label"] for row in rows]

    def fit(rows: list[Row]) -> Corpus:
        cells = [(row["body"], row["price"], row["shop"]) for row in rows]
        return corpus_of(cells, labels, columns=columns, validation_fraction=0.2)

    corpus = fit(rows)
    held = set((corpus.splits["validation"].rows - 1).tolist())
    far = [{**row, "price": 1e9, "shop": "moon"} if n in held else row for n, row in enumerate(rows)]
    again = fit(far)
    assert set((again.splits["validation"].rows - 1).tolist()) == held
    assert again.tabular == corpus.tabular
    assert "moon" in again.splits["validation"].tabular["shop"]
