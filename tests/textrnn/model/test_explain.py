"""Explanations of examples: parts that add up, words where they stand, classes by name, every kind of target."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made import make_rows
from made_predictor import TARGETS, made_predictor

from textrnn.data.columns import Columns, Example
from textrnn.data.tabular import CategoricalColumn, NumericColumn, TabularColumns
from textrnn.decision.calibration import Calibration
from textrnn.decision.decision import combine_logits, compute_scores
from textrnn.errors import ConfigError
from textrnn.explanation import explainer, phrases
from textrnn.explanation.explanation import Explanation
from textrnn.explanation.ngram_parts import distribute_to_tokens, find_phrases
from textrnn.inference.logits import compute_logits
from textrnn.linear.ngram_branch import ngram_logits
from textrnn.model.explain import explain_examples
from textrnn.model.predictor import Predictor
from textrnn.model.text_predictor import TextPredictor
from textrnn.text.ragged import ragged
from textrnn.text.special_tokens import UNK

TEXTS = [text for text, _ in make_rows(6, seed=3)] + [
    "",
    "zebra",
    "the Soup<br/>was NOT\u3000good, e\u0301h \U0001f600!",
]
GOODS = Columns(("title", "body"), numeric=("price",), categorical=("shop",))
TABULAR = TabularColumns((NumericColumn("price", 5.0, 2.0, True),), (CategoricalColumn("shop", ("east", "west")),))
CELLS: list[Example] = [
    ("a lamp", "the lamp was not good, to be honest", 7.5, "east"),
    ("", "the soup was bad", float("nan"), "north"),
    ("song", "", 5.0, ""),
]


def explained(predictor: Predictor, examples: list[Any], **asked: Any) -> list[Explanation]:
    return list(explain_examples(predictor, examples, **asked))


def total(explanation: Explanation) -> float:
    parts = [word.part for word in explanation.words] + [column.part for column in explanation.columns]
    return explanation.base + sum(parts) + explanation.remainder


@pytest.mark.parametrize("kind", TARGETS)
def test_parts_add_up_to_the_difference_of_calibrated_logits(kind: str) -> None:
    predictor = made_predictor(kind)
    logits = predictor.encoded_logits(predictor.encode(TEXTS))
    combined, scores = combine_logits(predictor.decision, logits), compute_scores(predictor.decision, logits)
    predicted = predictor.choose_labels(scores)
    for row, found in enumerate(explained(predictor, TEXTS)):
        assert total(found) == pytest.approx(found.difference, abs=1e-9)
        if kind == "number":
            assert (found.label, found.against) == (None, None)
            assert found.difference == pytest.approx(float(predicted[row]))
            continue
        best = int(np.argmax(scores[row])) if kind == "multi" else int(predicted[row])
        assert found.label == predictor.target.classes[best]
        assert found.score == pytest.approx(scores[row, best])
        if kind == "multi":
            assert found.against is None
            assert found.difference == pytest.approx(combined[row, best])
        else:
            second = max((c for c in range(scores.shape[1]) if c != best), key=lambda c: float(scores[row, c]))
            assert found.against == predictor.target.classes[second]
            assert found.difference == pytest.approx(combined[row, best] - combined[row, second])


def test_a_class_and_what_it_is_compared_with_are_taken_by_name() -> None:
    predictor = made_predictor("ordinal")
    (plain,) = explained(predictor, TEXTS[:1], label=2, against="4")
    assert (plain.label, plain.against) == (2, 4)
    (turned,) = explained(predictor, TEXTS[:1], label="4", against=2)
    assert turned.difference == pytest.approx(-plain.difference)
    assert [word.part for word in turned.words] == pytest.approx([-word.part for word in plain.words], abs=1e-6)
    (multi,) = explained(made_predictor("multi"), TEXTS[:1], label="joy", against="fear")
    assert (multi.label, multi.against) == ("joy", "fear")


@pytest.mark.parametrize(
    ("kind", "asked", "message"),
    [
        ("single", {"label": "god"}, "label: expected a class of the model, found 'god'; did you mean 'good'"),
        ("single", {"label": "good", "against": "good"}, "against: expected another class"),
        ("single", {"against": 1}, "against: expected a class of the model, found 1"),
        ("number", {"label": "1"}, "label: expected none, since the model predicts numbers, found '1'"),
        ("single", {"method": "shap"}, "method: expected shapley, leave_one_out, integrated_gradients, found 'shap'"),
    ],
)
def test_what_there_is_not_is_refused(kind: str, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        explained(made_predictor(kind), TEXTS[:1], **asked)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"encoder": "gru", "pooling": "attention"},
        {"encoder": "elman", "num_layers": 2, "pooling": "last"},
        {"encoder": "convolution"},
        {"encoder": "mingru", "bidirectional": False, "pooling": "mean"},
    ],
)
def test_the_recurrent_part_is_what_reading_without_the_word_changes(changed: dict[str, Any]) -> None:
    predictor = made_predictor(**changed)
    text = TEXTS[0]
    (found,) = explained(predictor, [text], label="good", against="bad", method="leave_one_out")
    (shared,) = explained(predictor, [text], label="good", against="bad")
    ids = predictor.encode([text])[0]
    assert len(found.words) == len(ids)  # each token is a word

    def read(row: Any) -> float:
        logits = compute_logits(predictor.engine, ragged([row]), max_tokens=400)[0]
        return predictor.decision.recurrent * float(logits[2] - logits[0])

    for place, word in enumerate(found.words):
        assert word.recurrent == pytest.approx(read(ids) - read(np.delete(ids, place)), abs=1e-5)
        before, behind = ids[:place], ids[place + 1 :]
        added = read(ids[: place + 1]) - read(before) + read(ids[place:]) - read(behind)
        assert shared.words[place].recurrent == pytest.approx(added / 2, abs=1e-5)
    assert shared.remainder == pytest.approx(0, abs=1e-5)
    assert abs(found.remainder) > 1e-3


def test_the_ngram_part_is_exact_and_shared_by_the_words_of_an_ngram() -> None:
    predictor = made_predictor()
    branch, weights = predictor.ngram_branch, np.array([-1.0, 0.5, 1.0])
    rows = predictor.encode(TEXTS)
    logits = ngram_logits(branch, rows) @ weights
    known = {tuple(words): column for column, words in enumerate(_words_of(branch.ngrams))}
    for row in range(len(rows)):
        ids = rows[row].tolist()
        phrases = find_phrases(branch, rows[row], weights)
        parts = distribute_to_tokens(phrases, len(ids))
        assert parts.sum() + branch.bias @ weights == pytest.approx(logits[row], abs=1e-6)
        expected = np.zeros(len(ids))  # the same, straight from its meaning
        places = [(i, n) for n in (1, 2, 3) for i in range(len(ids) - n + 1) if tuple(ids[i : i + n]) in known]
        columns = [known[tuple(ids[i : i + n])] for i, n in places]
        for (i, n), column in zip(places, columns, strict=True):
            part = branch.weights[column] @ weights / np.sqrt(len(set(columns))) / columns.count(column)
            expected[i : i + n] += part / n
        np.testing.assert_allclose(parts, expected, atol=1e-6)
        (found,) = explained(predictor, TEXTS[row : row + 1], label="good", against="bad")
        of_two = distribute_to_tokens(find_phrases(branch, rows[row], np.array([-0.4, 0.0, 0.4])), len(ids))
        assert [word.ngram_branch for word in found.words] == pytest.approx(of_two.tolist(), abs=1e-9)


def _words_of(ngrams: Any) -> list[tuple[int, ...]]:
    from textrnn.text.ngrams import ngram_words

    return ngram_words(ngrams)


def test_words_stand_where_the_text_has_them() -> None:
    (found,) = explained(made_predictor(), [TEXTS[-1]])
    assert [word.text for word in found.words] == [
        "the", "Soup", "was", "NOT", "good", ",", "e\u0301h", "\U0001f600", "!",
    ]  # fmt: skip
    assert all(TEXTS[-1][word.start : word.end] == word.text for word in found.words)
    assert found.words[1].start == 4
    assert any(phrase.text == "NOT\u3000good" for phrase in found.phrases)


def test_lone_surrogates_and_long_texts_keep_their_offsets() -> None:
    text = "\ud800 good \udfff bad"
    (found,) = explained(made_predictor(columns=Columns(max_characters=9)), [text])
    assert found.texts == {"text": text}
    assert [(word.text, word.start) for word in found.words] == [("\ud800", 0), ("good", 2), ("\udfff", 7)]


@pytest.mark.parametrize("method", ["shapley", "leave_one_out", "integrated_gradients"])
def test_columns_have_parts_and_words_their_own_text(method: str) -> None:
    predictor = made_predictor(columns=GOODS, tabular=TABULAR)
    for example, found in zip(CELLS, explained(predictor, CELLS, method=method), strict=True):
        assert total(found) == pytest.approx(found.difference, abs=1e-6)
        assert all(found.texts[word.column][word.start : word.end] == word.text for word in found.words)
        assert "".join(word.text for word in found.words) == "".join("".join(example[:2]).split())  # type: ignore[arg-type]
        assert [column.column for column in found.columns] == ["price", "shop"]
    price, shop = found.columns  # of the last: the mean, and a category of no code
    assert (price.value, shop.value) == ("5", "")
    assert [price.part, shop.part] == pytest.approx([0, 0], abs=1e-6)


def test_a_column_is_compared_with_a_neutral_one() -> None:
    predictor = made_predictor(columns=GOODS, tabular=TABULAR)
    asked = {"label": "good", "against": "bad", "method": "leave_one_out"}
    (found, empty) = explained(predictor, CELLS[:2], **asked)
    (filled,) = explained(predictor, [(*CELLS[1][:2], 5.0, "north")], **asked)
    assert empty.columns[0].part == pytest.approx(empty.difference - filled.difference, abs=1e-5)
    neutral: list[Example] = [(*CELLS[0][:2], 5.0, "east"), (*CELLS[0][:2], 7.5, "another")]
    others = explained(predictor, neutral, **asked)
    for column, other in zip(found.columns, others, strict=True):
        assert column.part == pytest.approx(found.difference - other.difference, abs=1e-5)


def test_integrated_gradients_leave_less_than_a_hundredth() -> None:
    predictor = made_predictor()
    for exact, found in zip(
        explained(predictor, TEXTS), explained(predictor, TEXTS, method="integrated_gradients"), strict=True
    ):
        assert found.difference == exact.difference
        assert found.remainder_share < 0.01
        assert [word.ngram_branch for word in found.words] == [word.ngram_branch for word in exact.words]
    # from unknown words: those have no part in the recurrent branch
    unknown = explained(predictor, ["zebra good zebra"], method="integrated_gradients")[0].words
    assert unknown[0].recurrent == unknown[2].recurrent == 0 != unknown[1].recurrent
    assert predictor.encode(["zebra"])[0].tolist() == [UNK]


@pytest.mark.parametrize("truncation", ["head", "tail", "both"])
def test_words_that_the_network_does_not_read_have_no_recurrent_part(truncation: str) -> None:
    text = "good bad dull lovely weak fresh"
    (found,) = explained(made_predictor(max_tokens=3, truncation=truncation), [text])
    read = {"head": [1, 1, 1, 0, 0, 0], "tail": [0, 0, 0, 1, 1, 1], "both": [1, 1, 0, 0, 0, 1]}[truncation]
    assert [word.is_read for word in found.words] == [bool(x) for x in read]
    assert all((word.recurrent == 0) != word.is_read for word in found.words)
    assert total(found) == pytest.approx(found.difference, abs=1e-9)


def test_long_texts_are_explained_by_phrases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrases, "MAX_WORDS", 4)
    text = " ".join(TEXTS[:3])
    (found,) = explained(made_predictor(), [text])
    assert len(found.words) < 16
    assert "".join(word.text.replace(" ", "") for word in found.words) == text.replace(" ", "")
    assert total(found) == pytest.approx(found.difference, abs=1e-9)


def test_the_default_is_one_for_all() -> None:
    (first,), (second,) = (explained(made_predictor(), TEXTS[:1], **how) for how in ({}, {"method": "shapley"}))
    assert first == second == TextPredictor(made_predictor()).explain(TEXTS[:1])[0]
    assert next(TextPredictor(made_predictor()).explain(iter(TEXTS))) == first


def test_what_decides_is_the_calibrated_logits() -> None:
    predictor = made_predictor()
    (before,) = explained(predictor, TEXTS[:1], label="good", against="bad")
    doubled = replace(predictor.decision, recurrent=1.4, ngram_branch=0.8)
    (found,) = explained(replace(predictor, decision=doubled), TEXTS[:1], label="good", against="bad")
    assert found.difference == pytest.approx(2 * before.difference)
    assert [word.part for word in found.words] == pytest.approx([2 * word.part for word in before.words])


def test_a_scale_and_an_offset_a_class_count() -> None:
    predictor = made_predictor()
    calibration = Calibration("vector", (1.5, 1.0, 0.5), (0.3, 0.0, -0.2))
    scaled = replace(predictor, decision=replace(predictor.decision, calibration=calibration))
    combined = combine_logits(scaled.decision, scaled.encoded_logits(scaled.encode(TEXTS)))
    for row, found in enumerate(explained(scaled, TEXTS, label="good", against="bad")):
        assert found.difference == pytest.approx(combined[row, 2] - combined[row, 0])
        assert total(found) == pytest.approx(found.difference, abs=1e-9)
        assert found.remainder == pytest.approx(0, abs=1e-6)


def test_few_phrases_are_listed_the_largest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explainer, "MAX_PHRASES", 3)
    (found,) = explained(made_predictor(), TEXTS[:1])
    sizes = [abs(phrase.part) for phrase in found.phrases]
    assert len(sizes) == 3
    assert sizes == sorted(sizes, reverse=True)


def test_only_words_that_are_read_are_put_together() -> None:
    text = "good bad , dull " * 400
    (found,) = explained(made_predictor(max_tokens=8), [text])
    assert len(found.words) == 1600
    assert sum(word.is_read for word in found.words) == 8
    (whole,) = explained(made_predictor(max_tokens=1600), [text])
    assert all(word.is_read for word in whole.words)
    assert 100 < len(whole.words) <= 256
