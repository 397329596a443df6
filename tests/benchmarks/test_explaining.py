"""The measure of faithfulness: areas as they are defined, extremes as all orders give them."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from made import make_rows
from made_predictor import made_predictor

from benchmarks.explaining import __main__ as command
from benchmarks.explaining.erasing import WAYS, Way, areas_of, score_erased, search_extreme
from benchmarks.explaining.measure import (
    METHODS,
    OCCLUSION,
    RANDOM,
    explain_text,
    locate,
    measure_model,
    p_value,
    randomize,
    spearman,
)
from textrnn.model.explain import explain_examples
from textrnn.nn import integrated_gradients

TEXT = "the soup was not good !"
TEXTS = [text for text, _ in make_rows(40, seed=5)]


@pytest.mark.parametrize("way", WAYS)
def test_areas_are_mean_drops_and_the_search_finds_their_bounds(way: Way) -> None:
    predictor = made_predictor()
    text = locate(predictor, TEXT)
    size = len(text.spans)
    score = score_erased(predictor, text, 1, way)

    def probability(kept: list[int]) -> float:
        if way == "deletion":
            words = [TEXT.split()[i] for i in kept]
        else:
            words = [word if i in kept else "zzz" for i, word in enumerate(TEXT.split())]
        return float(predictor.predict_probabilities([" ".join(words)])[0, 1])

    whole, areas = probability([*range(size)]), {}
    for order in permutations(range(size)):
        areas[order] = areas_of(score, np.array(order)).order
    some = [3, 1, 0, 2, 5, 4]
    drops = [whole - probability([i for i in range(size) if i not in some[:k]]) for k in range(1, size + 1)]
    assert areas[tuple(some)] == pytest.approx(np.mean(drops), abs=1e-6)
    assert areas_of(score, np.array(some)).reverse == pytest.approx(areas[tuple(some[::-1])], abs=1e-6)
    assert search_extreme(score, size, 1, beams=100) == pytest.approx(max(areas.values()), abs=1e-6)
    assert search_extreme(score, size, -1, beams=100) == pytest.approx(min(areas.values()), abs=1e-6)


def test_random_weights_change_the_explanations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrated_gradients, "TOLERANCE", 9.0)  # few steps
    predictor = made_predictor()
    for method in METHODS:
        found = []
        for model in (predictor, *(randomize(predictor, seed) for seed in range(8))):
            explained = explain_examples(model, TEXTS[:4], label="good", against="bad", method=method)
            found.append([np.array([word.part for word in each.words]) for each in explained])
        same, *random = [[spearman(a, b) for a, b in zip(found[0], other, strict=True)] for other in found]
        assert same == pytest.approx([1, 1, 1, 1])
        assert abs(np.mean(random)) < 0.2


def test_occlusion_is_of_both_branches() -> None:
    predictor = made_predictor()
    text = explain_text(predictor, TEXT)
    (whole,) = explain_examples(predictor, [TEXT])
    (without,) = explain_examples(predictor, ["soup was not good !"], label=whole.label, against=whole.against)
    assert text.parts[OCCLUSION][0] == pytest.approx(whole.difference - without.difference, abs=1e-5)


def test_all_is_measured_and_told_as_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrated_gradients, "TOLERANCE", 9.0)
    predictor = made_predictor()
    result = {"texts": 2, "methods": measure_model(predictor, TEXTS[:2])}
    for name, row in result["methods"].items():  # type: ignore[attr-defined]
        assert all(0 <= row[score] <= 1 for score in command.SCORES), name
    assert 0 < result["methods"][RANDOM][command.SCORES[0]] < 1  # type: ignore[index]
    lines = command.table_of("made", result)
    assert lines[0].startswith("| made, 2 texts | comprehensiveness deletion |")
    assert len(lines) == 2 + len(METHODS) + 3
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        "".join(json.dumps({"text": text}) + "\n" for text in ["one two", *TEXTS, *TEXTS]), encoding="utf-8"
    )
    assert command.choose_texts(predictor, rows, 5, 40) == TEXTS[:5]


def test_a_p_value_is_small_where_all_differ_one_way() -> None:
    assert p_value(np.ones(30)) < 0.001
    assert p_value(np.tile([1.0, -1.0], 15)) == 1
