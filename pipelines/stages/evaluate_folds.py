"""evaluate, in a run with folds: the predictions of every fold for its test rows become one report."""

from __future__ import annotations

from typing import Any

from pipelines.stages.stage import StageContext
from textrnn.config.arguments.folds import EvaluateFoldsArguments
from textrnn.data.corpus import Corpus
from textrnn.data.fold_splits import deal_corpus
from textrnn.decision.decision import Decision
from textrnn.evaluation.evaluate_folds import evaluate_folds
from textrnn.evaluation.fold_model import FinalModel, FoldModel
from textrnn.evaluation.report import Report
from textrnn.evaluation.summary import summarise
from textrnn.inference.classifier import Classifier
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.text.ids import Ids
from textrnn.text.vocabulary import Vocabulary


def run_evaluate_folds(
    corpus: Corpus,
    vocabulary: Vocabulary,
    ids: Ids,
    classifier: Classifier,
    ngram_branch: NgramBranch,
    decision: Decision,
    folds: list[dict[str, Any]],
    arguments: EvaluateFoldsArguments,
    context: StageContext,
) -> Report:
    """Score both on all rows, compare them, draw the pictures."""
    models = [FoldModel(**nouns) for nouns in folds]
    final = FinalModel(vocabulary, ids, classifier, ngram_branch, decision)
    dealt = deal_corpus(corpus, arguments.data.folds, arguments.data.split_seed)
    report = evaluate_folds(corpus, dealt, models, final, arguments.evaluate)
    for line in summarise(report.data):
        context.log(line)
    return report
