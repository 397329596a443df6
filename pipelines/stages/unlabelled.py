"""unlabelled: a file of texts without labels becomes token ids."""

from __future__ import annotations

from pipelines.stages.stage import StageContext
from textrnn.config.unlabelled import UnlabelledConfig
from textrnn.data.corpus import Corpus
from textrnn.text.read_unlabelled import read_unlabelled
from textrnn.text.unlabelled import Unlabelled
from textrnn.text.vocabulary import Vocabulary


def run_unlabelled(
    corpus: Corpus, vocabulary: Vocabulary, unlabelled_config: UnlabelledConfig, context: StageContext
) -> Unlabelled:
    """Read them, but for those that the corpus holds."""
    return read_unlabelled(corpus, vocabulary, unlabelled_config, on_progress=context.log)
