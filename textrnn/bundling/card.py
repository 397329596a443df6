"""The model card: a model folder described for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from textrnn.config.model import ModelConfig
from textrnn.data.columns import Columns
from textrnn.data.tabular import TabularColumns
from textrnn.data.target import Target
from textrnn.evaluation.baseline_summary import name_trials
from textrnn.evaluation.summary import summarise
from textrnn.inference.classifier import Classifier
from textrnn.inference.shapes import FILTER_WIDTHS
from textrnn.inference.starts import describe_starts
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.text.vocabulary import Vocabulary

PLACEHOLDER = '"..."'  # a text or a category in an example


def write_card(
    classifier: Classifier,
    ngram_branch: NgramBranch,
    vocabulary: Vocabulary,
    report: Mapping[str, Any],
    columns: Columns | None = None,
) -> str:
    """The card of a model that was evaluated, from its report's `data`; it reads `columns`. Markdown."""
    scores = "\n".join(["```", *summarise(report), "```"])
    if tried := name_trials(report["baseline"] or {}):
        scores += "\n\nThe linear models that were tried as its baseline, on validation:\n\n"
        scores += "\n".join(f"- {line}" for line in tried)
    checks = report["checks"]
    rows = ", ".join(f"{name} {about['rows']:,}" for name, about in checks["splits"].items())
    warnings = "".join(f"- {warning}\n" for warning in checks.get("warnings", []))
    data = f"Rows: {rows}.\n" + (f"\nThe data check warned:\n\n{warnings}" if warnings else "")
    return _card(classifier, ngram_branch, vocabulary, columns, f"## How good it is\n\n{scores}\n\n## Data\n\n{data}")


def plain_card(
    classifier: Classifier, ngram_branch: NgramBranch, vocabulary: Vocabulary, columns: Columns | None = None
) -> str:
    """The card of a model that has only its validation scores; it reads `columns`. Markdown."""
    best = classifier.history[classifier.best_epoch - 1]
    score = classifier.target.score
    scores = (
        "The recurrent network alone, on the validation split, which also chose its weights: "
        f"{score} {best[f'validation_{score}']:.4f}, loss {best['validation_loss']:.4f}. "
        "The model was not scored on a test split."
    )
    return _card(classifier, ngram_branch, vocabulary, columns, f"## How good it is\n\n{scores}\n")


def _card(
    classifier: Classifier, ngram_branch: NgramBranch, vocabulary: Vocabulary, columns: Columns | None, scores: str
) -> str:
    model, settings = classifier.model_config, classifier.train_config
    weights = sum(weight.size for weight in classifier.weights.values())
    shape = (
        f"A {describe_encoder(model)} "
        f"over {model.embedding_size}-number embeddings of {len(vocabulary.tokens):,} tokens ({vocabulary.kind}, "
        f"{vocabulary.tokenizer.unit}), {model.pooling} pooling, and a linear head: {weights:,} weights."
    )
    tabular = ""
    if ngram_branch.ngrams.features:
        tabular = (
            f"Added to it is an n-gram branch, a linear model on {ngram_branch.ngrams.features:,} runs of up to "
            f"{len(ngram_branch.ngrams.levels)} tokens, which reads texts whole; `decision.json` says how much "
            "each counts.\n"
        )
    if classifier.starts:
        tabular += f"A start from another model was tried beside one from nothing: {describe_starts(classifier)}.\n"
    if classifier.origin:
        tabular += f"It started from another model, whose `model.safetensors` has the SHA-256 {classifier.origin}.\n"
    gets = "a number" if classifier.target.kind == "number" else "one of them, often with high probability,"
    example, inputs = _example(columns or Columns(), classifier.tabular)
    return f"""# A text classifier made with textrnn

It reads a text and gives {_said(classifier.target)}.

    from textrnn import TextClassifier
    TextClassifier.load("this/folder").predict([{example}])
{inputs}
## What it is

{shape} Of a longer text it reads {settings.max_tokens} tokens ({settings.truncation}).
{tabular}Trained {len(classifier.history)} epoch(s); the weights are those of epoch {classifier.best_epoch}.

{scores}
## What it is not

It knows the kind of text it was trained on, and its labels alone: a text of another kind gets {gets}
all the same. The scores above hold for texts drawn like those. It learnt what associations the labels
carry, unfair ones too: look at the errors in the report before you let it decide about people.
"""


def _said(target: Target) -> str:
    """What the model gives, in words."""
    if target.kind == "number":
        return "a number"
    names = ", ".join(f"`{name}`" for name in target.names[:20])
    more = f" and {len(target.names) - 20} more" if len(target.names) > 20 else ""
    return f"a probability for each of {target.outputs} classes: {names}{more}"


def _example(columns: Columns, tabular: TabularColumns) -> tuple[str, str]:
    """What `predict` takes as one example, in Python, and a paragraph about the columns, "" where a text is all."""
    if columns.text_only:
        return '"a text"', ""
    names = {name: json.dumps(name, ensure_ascii=False) for name in columns.inputs}
    values = {column.name: f"{column.mean:.4g}" for column in tabular.numeric}
    cells = ", ".join(f"{name}: {values.get(column, PLACEHOLDER)}" for column, name in names.items())
    kinds = (("text", columns.text), ("number", columns.numeric), ("category", columns.categorical))
    inputs = ", ".join(f"{names[column]} ({kind})" for kind, group in kinds for column in group)
    return f"{{{cells}}}", f"\nOf each row, or of a data frame, it reads these columns: {inputs}.\n"


def describe_encoder(config: ModelConfig) -> str:
    """What a person is told the encoder is.

    >>> describe_encoder(ModelConfig(encoder="bag")), describe_encoder(ModelConfig(hidden_size=9, bidirectional=False))
    ('bag of embeddings', 'LSTM with 9 units a direction and 1 layer(s)')
    """
    match config.encoder:
        case "bag":
            return "bag of embeddings"
        case "convolution":
            return (
                f"convolution with {config.hidden_size} maps of each of the widths {', '.join(map(str, FILTER_WIDTHS))}"
            )
        case _:
            ways = "bidirectional " if config.bidirectional else ""
            size = f"{config.hidden_size} units a direction and {config.num_layers} layer(s)"
            return f"{ways}{config.encoder.upper()} with {size}"
