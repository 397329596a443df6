"""audit: linear models that have not seen a row judge its label."""

from __future__ import annotations

from pipelines.stages.stage import StageContext
from textrnn.auditing.audit import Audit
from textrnn.auditing.audit_corpus import audit_corpus
from textrnn.config.audit import AuditConfig
from textrnn.data.corpus import Corpus
from textrnn.text.words import Words


def run_audit(corpus: Corpus, words: Words, audit_config: AuditConfig, context: StageContext) -> Audit:
    """Find the rows that a person should look at."""
    return audit_corpus(corpus, words, audit_config, on_progress=context.count)
