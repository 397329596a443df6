"""bundle: all that is needed to use the classifier, in one folder."""

from __future__ import annotations

from typing import Any

from pipelines.stages.stage import StageContext
from textrnn.bundling.bundle import bundle
from textrnn.data.corpus import Corpus
from textrnn.decision.decision import Decision
from textrnn.evaluation.report import Report
from textrnn.inference.classifier import Classifier
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.model.folder import ModelFolder
from textrnn.text.vocabulary import Vocabulary


def run_bundle(
    vocabulary: Vocabulary,
    classifier: Classifier,
    ngram_branch: NgramBranch,
    decision: Decision,
    report: Report,
    corpus: Corpus,
    context: StageContext,
    **configs: Any,
) -> ModelFolder:
    """Bring tokenizer, weights, settings, metrics and the model card together; `configs` are the sections."""
    sections = {name.removesuffix("_config"): config for name, config in configs.items()}
    folder = bundle(vocabulary, classifier, ngram_branch, decision, report, corpus.columns, sections)
    context.log(f"{len(folder.files)} files, {sum(map(len, folder.files.values())) / 1e6:.1f} MB")
    return folder
