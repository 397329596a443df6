"""`Explainer`: all of a classifier that explanations need; its examples explained, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.tokenize import TokenizeConfig
from textrnn.data.tabular import TabularColumns, TabularFeatures
from textrnn.data.target import Target
from textrnn.data.text_boundary import MAX_CHARACTERS, bound_text, join_texts
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.decision import Decision, compute_scores
from textrnn.explanation.contrast import Contrast, choose_outputs, make_contrast
from textrnn.explanation.explain_ids import Branches, EncodedText, Parts, columns_of, explain_ids, read_places
from textrnn.explanation.explanation import Explanation, MethodName
from textrnn.explanation.network_parts import ExplainNetwork
from textrnn.explanation.parts import ColumnPart, PhrasePart, WordPart
from textrnn.explanation.phrases import phrase_size
from textrnn.explanation.word_spans import GroupedText, Span, locate_groups
from textrnn.metrics.predictions import predict_from_scores
from textrnn.text.text_encoder import TextEncoder
from textrnn.text.token_spans import locate_tokens

MAX_PHRASES = 50  # n-grams that an explanation lists


@dataclass(frozen=True)
class Explainer:
    """A classifier: how it reads texts (`encoder`, `text`), its `branches`, its `decision` on the classes of `target`.

    `classes` are these in the caller's form; `method` explains the recurrent branch, and is called `name`. Texts are
    cut at `max_characters`; `tabular` are the columns that are read with them.
    """

    encoder: TextEncoder
    text: TokenizeConfig
    branches: Branches
    decision: Decision
    target: Target
    classes: Sequence[Any]
    method: ExplainNetwork
    name: MethodName
    tabular: TabularColumns
    max_characters: int = MAX_CHARACTERS


@dataclass(frozen=True)
class ExampleToExplain:
    """One example to explain: its text columns by name, the tabular cells as text, and as features (1 row); its
    `logits` (1).
    """

    texts: dict[str, str]
    logits: BranchLogits
    cells: Sequence[str] = ()
    tabular: TabularFeatures | None = None


def explain_example(
    explainer: Explainer, example: ExampleToExplain, label: object = None, against: object = None
) -> Explanation:
    """Returns why `example` gets `label` (None: the predicted class) and not `against` (None: the most probable other).

    Raises ConfigError for a class that there is not.
    """
    target, scores = explainer.target, compute_scores(explainer.decision, example.logits)[0]
    predicted = int(_predict(explainer, scores)[0]) if target.exclusive else None
    pair = choose_outputs(target, scores, predicted, label, against, explainer.classes)
    contrast = make_contrast(explainer.decision, target.outputs, *pair)
    text = locate_text(explainer, example.texts)
    encoded = EncodedText(text.tokens.ids, text.groups, len(text.spans), example.tabular)
    parts = explain_ids(explainer.branches, contrast, example.logits, encoded, explainer.method)
    return _explanation(explainer, example, contrast, scores, text, parts)


def locate_text(explainer: Explainer, texts: dict[str, str]) -> GroupedText:
    """Returns the words of the text columns `texts`, where the text boundary leaves them; phrases where the recurrent
    branch reads very many words.
    """
    bounded = [bound_text(text, explainer.max_characters).text for text in texts.values()]
    joined = join_texts(bounded)
    tokens = locate_tokens(explainer.encoder, explainer.text, joined)
    read = tokens.words[read_places(explainer.branches, len(tokens.ids))]
    return locate_groups(joined, [*map(len, bounded)], tokens, phrase_size(len(np.unique(read))))


def _predict(explainer: Explainer, scores: NDArray[np.float64]) -> NDArray[Any]:
    return predict_from_scores(explainer.target, scores[None], explainer.decision.thresholds)


def _explanation(
    explainer: Explainer,
    example: ExampleToExplain,
    contrast: Contrast,
    scores: NDArray[np.float64],
    text: GroupedText,
    parts: Parts,
) -> Explanation:
    names = list(example.texts)

    def cut(span: Span) -> dict[str, Any]:
        name = names[span.column]
        return {
            "text": example.texts[name][span.start : span.end],
            "start": span.start,
            "end": span.end,
            "column": name,
        }

    words = tuple(
        WordPart(**cut(span), recurrent=float(a), ngram_branch=float(b), is_read=bool(is_read))
        for span, a, b, is_read in zip(text.spans, parts.recurrent, parts.ngram_branch, parts.is_read, strict=True)
    )
    found = parts.phrases
    phrases: list[PhrasePart] = []
    for place in np.argsort(-np.abs(found.parts), kind="stable"):
        span = text.span_of(int(found.starts[place]), int(found.ends[place]) - 1)
        if span is not None and len(phrases) < MAX_PHRASES:
            phrases.append(PhrasePart(**cut(span), part=float(found.parts[place])))
    columns = zip(
        columns_of(explainer.tabular), example.cells, parts.recurrent_columns, parts.ngram_columns, strict=True
    )
    is_number, other = explainer.target.kind == "number", contrast.against
    return Explanation(
        example.texts,
        None if is_number else explainer.classes[contrast.label],
        None if other is None else explainer.classes[other],
        float(scores[contrast.label]),
        None if other is None else float(scores[other]),
        parts.difference,
        parts.base,
        parts.remainder,
        words,
        tuple(ColumnPart(name, value, float(a), float(b)) for name, value, a, b in columns),
        tuple(phrases),
        explainer.name,
    )


def format_cell(cell: object) -> str:
    """Returns a tabular cell as text.

    >>> format_cell(7.50), format_cell(float("nan")), format_cell("east")
    ('7.5', '', 'east')
    """
    if not isinstance(cell, float):
        return str(cell)
    return "" if cell != cell else f"{cell:g}"
