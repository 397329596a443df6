"""What the linear models of the baseline read: counts of n-grams of words, of characters too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from scipy import sparse

from textrnn.config.baseline import BaselineConfig
from textrnn.config.tokenize import Unit
from textrnn.data.target import Target
from textrnn.linear.baseline import FittedModel
from textrnn.linear.centroids import has_many_classes, max_features_for
from textrnn.text.character_ngrams import ACROSS_WORDS, IN_WORDS, count_across_words, count_in_words
from textrnn.text.count_ngrams import apply_ngrams, count_ngrams_each
from textrnn.text.ngrams import Ngrams, ngram_words
from textrnn.text.ragged import Ragged
from textrnn.text.words import Words


@dataclass(frozen=True)
class BaselineFeatures:
    """The columns that one model reads, F of them.

    `count` counts them in N rows of word numbers, (N, F) float64; `name` returns their texts. `widths` are how many are
    n-grams of words, and of characters. `ngrams` is the length of the longest n-gram of words, `characters` are the
    lengths of the shortest and longest of characters, () without.
    """

    count: Callable[[Ragged], sparse.csr_array]
    name: Callable[[], list[str]]
    widths: tuple[int, ...]
    ngrams: int
    characters: tuple[int, ...] = ()


def models_for(target: Target, candidates: Sequence[FittedModel]) -> tuple[FittedModel, ...]:
    """Return the models that are fitted of the `candidates`: of many classes the nearest centroid alone, of numbers
    no SVM, but TF-IDF where nothing else is left.

    >>> models_for(Target("number", ()), ("nb", "svm")), models_for(Target("number", ()), ("svm",))
    (('nb',), ('tfidf',))
    """
    if has_many_classes(target) and candidates:
        return ("centroid",)
    if target.kind == "number" and candidates:
        return tuple(model for model in candidates if model not in ("svm", "svm_characters")) or ("tfidf",)
    return tuple(candidates)


def count_features(
    words: Words, config: BaselineConfig
) -> Iterator[tuple[FittedModel, BaselineFeatures, sparse.csr_array]]:
    """Yield each model of `config`, its features, chosen on the training split, and their counts there, (N, F) float64.

    N-grams of words are counted in one pass.
    """
    models = models_for(words.target, config.candidates)
    unit = words.tokenizer.unit
    longest = [_longest(model, unit, config) for model in models]
    bounds = {
        "min_documents": config.min_documents,
        "max_features": max_features_for(words.target, config.max_features),
    }
    distinct = list(dict.fromkeys(longest))
    counted = dict(zip(distinct, count_ngrams_each(words.splits["train"], longest=distinct, **bounds), strict=True))
    for place, (model, length) in enumerate(zip(models, longest, strict=True)):
        ngrams, counts = counted[length] if length in longest[place + 1 :] else counted.pop(length)  # frees a matrix
        features = _of_words(words, ngrams)
        if model == "svm_characters" and unit != "characters":
            features, counts = _with_characters(words, features, counts, bounds)
        yield model, features, counts


def _longest(model: FittedModel, unit: Unit, config: BaselineConfig) -> int:
    """Return the length of the longest n-gram of words of `model`; where words are characters, that of characters."""
    if model == "svm_characters" and unit == "characters":
        return ACROSS_WORDS[1]
    return config.nb_ngrams if model == "nb" else config.ngrams


def _of_words(words: Words, ngrams: Ngrams) -> BaselineFeatures:
    between = "" if words.tokenizer.unit == "characters" else " "

    def name() -> list[str]:
        return [between.join(words.table[word] for word in found) for found in ngram_words(ngrams)]

    return BaselineFeatures(lambda rows: apply_ngrams(ngrams, rows), name, (ngrams.features,), len(ngrams.levels))


def _with_characters(
    words: Words, features: BaselineFeatures, counts: sparse.csr_array, bounds: dict[str, Any]
) -> tuple[BaselineFeatures, sparse.csr_array]:
    """Return `features` and their `counts` with n-grams of characters: within words where spaces part words."""
    is_spaced = words.tokenizer.unit == "words"
    count, (shortest, longest) = (count_in_words, IN_WORDS) if is_spaced else (count_across_words, ACROSS_WORDS)
    characters, more = count(words.table, words.splits["train"], shortest=shortest, longest=longest, **bounds)

    def join(first: sparse.csr_array, second: sparse.csr_array) -> sparse.csr_array:
        return sparse.csr_array(sparse.hstack([first, second], format="csr"))

    joined = BaselineFeatures(
        lambda rows: join(features.count(rows), characters.count(rows)),
        lambda: features.name() + characters.names(),
        (*features.widths, more.shape[1]),
        features.ngrams,
        (shortest, longest),
    )
    return joined, join(counts, more)
