"""The verb of the bundle stage: all that was made becomes one model folder."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib import metadata
from typing import Any

from safetensors.numpy import save

from textrnn.bundling.card import write_card
from textrnn.data.columns import Columns
from textrnn.data.label_format import LabelFormat
from textrnn.data.target import Target
from textrnn.decision import decision as decisions
from textrnn.decision.card_section import insert_decision
from textrnn.decision.decision import Decision
from textrnn.decision.describe import describe_promises
from textrnn.decision.weights_digest import weights_digest
from textrnn.errors import ModelError
from textrnn.evaluation.report import Report
from textrnn.inference.classifier import Classifier
from textrnn.linear import ngram_branch as branch
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.model.files import (
    CARD,
    CONFIG,
    DECISION,
    METRICS,
    NGRAMS,
    PROVENANCE,
    TOKENIZER,
    WEAK_SLICES,
    WEIGHTS,
    FolderConfig,
)
from textrnn.model.folder import ModelFolder
from textrnn.settings.saved_settings import SETTINGS_KEY, settings_of_run
from textrnn.storage.files import canonical_json, digest_bytes
from textrnn.text.vocabulary import Vocabulary, tokenizer_of

MAX_SLICES = 10
RECORDED_LIBRARIES = ("textrnn", "torch", "tokenizers", "safetensors", "numpy", "scikit-learn", "pyarrow")


def bundle(
    vocabulary: Vocabulary,
    classifier: Classifier,
    ngram_branch: NgramBranch,
    decision: Decision,
    report: Report,
    columns: Columns | None = None,
    sections: Mapping[str, Any] | None = None,
) -> ModelFolder:
    """Bring tokenizer, both branches, decision, settings, metrics, provenance and the model card together.

    `columns` are those that the examples were read from, `sections` the configuration that made the model, by name.
    """
    provenance: dict[str, Any] = {"report_sha256": digest_bytes(canonical_json(report.data))}
    if sections is not None:
        provenance[SETTINGS_KEY] = settings_of_run(sections) | {"train.precision": classifier.train_config.precision}
    if weak := weak_slices(report.data):
        provenance[WEAK_SLICES] = weak
    return folder_of(
        vocabulary,
        classifier,
        ngram_branch,
        decision,
        metrics=report.data["metrics"],
        provenance=provenance,
        card=write_card(classifier, ngram_branch, vocabulary, report.data, columns),
        columns=columns,
    )


def weak_slices(data: Mapping[str, Any]) -> list[list[Any]]:
    """Return the slices of a report's `data` that are weak: the name, the number of rows, the score, as plain JSON."""
    found = (data["diagnosis"].get("slices") or {"rows": []})["rows"]
    return [[row["name"], row["count"], round(row["value"], 4)] for row in found if row["weak"]][:MAX_SLICES]


def folder_of(
    vocabulary: Vocabulary,
    classifier: Classifier,
    ngram_branch: NgramBranch,
    decision: Decision,
    *,
    metrics: Mapping[str, Any],
    provenance: Mapping[str, Any],
    card: str,
    columns: Columns | None = None,
    labels: LabelFormat = "plain",
) -> ModelFolder:
    """The model folder of `classifier` and `ngram_branch`, whose texts, read from `columns`, `vocabulary` encodes; its
    labels came in the form `labels`.
    """
    shape, settings = classifier.model_config, classifier.train_config
    target, size = classifier.target.to_json(), classifier.vocabulary_size
    read = vocabulary.tokenizer, dict(vocabulary.libraries)
    tabular = (columns or Columns()).to_json(), classifier.tabular.to_json()
    config = asdict(
        FolderConfig(shape, target, size, settings.max_tokens, settings.truncation, *read, *tabular, labels)
    )
    if labels == "plain":
        del config["labels"]
    made_with = {
        **provenance,
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in RECORDED_LIBRARIES},
        "train": asdict(settings),
        "history": classifier.history,
        "best_epoch": classifier.best_epoch,
        **({} if classifier.origin is None else {"started_from": classifier.origin}),
        **({} if classifier.starts is None else {"starts": dict(classifier.starts)}),
    }
    weights, ngrams = save(dict(classifier.weights)), branch.to_bytes(ngram_branch)
    return ModelFolder(
        {
            CONFIG: _pretty(config),
            TOKENIZER: tokenizer_of(vocabulary).to_str(pretty=True).encode("utf-8"),
            WEIGHTS: weights,
            NGRAMS: ngrams,
            DECISION: decisions.to_bytes(bind_decision(decision, weights, ngrams)),
            METRICS: _pretty(metrics),
            PROVENANCE: _pretty(made_with),
            CARD: _decided(card, decision, classifier.target).encode("utf-8"),
        }
    )


def _decided(card: str, decision: Decision, target: Target) -> str:
    """`card` with what `decision` promises, if anything."""
    if not decision.promises:
        return card
    return insert_decision(card, describe_promises(decision, target.names))


def bind_decision(decision: Decision, weights: bytes, ngram_branch: bytes) -> Decision:
    """Return `decision` with the digest of these weights. Raises ModelError where it was fitted for others."""
    digest = weights_digest(digest_bytes(weights), digest_bytes(ngram_branch))
    if decision.weights not in ("", digest):
        raise ModelError("the decision was fitted for other weights than those of this model; decide again")
    return replace(decision, weights=digest)


def _pretty(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
