"""load: the source becomes a corpus."""

from __future__ import annotations

from pipelines.stages.stage import StageContext
from textrnn.config.data import DataConfig
from textrnn.data.corpus import Corpus
from textrnn.data.data_check import describe_checks
from textrnn.data.load import load_corpus


def run_load(data_config: DataConfig, context: StageContext) -> Corpus:
    """Read, split and check the examples."""
    corpus = load_corpus(data_config)
    for line in describe_checks(corpus.checks):
        context.log(line)
    return corpus
