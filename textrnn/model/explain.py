"""Examples explained by a predictor: their texts, the parts of both branches, spans of characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args

import numpy as np

from textrnn.data.columns import Example
from textrnn.data.input_cells import parse_cells
from textrnn.data.label_output import classes_of
from textrnn.data.readers.wording import quote
from textrnn.data.text_boundary import bound_text, join_texts
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.decision import compute_scores
from textrnn.errors import ConfigError
from textrnn.explanation.contrast import Contrast, choose_outputs, make_contrast
from textrnn.explanation.explain_ids import Branches, EncodedText, Parts, columns_of, explain_ids
from textrnn.explanation.explanation import Explanation, MethodName
from textrnn.explanation.leave_one_out import leave_one_out
from textrnn.explanation.located import LocatedText, locate_groups
from textrnn.explanation.network_parts import Method
from textrnn.explanation.parts import ColumnPart, PhrasePart, WordPart
from textrnn.inference.engine import Engine
from textrnn.machine.optional_packages import require_package
from textrnn.model.predictor import Predictor
from textrnn.text.token_spans import locate_tokens

PHRASES = 50  # n-grams that an explanation lists


def explain_examples(
    predictor: Predictor,
    examples: Sequence[Example],
    *,
    label: Any = None,
    against: Any = None,
    method: MethodName = "leave_one_out",
) -> Iterator[Explanation]:
    """Yields an explanation of each of N `examples`, in order.

    Without a `label` it is that of the predicted class, of several labels the most probable one; without `against` it
    is compared with the most probable other class, where classes exclude each other. Raises ConfigError for a class or
    a method that there is not, DataError, MissingPackageError.
    """
    read = choose_method(method, predictor.engine)
    inputs = predictor.read(examples)
    logits = predictor.encoded_logits(inputs.rows, inputs.tabular)
    scores = compute_scores(predictor.decision, logits)
    predicted = predictor.choose_labels(scores)
    known = classes_of(predictor.target, predictor.labels).tolist()
    branches = Branches(predictor.engine, predictor.ngram_branch, predictor.max_tokens, predictor.truncation)
    for number, example in enumerate(examples):
        own = predicted[number] if predictor.target.exclusive else None
        pair = choose_outputs(predictor.target, scores[number], own, label, against, known)
        contrast = make_contrast(predictor.decision, predictor.target.outputs, *pair)
        texts, text = _texts_of(predictor, example)
        tabular = None if inputs.tabular is None else inputs.tabular.take(np.array([number]))
        encoded = EncodedText(text.tokens.ids, text.groups, len(text.spans), tabular)
        one = BranchLogits(logits.recurrent[[number]], logits.ngram_branch[[number]])
        parts = explain_ids(branches, contrast, one, encoded, read)
        cells = _cells_of(predictor, example)
        yield _explanation(predictor, contrast, scores[number], texts, cells, text, parts, known, method)


def choose_method(name: str, engine: Engine) -> Method:
    """Returns the method of this name for the recurrent branch, which `engine` computes.

    Raises ConfigError, MissingPackageError.
    """
    if name == "leave_one_out":
        return leave_one_out(engine)
    if name != "integrated_gradients":
        raise ConfigError(f"method: expected {' or '.join(get_args(MethodName))}, found {quote(name)}")
    for module in ("torch", "captum"):
        require_package(module, "method integrated_gradients", "explain")
    from textrnn.nn.integrated_gradients import integrated_gradients

    return integrated_gradients(engine.network)


def _texts_of(predictor: Predictor, example: Example) -> tuple[dict[str, str], LocatedText]:
    """The text columns of an example, as they came, and the tokens of what the text boundary leaves of them."""
    columns = predictor.columns
    cells = example if isinstance(example, tuple) else (example,)
    originals = [str(cell) for cell in cells[: len(columns.text)]]
    bounded = [bound_text(text, columns.max_characters).text for text in originals]
    joined = join_texts(bounded)
    tokens = locate_tokens(predictor.tokenizer, predictor.text, joined)
    return dict(zip(columns.text, originals, strict=True)), locate_groups(joined, [*map(len, bounded)], tokens)


def _cells_of(predictor: Predictor, example: Example) -> list[str]:
    """The cells of the tabular columns, as text; an empty number is "", as it came."""
    if predictor.columns.text_only:
        return []
    cells = parse_cells(example, predictor.columns, "example")[len(predictor.columns.text) :]
    return ["" if cell != cell else f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in cells]


def _explanation(
    predictor: Predictor,
    contrast: Contrast,
    scores: np.ndarray[Any, Any],
    texts: dict[str, str],
    cells: list[str],
    text: LocatedText,
    parts: Parts,
    known: list[Any],
    method: MethodName,
) -> Explanation:
    names = list(texts)

    def cut(span: Any) -> dict[str, Any]:
        name = names[span.column]
        return {"text": texts[name][span.start : span.end], "start": span.start, "end": span.end, "column": name}

    words = tuple(
        WordPart(**cut(span), recurrent=float(a), ngram_branch=float(b), is_read=bool(is_read))
        for span, a, b, is_read in zip(text.spans, parts.recurrent, parts.ngram_branch, parts.is_read, strict=True)
    )
    found = parts.phrases
    phrases: list[PhrasePart] = []
    for place in np.argsort(-np.abs(found.parts), kind="stable"):
        span = text.span_of(int(found.starts[place]), int(found.ends[place]) - 1)
        if span is not None and len(phrases) < PHRASES:
            phrases.append(PhrasePart(**cut(span), part=float(found.parts[place])))
    columns = zip(columns_of(predictor.tabular), cells, parts.recurrent_columns, parts.ngram_columns, strict=True)
    is_number, other = predictor.target.kind == "number", contrast.against
    return Explanation(
        texts,
        None if is_number else known[contrast.label],
        None if other is None else known[other],
        float(scores[contrast.label]),
        None if other is None else float(scores[other]),
        parts.difference,
        parts.base,
        parts.remainder,
        words,
        tuple(ColumnPart(name, value, float(a), float(b)) for name, value, a, b in columns),
        tuple(phrases),
        method,
    )
