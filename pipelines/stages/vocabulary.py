"""vocabulary: the words of the training split become tokens with ids."""

from __future__ import annotations

from pipelines.stages.stage import StageContext
from textrnn.config.arguments.vocabulary import VocabularyArguments
from textrnn.encoder.known_words import read_known_words
from textrnn.text.build_vocabulary import build_vocabulary
from textrnn.text.special_tokens import UNK
from textrnn.text.vocabulary import Vocabulary
from textrnn.text.words import Words
from textrnn.training.warm_start_tokens import read_warm_start_tokens


def run_vocabulary(words: Words, arguments: VocabularyArguments, context: StageContext) -> Vocabulary:
    """Count, cut, and train the subword model if there is one; words of the initial model and of the encoder stay."""
    known = read_warm_start_tokens(arguments.train_config.init_from)
    known += read_known_words(arguments.embeddings_config.encoder, words.tokenizer)
    vocabulary = build_vocabulary(words, arguments.vocabulary_config, known)
    unknown = vocabulary.counts[UNK] / sum(vocabulary.counts)
    size = f"{len(vocabulary.tokens):,} tokens ({vocabulary.kind}, {arguments.vocabulary_config.max_size:,} at most)"
    context.log(f"{size}; {unknown:.1%} of the training tokens are UNK")
    return vocabulary
