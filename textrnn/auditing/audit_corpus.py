"""The audit of a corpus: every labelled row judged by models that have not seen it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from textrnn.auditing.audit import Audit
from textrnn.auditing.class_overlap import find_class_overlaps
from textrnn.auditing.indicative_words import find_indicative_words
from textrnn.auditing.label_errors import find_label_errors
from textrnn.auditing.listed_rows import AuditFindings, list_rows
from textrnn.auditing.near_duplicates import find_near_duplicates
from textrnn.auditing.neighbours import find_conflicts, find_leaks
from textrnn.auditing.out_of_fold import N_FOLDS, score_out_of_fold
from textrnn.auditing.outliers import find_outliers
from textrnn.auditing.rows import Rows, join_splits
from textrnn.auditing.summary import summarize_audit
from textrnn.config.audit import AuditConfig
from textrnn.data.corpus import Corpus
from textrnn.data.folds import assign_folds
from textrnn.data.target import strata_of
from textrnn.errors import DataError
from textrnn.machine.optional_packages import require_package
from textrnn.text.words import Words


def audit_corpus(
    corpus: Corpus,
    words: Words,
    config: AuditConfig,
    *,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Audit:
    """Audit all labelled rows of `corpus`, those of validation and test too; `words` are its words.

    Five folds, near-duplicates in one of them, are each scored by linear models of the other four: labels that
    disagree with confident scores are suspicious (`textrnn.auditing.label_errors`). Besides: near-duplicates across
    splits and with different labels, texts unlike all others, words that nearly equal a class, classes that look alike.

    `on_progress(done, total)` is called after each model. Raises MissingPackageError without cleanlab, DataError for
    fewer than two rows.
    """
    require_package("cleanlab", "textrnn audit", "audit")
    rows = join_splits(corpus, words)
    if len(rows) < N_FOLDS:
        raise DataError(f"audit: expected at least {N_FOLDS} labelled rows, found {len(rows)}; add rows")
    alike = find_near_duplicates(rows.words, words.table, config.similarity)
    folds = assign_folds(alike.groups, _strata(rows), N_FOLDS)
    scores = score_out_of_fold(rows.words, rows.codes, corpus.target, folds, rows.tabular, on_fold=on_progress)
    errors = find_label_errors(corpus.target, rows.codes, scores, folds)
    found = AuditFindings(
        errors,
        scores,
        find_conflicts(rows, alike),
        find_leaks(rows, alike),
        find_outliers(rows.words, len(words.table)),
        _find_blank(rows),
    )
    telling = find_indicative_words(rows.words, rows.codes, corpus.target)
    overlaps = find_class_overlaps(corpus.target, rows.codes, errors.expected)
    return Audit(list_rows(rows, found), summarize_audit(rows, found, alike, telling, overlaps, words.table))


def _strata(rows: Rows) -> NDArray[np.int64]:
    labels = [label for name in rows.names for label in rows.corpus.splits[name].labels]
    found: Sequence[str | int] = strata_of(rows.corpus.target, labels)
    number: dict[str | int, int] = {}
    return np.fromiter((number.setdefault(stratum, len(number)) for stratum in found), np.int64, count=len(labels))


def _find_blank(rows: Rows) -> NDArray[np.bool_]:
    examples = [rows.corpus.splits[name] for name in rows.names]
    return np.fromiter((each.is_blank(text) for each in examples for text in each.texts), bool, count=len(rows))
