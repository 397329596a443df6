"""Explanations in a report: errors in colour, phrases and words a class, with counts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made import make_rows
from made_predictor import made_predictor

from textrnn.data.examples import Examples
from textrnn.evaluation import explained
from textrnn.evaluation.explained import ExplanationInputs, describe_explained, list_phrases
from textrnn.evaluation.formatting import clean_text
from textrnn.evaluation.sections.explained import show_explained, show_pieces
from textrnn.evaluation.sections.predictions import show_errors
from textrnn.model.explain import explain_examples, explainer_of
from textrnn.text.ngrams import ngram_words, words_of_columns
from textrnn.text.ragged import ragged

TEXTS = ["the <b>soup</b> was\nnot \x1b good", *(text for text, _ in make_rows(29, seed=4))]


def case(kind: str, **changed: Any) -> tuple[ExplanationInputs, Examples]:
    predictor = made_predictor(kind, **changed)
    rows = predictor.encode(TEXTS)
    examples = Examples({"text": TEXTS}, ["good"] * len(TEXTS), np.arange(1, len(TEXTS) + 1))
    return ExplanationInputs(explainer_of(predictor), rows, predictor.encoded_logits(rows)), examples


def error(row: int, predicted: str = "good", true: str = "bad") -> dict[str, Any]:
    return {"row": row, "place": f"row {row}", "text": TEXTS[row - 1], "predicted": predicted, "true": true}


@pytest.mark.parametrize("kind", ["single", "ordinal", "multi", "number"])
def test_errors_are_explained_against_what_is_true(kind: str) -> None:
    explaining, examples = case(kind)
    names = explaining.explainer.target.names
    pair = (names[-1], names[0]) if kind in ("single", "ordinal") else ("a", "b")
    found = describe_explained(explaining, examples, [error(1, *pair), error(2, *pair)])
    json.dumps(found, allow_nan=False)
    asked = {"label": pair[0], "against": pair[1]} if kind in ("single", "ordinal") else {}
    (expected,) = explain_examples(made_predictor(kind), TEXTS[:1], **asked)
    first = found["errors"][0]
    assert first["headline"] == expected.headline()
    assert [text for text, _ in first["top"]] == [clean_text(word.text) for word in expected.top(5)]
    assert "".join(piece for piece, _ in first["pieces"]) == "the <b>soup</b> was not good"
    largest = max(abs(word.part) for word in expected.words)
    shares = {piece: share for piece, share in first["pieces"] if piece.strip()}
    assert shares["soup"] == pytest.approx(expected.words[4].part / largest, abs=1e-3)
    html = show_pieces(first)
    assert "&lt;" in html
    assert "<b>" not in html.replace("<bdi>", "")


def test_few_errors_are_explained_and_the_others_are_shown_as_they_are() -> None:
    explaining, examples = case("single")
    errors = [error(row) for row in range(1, 9)] + [error(1, true="a class of nobody")]
    found = describe_explained(explaining, examples, errors)
    assert len(found["errors"]) == explained.MAX_ERRORS
    assert describe_explained(explaining, examples, errors[-1:])["errors"][0]["headline"].startswith("good")
    data = {"errors": errors, "target": {"kind": "single"}, "explained": found}
    page = show_errors(data)
    assert page.count("<li>") == len(errors)
    assert page.count("<mark") >= 5
    assert "<mark" not in show_errors({**data, "explained": None})


def test_a_text_that_is_cut_ends_in_an_ellipsis(monkeypatch: pytest.MonkeyPatch) -> None:
    explaining, examples = case("single")
    monkeypatch.setattr(explained, "MAX_TEXT_LENGTH", 12)
    (cut,) = describe_explained(explaining, examples, [error(1)])["errors"]
    assert "".join(piece for piece, _ in cut["pieces"]) == "the <b>soup<…"
    monkeypatch.setattr(explained, "MAX_TEXT_LENGTH", len(TEXTS[0]))
    (whole,) = describe_explained(explaining, examples, [error(1)])["errors"]
    assert "".join(piece for piece, _ in whole["pieces"]) == "the <b>soup</b> was not good"


def test_phrases_are_those_of_the_largest_weights_among_the_texts() -> None:
    explaining, _ = case("single")
    branch = explaining.explainer.branches.ngram_branch
    words = ngram_words(branch.ngrams)
    assert words_of_columns(branch.ngrams, np.arange(len(words))) == words
    tokens = explaining.explainer.encoder.parts.tokens
    rows = [explaining.rows[row].tolist() for row in range(len(TEXTS))]

    def texts_with(ngram: tuple[int, ...]) -> int:
        spans = ({tuple(row[i : i + len(ngram)]) for i in range(len(row))} for row in rows)
        return sum(ngram in found for found in spans)

    counted = [texts_with(ngram) for ngram in words]
    for place, listed in enumerate(list_phrases(explaining)):
        others = [c for c in range(3) if c != place]
        weights = 0.4 * (branch.weights[:, place] - branch.weights[:, others].mean(axis=1))
        best = [column for column in np.argsort(-weights) if counted[column] >= 2][: explained.PHRASES]
        assert [row["text"] for row in listed["phrases"]] == [
            " ".join(tokens[i] for i in words[column]) for column in best
        ]
        assert [row["texts"] for row in listed["phrases"]] == [counted[column] for column in best]
        assert [row["weight"] for row in listed["phrases"]] == pytest.approx(weights[best].tolist(), rel=1e-3)


def test_words_have_their_mean_parts_and_counts() -> None:
    explaining, examples = case("single")
    found = describe_explained(explaining, examples, [])
    assert found["explained"] == len(TEXTS)
    every = list(explain_examples(made_predictor("single"), TEXTS))
    listed = found["words"][0]
    own = [each for each in every if each.label == listed["class"]]
    for row in listed["words"]:
        parts = [
            sum(word.part for word in each.words if word.text.lower() == row["text"])
            for each in own
            if any(word.text.lower() == row["text"] for word in each.words)
        ]
        assert row["texts"] == len(parts) >= 2
        assert row["mean"] == pytest.approx(np.mean(parts), rel=1e-3)
    page = show_explained({"explained": found})
    assert "What speaks for each class" in page
    assert page.count("<h3>") == 2


def test_a_number_has_phrases_up_and_down_and_an_old_report_has_no_section() -> None:
    explaining, examples = case("number")
    found = describe_explained(explaining, examples, [])
    assert [row["class"] for row in found["phrases"]] == ["higher", "lower"]
    assert [row["class"] for row in found["words"]] == ["value"]
    assert show_explained({"explained": None}) == show_explained({}) == ""


def test_phrases_are_counted_in_the_first_texts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    explaining, _ = case("single")
    monkeypatch.setattr(explained, "MAX_COUNTED_TEXTS", 12)
    few = replace(explaining, rows=ragged([explaining.rows[i] for i in range(12)]))
    assert list_phrases(explaining) == list_phrases(few)
