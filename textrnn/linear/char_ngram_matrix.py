"""The characters that n-grams of words are made of."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from textrnn.text.character_ngrams import ACROSS_WORDS, EDGE, IN_WORDS, characters_of, narrow
from textrnn.text.count_ngrams import apply_ngrams, count_ngrams
from textrnn.text.ngrams import Ngrams
from textrnn.text.special_tokens import FIRST_TOKEN_ID
from textrnn.text.vocabulary import Vocabulary


def char_ngram_matrix(ngrams: Ngrams, vocabulary: Vocabulary) -> sparse.csr_array:
    """Return how often each n-gram of characters stands in each of `ngrams` of tokens, (F, G) float64.

    Where spaces part words: in single words, with a space at both ends, 3 to 5 characters. In the words of a segmenter:
    1 to 3 characters; those that reach over the border of two words stand in their pair. G is 0 of other vocabularies.
    So the sum over the n-grams of a text is what stands in the text, each word and each pair taken once.
    """
    unit = vocabulary.tokenizer.unit
    if vocabulary.kind != "word" or unit == "characters" or not ngrams.features:
        return sparse.csr_array((ngrams.features, 0))
    is_spaced = unit == "words"
    shortest, longest = IN_WORDS if is_spaced else ACROSS_WORDS
    first, last = _words_of(ngrams, vocabulary, 1 if is_spaced else 2)
    whole = characters_of([a + b for a, b in zip(first, last, strict=True)], EDGE if is_spaced else "")
    found, counts = count_ngrams(
        whole, longest=longest, min_documents=1, max_features=longest * max(len(whole.flat), 1)
    )
    skipped = sum(len(level.codes) for level in found.levels[: shortest - 1])  # columns go by length
    if not is_spaced:
        pair = sparse.diags_array(np.fromiter(map(bool, last), np.float64, len(last)))
        for part in (first, last):
            counts = counts - pair @ apply_ngrams(found, characters_of(part))
        counts.eliminate_zeros()
    return narrow(sparse.csr_array(counts[:, skipped:]))


def _words_of(ngrams: Ngrams, vocabulary: Vocabulary, longest: int) -> tuple[list[str], list[str]]:
    """Return the words of each n-gram of one token, and of two up to `longest`, as (F,) first and (F,) second ones.

    All others are "", and those with a special token.
    """
    first, last = [""] * ngrams.features, [""] * ngrams.features
    single = ngrams.levels[0].codes
    tokens = ["" if i < FIRST_TOKEN_ID else token for i, token in enumerate(vocabulary.tokens)]
    words = [tokens[i] for i in single.tolist()]
    for length, level in enumerate(ngrams.levels[:longest], start=1):
        at = np.flatnonzero(level.columns >= 0)
        start, end = np.divmod(level.codes[at], len(single)) if length == 2 else (at, at)
        for column, a, b in zip(level.columns[at].tolist(), start.tolist(), end.tolist(), strict=True):
            if length == 1:
                first[column] = words[a]
            elif words[a] and words[b]:
                first[column], last[column] = words[a], words[b]
    return first, last
