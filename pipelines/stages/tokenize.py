"""tokenize: the corpus becomes words."""

from __future__ import annotations

from pipelines.stages.stage import StageContext
from textrnn.config.tokenize import TokenizeConfig
from textrnn.data.corpus import Corpus
from textrnn.text.tokenize import tokenize
from textrnn.text.words import Words


def run_tokenize(corpus: Corpus, tokenize_config: TokenizeConfig, context: StageContext) -> Words:
    """Split every text once."""
    words = tokenize(corpus, tokenize_config, on_progress=context.count, on_choice=context.log)
    tokens = sum(len(rows.flat) for rows in words.splits.values())
    unit = "characters" if words.tokenizer.unit == "characters" else "words"
    by = ", ".join(f"{name} {version}" for name, version in words.libraries.items())
    context.log(f"{tokens:,} {unit}, {len(words.table):,} different" + (f" (by {by})" if by else ""))
    return words
