"""A small model: its bytes, its answers, what stays, and what is chosen."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile_models import made_model
from tiny import made_ids, random_rows

from textrnn.config.data import TargetKind
from textrnn.config.vocabulary import VocabularyKind
from textrnn.decision.apply_request import apply_request
from textrnn.decision.request import Request
from textrnn.errors import ConfigError, TooMuchLostError
from textrnn.export.small_candidates import Candidates, LabelledRows, divergence
from textrnn.export.small_card import HEADING
from textrnn.export.small_choice import choose_small, points_lost
from textrnn.export.small_folder import export_small, folder_size
from textrnn.export.small_parts import new_ids
from textrnn.model.files import TOKENIZER
from textrnn.model.folder import ModelFolder, load_predictor, predictor_of, with_decision
from textrnn.model.predictor import Predictor
from textrnn.text.ragged import Ragged
from textrnn.text.special_tokens import FIRST_TOKEN_ID, UNK
from textrnn.text.tokenizer_schema import read_parts

TEXTS = ["The soup was good.", "the song was not dull, in the end!", "ONE UNKNOWN WORD", ""]


@functools.cache
def sound(kind: VocabularyKind = "word", target: TargetKind = "single") -> ModelFolder:
    return made_model(kind, target)


def labelled(predictor: Predictor) -> LabelledRows:
    """Rows that the whole model gets right: what is lost is then what differs."""
    rows = made_ids()[1].splits["validation"]
    if predictor.engine.network.vocabulary_size != len(made_ids()[0]):
        rows = random_rows(40, vocabulary_size=predictor.engine.network.vocabulary_size)
    scores = predictor.predict_encoded(rows)
    labels: Any = predictor.choose_labels(scores)
    if predictor.target.kind == "multi":
        labels = labels.astype(np.float32)
    return LabelledRows(rows, labels if labels.ndim > 1 or labels.dtype == float else scores.argmax(axis=1), None, "x")


def candidates(model: ModelFolder) -> Candidates:
    predictor = predictor_of(model)
    return Candidates(predictor, read_parts(model.files[TOKENIZER]), labelled(predictor))


@pytest.mark.parametrize("target", ["single", "multi", "ordinal", "path", "number"])
def test_every_kind_of_target_and_encoder_becomes_a_folder_that_says_nearly_the_same(
    target: TargetKind, tmp_path: Path
) -> None:
    model = sound(target=target)
    model.save(tmp_path / "whole")
    before = folder_size(tmp_path / "whole")
    done = export_small(tmp_path / "whole", tmp_path / "small", labelled, max_size=before, max_loss=None)
    assert done.size == folder_size(tmp_path / "small") < before
    found, whole = load_predictor(tmp_path / "small"), predictor_of(model)
    scores, expected = (each.predict_probabilities(TEXTS) for each in (found, whole))
    assert divergence(whole.target, expected, scores) < 0.01
    assert not np.array_equal(scores, expected)
    assert HEADING in (tmp_path / "small" / "README.md").read_text("utf-8")
    again = ModelFolder.load(tmp_path / "small")
    again.save(tmp_path / "again")  # as TextClassifier.save does
    assert np.array_equal(load_predictor(tmp_path / "again").predict_probabilities(TEXTS), scores)


def test_a_small_model_is_asked_what_the_whole_one_was(tmp_path: Path) -> None:
    model = sound()
    whole = predictor_of(model)
    rows = labelled(whole)
    logits = whole.encoded_logits(rows.rows)
    asked = Request(precision=0.6)
    decided = replace(whole, decision=apply_request(whole.decision, logits, rows.labels, whole.target, asked))
    made, _ = with_decision(model, decided)
    made.save(tmp_path / "whole")
    export_small(tmp_path / "whole", tmp_path / "small", labelled, max_size=10**6, max_loss=None)
    small = load_predictor(tmp_path / "small")
    plain = replace(small.decision, accept=(), promises=())
    own = small.encoded_logits(rows.rows)
    again = apply_request(plain, own, rows.labels, small.target, asked)
    assert (small.decision.accept, small.decision.promises) == (again.accept, again.promises)
    assert small.decision.promises[0].holds
    assert small.decision.weights != decided.decision.weights


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_subwords_stay_whole(kind: VocabularyKind, tmp_path: Path) -> None:
    model = sound(kind)
    model.save(tmp_path / "whole")
    done = export_small(tmp_path / "whole", tmp_path / "small", labelled, max_size=10**6, max_loss=None)
    assert done.cost.tokens[0] == done.cost.tokens[1]
    found, whole = load_predictor(tmp_path / "small"), predictor_of(model)
    assert [each.tolist() for each in (found.encode(TEXTS).flat, found.encode(TEXTS).offsets)] == [
        each.tolist() for each in (whole.encode(TEXTS).flat, whole.encode(TEXTS).offsets)
    ]


def test_pruned_tokens_are_read_as_unk_by_both_branches(tmp_path: Path) -> None:
    sound().save(tmp_path / "whole")
    every = candidates(sound())
    least = choose_small(every, max_size=None, max_loss=100, fixed=0)
    assert FIRST_TOKEN_ID < least.tokens < every.vocabulary_size
    size = every.weigh(least.tokens, 4, 0) + 6000
    done = export_small(tmp_path / "whole", tmp_path / "small", labelled, max_size=size, max_loss=None)
    assert done.size <= size
    assert done.cost.tokens[1] < every.vocabulary_size
    found = load_predictor(tmp_path / "small")
    kept = every.kept_tokens(done.cost.tokens[1])
    texts = [*TEXTS, " ".join(every.parts.tokens[FIRST_TOKEN_ID:])]
    before, after = predictor_of(sound()).encode(texts), found.encode(texts)
    assert np.array_equal(new_ids(kept)[before.flat], after.flat)
    assert {*new_ids(kept)[~kept].tolist()} == {UNK}
    tokens = read_parts((tmp_path / "small" / TOKENIZER).read_bytes()).tokens
    assert tokens == tuple(np.array(every.parts.tokens, object)[kept])
    config = json.loads((tmp_path / "small" / "config.json").read_text("utf-8"))
    assert config["vocabulary_size"] == len(tokens) == done.cost.tokens[1]


def test_what_is_measured_is_what_is_written_but_for_the_halves() -> None:
    """With all tokens and n-grams, halves choose the same: the figures are those of the folder's own predictor."""
    every = candidates(sound())
    found = every.measure(every.vocabulary_size, 8, every.features)
    assert 0 < found.divergence < 1e-3
    assert abs(found.factor - 1) < 0.01
    rough = every.measure(every.vocabulary_size, 4, every.features)
    assert 0 < rough.divergence < 1e-3
    assert not np.array_equal(rough.scores, found.scores)
    few = every.measure(every.vocabulary_size // 3, 8, every.features // 4)
    assert few.divergence > rough.divergence
    assert np.array_equal(every.measure(every.vocabulary_size, 8, every.features).scores, found.scores)


def test_the_best_within_a_size_and_the_smallest_within_a_loss() -> None:
    every = candidates(sound())
    whole = every.weigh(every.vocabulary_size, 8, every.features)
    best = choose_small(every, max_size=whole, max_loss=None, fixed=0)
    assert (best.tokens, best.ngrams) == (every.vocabulary_size, every.features)
    less = choose_small(every, max_size=int(0.8 * whole), max_loss=None, fixed=0)
    assert every.weigh(less.tokens, less.bits or 8, less.ngrams) <= 0.8 * whole
    assert less.divergence > best.divergence
    strict, lenient = (choose_small(every, max_size=None, max_loss=loss, fixed=0) for loss in (0.0, 40.0))
    assert points_lost(every, strict) == 0
    assert points_lost(every, lenient) <= 40
    sizes = [every.weigh(each.tokens, each.bits or 8, each.ngrams) for each in (lenient, strict)]
    assert sizes[0] <= sizes[1] <= whole


def test_what_is_too_small_or_loses_too_much_is_refused() -> None:
    every = candidates(sound())
    with pytest.raises(ConfigError, match=r"^--max-size: expected at least [0-9,]+ bytes for this model, found 100"):
        choose_small(every, max_size=100, max_loss=None, fixed=50)
    size = every.weigh(6, 4, 10) + 50
    assert points_lost(every, choose_small(every, max_size=size, max_loss=None, fixed=0)) > 0
    with pytest.raises(
        TooMuchLostError, match="expected at most 0 points lost on validation, but the model of at most"
    ):
        choose_small(every, max_size=size, max_loss=0.0, fixed=0)


def test_each_text_is_measured_with_what_the_other_half_chose() -> None:
    """A word of one text alone: it stays only for the other half, so that its own text loses it."""
    model = sound()
    predictor, parts = predictor_of(model), read_parts(model.files[TOKENIZER])
    rows = Ragged(np.array([5] * 30 + [6] * 30, np.int32), np.array([0, 30, 60]))
    every = Candidates(predictor, parts, LabelledRows(rows, np.array([0, 1]), None, "x"))
    found = every._recurrent_logits(FIRST_TOKEN_ID + 1, 8)
    unknown = predictor.encoded_logits(Ragged(np.ones(60, np.int32), rows.offsets)).recurrent
    away = np.abs(every.whole_logits.recurrent - unknown).max()
    assert np.abs(found - unknown).max() < 0.1 * away
