"""Each method of explanation on the texts of one model: faithfulness, rank agreement, what the weights change."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.explaining.erasing import WAYS, areas_of, score_erased, search_extreme
from textrnn.data.text_boundary import bound_text
from textrnn.decision.branch_logits import BranchLogits
from textrnn.explanation.contrast import Contrast, make_contrast
from textrnn.explanation.explanation import Explanation, MethodName
from textrnn.explanation.leave_one_out import variants_of
from textrnn.explanation.network_parts import NetworkInput
from textrnn.explanation.word_spans import GroupedText, locate_groups
from textrnn.inference.engine import build_engine
from textrnn.metrics.ranks import rank_function, weighted_correlation
from textrnn.model.explain import explain_examples
from textrnn.model.predictor import Predictor
from textrnn.text.token_spans import locate_tokens

Float = NDArray[np.float64]
METHODS: tuple[MethodName, ...] = ("shapley", "leave_one_out", "integrated_gradients")
OCCLUSION, NGRAMS, RANDOM = "both branches without the word", "n-gram branch alone", "random order"
SHUFFLES = 5  # random orders of a text, whose mean is compared


@dataclass(frozen=True)
class Text:
    """A text with its words, the class explained, and the parts of these (G,) by each method."""

    located: GroupedText
    label: int
    parts: Mapping[str, Float]
    explanations: Mapping[str, Explanation]
    seconds: Mapping[str, float]


def locate(predictor: Predictor, text: str) -> GroupedText:
    """Returns the words of `text`."""
    bounded = bound_text(text).text
    return locate_groups(bounded, [len(bounded)], locate_tokens(predictor.tokenizer, predictor.text, bounded))


def explain_text(predictor: Predictor, text: str) -> Text:
    """Returns `text` explained by all methods."""
    located, parts = locate(predictor, text), dict[str, Float]()
    found, seconds = dict[str, Explanation](), dict[str, float]()
    for method in METHODS:
        began = time.perf_counter()
        (found[method],) = explain_examples(predictor, [text], method=method)
        seconds[method] = time.perf_counter() - began
        parts[method] = np.array([word.part for word in found[method].words])
    known = [str(name) for name in predictor.target.classes]
    label = known.index(str(found[METHODS[0]].label))
    against = known.index(str(found[METHODS[0]].against))
    contrast = make_contrast(predictor.decision, predictor.target.outputs, label, against)
    parts[OCCLUSION] = occlude(predictor, located, contrast)
    parts[NGRAMS] = np.array([word.ngram_branch for word in found[METHODS[0]].words])
    return Text(located, label, parts, found, seconds)


def occlude(predictor: Predictor, text: GroupedText, contrast: Contrast) -> Float:
    """Returns how much the difference of calibrated logits changes without each word, (G,): both branches at once."""
    rows = variants_of(NetworkInput(text.tokens.ids, text.groups, len(text.spans)))
    logits: BranchLogits = predictor.encoded_logits(rows)
    values = contrast.of(logits)
    drops: Float = values[0] - values[1:-1]
    return drops


def measure_text(predictor: Predictor, text: Text, chance: np.random.Generator) -> dict[str, dict[str, float]]:
    """Returns by method the comprehensiveness and the sufficiency by each way of erasing, both from 0, the worst order
    found, to 1, the best.
    """
    size = len(text.located.spans)
    found: dict[str, dict[str, float]] = {name: {} for name in (*text.parts, RANDOM)}
    for way in WAYS:
        score = score_erased(predictor, text.located, text.label, way)
        areas = {name: [areas_of(score, np.argsort(-parts, kind="stable"))] for name, parts in text.parts.items()}
        areas[RANDOM] = [areas_of(score, chance.permutation(size)) for _ in range(SHUFFLES)]
        every = [value for some in areas.values() for area in some for value in (area.order, area.reverse)]
        high, low = max(*every, search_extreme(score, size, 1)), min(*every, search_extreme(score, size, -1))
        for name, some in areas.items():
            spread = max(high - low, 1e-12)
            found[name][f"comprehensiveness {way}"] = float(np.mean([(a.order - low) / spread for a in some]))
            found[name][f"sufficiency {way}"] = float(np.mean([(high - a.reverse) / spread for a in some]))
    return found


def spearman(first: Float, second: Float) -> float:
    """Returns the rank correlation of two arrays (N,); NaN where one is constant."""
    ones = np.ones(len(first))
    return weighted_correlation(rank_function(first)(ones), rank_function(second)(ones), ones)


def p_value(differences: Float, seed: int = 0, flips: int = 20_000) -> float:
    """Returns the two-sided p value of paired `differences` (N,), by random signs."""
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (flips, len(differences)))
    return float((1 + (np.abs(signs @ differences) >= abs(differences.sum()) - 1e-12).sum()) / (flips + 1))


def randomize(predictor: Predictor, seed: int = 0) -> Predictor:
    """Returns `predictor` with the numbers of each array of weights in a random order."""
    chance = np.random.default_rng(seed)

    def mix(weights: NDArray[np.float32]) -> NDArray[np.float32]:
        return chance.permutation(weights.reshape(-1)).reshape(weights.shape)

    network = predictor.engine.network
    weights = {name: mix(weight) for name, weight in network.weights.items()}
    branch = replace(predictor.ngram_branch, weights=mix(predictor.ngram_branch.weights))
    return replace(predictor, engine=build_engine(replace(network, weights=weights)), ngram_branch=branch)


def measure_model(predictor: Predictor, texts: Iterable[str], tell: Any = lambda _: None) -> dict[str, Any]:
    """Returns what is measured of each method over all `texts`."""
    chance, random = np.random.default_rng(0), randomize(predictor)
    rows: list[dict[str, dict[str, float]]] = []
    for number, text in enumerate(texts, 1):
        explained = explain_text(predictor, text)
        row = measure_text(predictor, explained, chance)
        for name, parts in explained.parts.items():
            row[name]["rank agreement with occlusion"] = spearman(parts, explained.parts[OCCLUSION])
        for method in METHODS:
            found = explained.explanations[method]
            row[method]["seconds"] = explained.seconds[method]
            row[method]["remainder"] = found.remainder_share
            (other,) = explain_examples(random, [text], label=found.label, against=found.against, method=method)
            other_parts = np.array([word.part for word in other.words])
            row[method]["rank correlation with random weights"] = spearman(explained.parts[method], other_parts)
        rows.append(row)
        tell(number)
    return summarize(rows)


def summarize(rows: list[dict[str, dict[str, float]]]) -> dict[str, Any]:
    """Returns the mean (of seconds and remainders the median) of each figure by method, and p values against random."""
    found: dict[str, Any] = {}
    for name in rows[0]:
        columns = {key: np.array([row[name][key] for row in rows]) for key in rows[0][name]}
        found[name] = {
            key: float(np.nanmedian(column) if key in ("seconds", "remainder") else np.nanmean(column))
            for key, column in columns.items()
        }
        for key, column in columns.items():
            if key.split()[0] in ("comprehensiveness", "sufficiency") and name != RANDOM:
                found[name][f"p {key}"] = p_value(column - np.array([row[RANDOM][key] for row in rows]))
        if "remainder" in columns:
            found[name]["largest remainder"] = float(columns["remainder"].max())
    return found
