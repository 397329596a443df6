"""evaluate: predictions of the classifier on the test split, compared with the baseline, become a report."""

from __future__ import annotations

from pipelines.stages.stage import StageContext
from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.corpus import Corpus
from textrnn.decision.decision import Decision
from textrnn.evaluation.evaluate import evaluate
from textrnn.evaluation.report import Report
from textrnn.evaluation.summary import summarise
from textrnn.inference.classifier import Classifier
from textrnn.linear.baseline import Baseline
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.text.ids import Ids
from textrnn.text.pseudo_labels import PseudoLabels
from textrnn.text.vocabulary import Vocabulary


def run_evaluate(
    corpus: Corpus,
    ids: Ids,
    classifier: Classifier,
    ngram_branch: NgramBranch,
    decision: Decision,
    baseline: Baseline,
    vocabulary: Vocabulary,
    pseudo_labels: PseudoLabels,
    evaluate_config: EvaluateConfig,
    context: StageContext,
) -> Report:
    """Score both, compare them, draw the pictures."""
    teacher = None if pseudo_labels.test is None else (pseudo_labels.teacher, pseudo_labels.test)
    report = evaluate(corpus, ids, classifier, ngram_branch, decision, baseline, evaluate_config, vocabulary, teacher)
    for line in summarise(report.data):
        context.log(line)
    return report
