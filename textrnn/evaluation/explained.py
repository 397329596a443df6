"""Explanations in a report: its first errors, the phrases that speak for each class, the words of explained texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textrnn.data.examples import Examples
from textrnn.data.tabular import TabularFeatures
from textrnn.decision.branch_logits import BranchLogits
from textrnn.evaluation.formatting import clean_text
from textrnn.explanation.contrast import make_contrast
from textrnn.explanation.explainer import ExampleToExplain, Explainer, explain_example, format_cell
from textrnn.explanation.explanation import Explanation
from textrnn.explanation.sanitize import split_at
from textrnn.text.ngrams import find_ngrams, words_of_columns
from textrnn.text.ragged import Ragged
from textrnn.text.tokenizer_frame import CONTINUATION_PREFIX

MAX_ERRORS = 5  # that are explained
MAX_TEXTS = 30  # whose words are counted; evenly spaced
MAX_TEXT_LENGTH = 400  # characters of an explained text
CLASSES, PHRASES = 30, 8  # that are listed, and phrases or words of each
MAX_COUNTED_TEXTS = 20_000  # texts at most in which phrases are counted
MIN_TEXTS = 2  # texts that a listed phrase or word stands in


@dataclass(frozen=True)
class ExplanationInputs:
    """What explains a report's examples (N): their token ids `rows` (N), their `logits` (N), their features (N).

    With `parts` the examples are theirs, one part after another, and each is explained by its own.
    """

    explainer: Explainer
    rows: Ragged
    logits: BranchLogits
    tabular: TabularFeatures | None = None
    parts: tuple[ExplanationInputs, ...] = ()

    def of_row(self, number: int) -> tuple[ExplanationInputs, int]:
        """Return what explains the example of this number, from 0, with its number there."""
        for part in self.parts:
            if number < len(part.rows):
                return part, number
            number -= len(part.rows)
        return self, number


def describe_explained(
    explaining: ExplanationInputs, examples: Examples, errors: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Returns plain JSON: `errors`, an explanation of each of the first, in order; `phrases` and `words` a class, with
    the number of `texts` that they stand in; how many texts were `explained` for the words.
    """
    shown = [_describe_error(explaining, examples, error) for error in errors[:MAX_ERRORS]]
    step = max(1, len(examples) // MAX_TEXTS)
    chosen = range(0, len(examples), step)[:MAX_TEXTS]
    found = [explain_row(explaining, examples, number) for number in chosen]
    return {
        "errors": shown,
        "phrases": list_phrases(explaining),
        "words": list_words(found, is_number=explaining.explainer.target.kind == "number"),
        "explained": len(found),
    }


def explain_row(
    explaining: ExplanationInputs, examples: Examples, number: int, label: object = None, against: object = None
) -> Explanation:
    """Returns the explanation of the example of this number, from 0."""
    explaining, row = explaining.of_row(number)
    logits, tabular = explaining.logits, explaining.tabular
    example = ExampleToExplain(
        {name: texts[number] for name, texts in examples.columns.items()},
        BranchLogits(logits.recurrent[[row]], logits.ngram_branch[[row]]),
        [format_cell(cells[number]) for cells in examples.tabular.values()],
        None if tabular is None else tabular.take(np.array([row])),
    )
    return explain_example(explaining.explainer, example, label, against)


def _describe_error(
    explaining: ExplanationInputs, examples: Examples, error: Mapping[str, Any]
) -> dict[str, Any] | None:
    """A wrong prediction: why what was predicted, and not what is true. None where the example is not found."""
    number = next(iter(np.flatnonzero(examples.rows == error["row"]).tolist()), None)
    if number is None:
        return None
    target = explaining.explainer.target
    against = error["true"] if target.exclusive and error["true"] in target.names else None
    label = error["predicted"] if target.exclusive else None
    return describe_example(explaining, examples, number, label, against)


def describe_example(
    explaining: ExplanationInputs, examples: Examples, number: int, label: object = None, against: object = None
) -> dict[str, Any]:
    """Returns the explanation of an example as a page shows it: its `headline`, its text in `pieces` with their share
    of the largest part, the `top` words with their parts.
    """
    found = explain_row(explaining, examples, number, label, against)
    largest = max((abs(word.part) for word in found.words), default=0.0)
    pieces = []
    for name, text in found.texts.items():
        own = [word for word in found.words if word.column == name]
        for piece, which in split_at(
            text[:MAX_TEXT_LENGTH], [(w.start, w.end) for w in own if w.end <= MAX_TEXT_LENGTH]
        ):
            share = 0.0 if which is None or not largest else own[which].part / largest
            pieces.append([piece, round(share, 3)])
        pieces += [["…", 0.0], [" ", 0.0]] if len(text) > MAX_TEXT_LENGTH else [[" ", 0.0]]
    top = [[clean_text(word.text, 60), round(word.part, 3)] for word in found.top(5)]
    return {"headline": clean_text(found.headline()), "pieces": pieces[:-1], "top": top}


def list_phrases(explaining: ExplanationInputs) -> list[dict[str, Any]]:
    """Returns of each class the n-grams with the largest weights for it, against the mean of the other classes."""
    explainer, branch = explaining.explainer, explaining.explainer.branches.ngram_branch
    if not branch.ngrams.features:
        return []
    rows = explaining.rows
    ends = rows.offsets[: MAX_COUNTED_TEXTS + 1]
    few = Ragged(rows.flat[: ends[-1]], ends)
    texts = np.bincount(find_ngrams(branch.ngrams, few).columns, minlength=branch.ngrams.features)
    present = np.flatnonzero(texts >= min(MIN_TEXTS, len(few)))
    listed = []
    for name, weights in _directions(explainer)[:CLASSES]:
        values = branch.weights[present].astype(np.float64) @ weights
        best = np.argsort(-values, kind="stable")[:PHRASES]
        best = best[values[best] > 0]
        words = words_of_columns(branch.ngrams, present[best])
        listed.append(
            {
                "class": name,
                "phrases": [
                    {"text": spell(explainer, ids), "weight": float(f"{value:.4g}"), "texts": int(texts[column])}
                    for ids, value, column in zip(words, values[best].tolist(), present[best].tolist(), strict=True)
                ],
            }
        )
    return listed


def _directions(explainer: Explainer) -> list[tuple[str, Any]]:
    """Each class with the weights (C,) of the n-gram branch's logits that speak for it; of a number, up and down."""
    target, outputs = explainer.target, explainer.target.outputs
    factors = np.array([make_contrast(explainer.decision, outputs, c, None).ngram_branch[c] for c in range(outputs)])
    if target.kind == "number":
        return [("higher", factors), ("lower", -factors)]
    found = []
    for c, name in enumerate(target.names):
        weights = np.full(outputs, -1 / (outputs - 1) if target.exclusive else 0.0)
        weights[c] = 1
        found.append((name, weights * factors))
    return found


def spell(explainer: Explainer, ids: tuple[int, ...]) -> str:
    """Returns the text of tokens: words with spaces between, characters and what continues a word without."""
    parts = explainer.encoder.parts
    tokens = [parts.tokens[i] for i in ids]
    if explainer.text.unit == "characters":
        return clean_text("".join(tokens))
    spelled = " ".join(tokens)
    return clean_text(spelled.replace(f" {CONTINUATION_PREFIX}", "") if parts.kind == "bpe" else spelled)


def list_words(explanations: Sequence[Explanation], *, is_number: bool) -> list[dict[str, Any]]:
    """Returns of each class the words with the largest mean parts in the texts that it was predicted for."""
    by_class: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for found in explanations:
        own: dict[str, float] = defaultdict(float)
        for word in found.words:
            own[clean_text(word.text, 60).lower()] += word.part
        for text, part in own.items():
            by_class["value" if is_number else str(found.label)][text].append(part)
    listed = []
    for name, words in sorted(by_class.items())[:CLASSES]:
        means = [(text, float(np.mean(parts)), len(parts)) for text, parts in words.items() if len(parts) >= MIN_TEXTS]
        best = sorted(means, key=lambda row: (-row[1], row[0]))[:PHRASES]
        rows = [{"text": text, "mean": float(f"{mean:.4g}"), "texts": texts} for text, mean, texts in best if mean > 0]
        if rows:
            listed.append({"class": clean_text(name), "words": rows})
    return listed
