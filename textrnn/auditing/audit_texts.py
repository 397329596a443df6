"""`textrnn.audit`: labelled texts in memory audited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from textrnn.auditing.audit import Audit
from textrnn.auditing.audit_corpus import audit_corpus
from textrnn.config.audit import AuditConfig
from textrnn.config.data import TargetKind
from textrnn.config.parse import read_section
from textrnn.config.tokenize import TokenizeConfig, Unit
from textrnn.data.columns import Columns
from textrnn.data.corpus import Corpus
from textrnn.data.label_input import as_labels
from textrnn.data.load import examples_from_sequences
from textrnn.data.python_columns import as_column, require_same_length
from textrnn.data.target import target_of
from textrnn.text.tokenize import tokenize


def audit(
    texts: Iterable[str],
    labels: Any,
    *,
    target: TargetKind = "single",
    classes: Sequence[str] = (),
    unit: Unit = "auto",
    similarity: float = AuditConfig.similarity,
) -> Audit:
    """Find the rows among N `texts` and `labels` (N) that look wrong; returns them in `rows`, and a `summary`.

    Linear models score each text without having seen it or a near-duplicate of it (five folds, near-duplicates in one
    of them). Listed are labels that confident learning counts as wrong, with what the models expect; near-duplicates
    with different labels; texts unlike all others; texts without a visible character. `summary` says besides which
    words nearly equal a class, and which classes look alike.

    `labels`, `target` and `classes` are those of `TextClassifier.fit`; `unit` is how texts are split into words;
    texts with `similarity` (0 to 1) or more of their words and pairs of words in common are near-duplicates.
    `AuditRow.index` is the place of a row among `texts`, from 0.

    Raises DataError for texts or labels that cannot be used, ConfigError for a `similarity` outside of (0, 1],
    MissingPackageError without cleanlab (pip install 'textrnn[audit]').
    """
    found = as_column(texts, "texts", "text")
    given = as_labels(labels, target)
    require_same_length(found, given.labels)
    examples = examples_from_sequences(found, given.labels, Columns(), target).examples
    corpus = Corpus({"train": examples}, target_of(target, examples.labels, tuple(classes) or given.names))
    config = read_section(AuditConfig, {"similarity": similarity}, {"similarity": "similarity"})
    return audit_corpus(corpus, tokenize(corpus, TokenizeConfig(unit=unit)), config)
