"""Slices: a weak one is found and tested on other rows; chance alone finds none."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import fisher_exact, norm, ttest_ind

from textrnn.config.data import DataConfig
from textrnn.data.corpus import Corpus
from textrnn.data.load import load_corpus
from textrnn.errors import ConfigError
from textrnn.evaluation.slices.column_groups import group_by_column
from textrnn.evaluation.slices.measure_slices import SliceRows, measure_slices
from textrnn.evaluation.slices.significance import compare_group, fisher, holm
from textrnn.evaluation.slices.text_groups import group_by_length, group_by_script, group_by_unknown, script_of

WORDS = ("soup", "room", "staff", "price", "garden", "music", "bread", "window")


def make_rows(seed: int, size: int = 800, *, planted: float = 0.6, columns: Any = None) -> SliceRows:
    """Texts of three words each; those with both "soup" and "garden" are wrong with the probability `planted`."""
    random = np.random.default_rng(seed)
    words = [random.choice(WORDS, 3, replace=False).tolist() for _ in range(size)]
    bad = np.array([{"soup", "garden"} <= set(each) for each in words])
    errors = (random.random(size) < np.where(bad, planted, 0.1)).astype(np.float64)
    texts = [" ".join(each) for each in words]
    return SliceRows(texts, random.integers(3, 90, size), np.zeros(size), errors, columns or {})


@pytest.mark.parametrize("installed", [True, False])
def test_words_in_which_errors_gather_are_found_on_validation_and_tested(
    monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    if not installed:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    elif "sliceline" not in sys.modules:
        pytest.importorskip("sliceline")
    found = measure_slices(make_rows(0), "single", make_rows(1))
    weak = [row for row in found["rows"] if row["weak"]]
    names = {row["name"] for row in weak}
    pairs = {"the word 'garden' and the word 'soup'", "the word 'soup' and the word 'garden'"}
    assert names & (pairs if installed else {"the word 'soup'", "the word 'garden'"})
    assert all(row["p_value"] < 0.05 and row["difference"] < -0.05 for row in weak)
    assert found["rows"][: len(weak)] == weak


def test_chance_alone_finds_nothing() -> None:
    found = [
        measure_slices(make_rows(seed, 300, planted=0.1), "single", make_rows(99 - seed, 300, planted=0.1))
        for seed in range(6)
    ]
    assert sum(row["weak"] for each in found for row in each["rows"]) <= 1


def test_columns_are_slices_by_value_and_by_quarters_of_numbers() -> None:
    shops = ["north", "south", ""] * 200
    prices = [*np.linspace(1, 100, 599).tolist(), float("nan")]
    rows = make_rows(0, 600, planted=0.1, columns={"shop": shops, "price": prices})
    errors = np.where(np.array(shops) == "south", np.random.default_rng(1).random(600) < 0.4, rows.errors)
    rows = SliceRows(rows.texts, rows.lengths, rows.unknown, errors.astype(np.float64), rows.columns)
    found = measure_slices(rows, "single")
    assert [row["name"] for row in found["rows"] if row["weak"]] == ["shop = south"]
    names = {row["name"] for row in found["rows"]}
    assert {"shop = north", "shop = (empty)"} <= names
    assert sum(name.startswith("price ") for name in names) == 4
    assert next(group.name for group in group_by_column("price", prices)) == "price = (empty)"


def test_numbers_are_compared_by_their_distance() -> None:
    random = np.random.default_rng(0)
    lengths = random.integers(3, 90, 500)
    errors = np.abs(random.normal(0, np.where(lengths > 70, 3.0, 1.0)))
    found = measure_slices(SliceRows(["a"] * 500, lengths, np.zeros(500), errors), "number")
    assert found["score"] == "mean_absolute_error"
    first = found["rows"][0]
    assert first["weak"]
    assert first["difference"] > 0.5
    assert first["name"].endswith("89 tokens")


def test_the_tests_are_those_of_scipy() -> None:
    for first, total, second, others in ((8, 10, 1, 10), (0, 30, 12, 60), (25, 50, 240, 600)):
        less, greater = (
            fisher_exact([[first, total - first], [second, others - second]], side)[1] for side in ("less", "greater")
        )
        assert fisher(first, total, second, others) == pytest.approx(min(1, 2 * min(less, greater)), rel=1e-9)
    random = np.random.default_rng(0)
    errors, members = random.random(400), random.random(400) < 0.5
    errors[members] += 0.1
    welch = ttest_ind(errors[members], errors[~members], equal_var=False).pvalue
    assert compare_group(errors, members) == pytest.approx(welch, rel=0.3)
    few, of = np.array([0.1, 0.4, 0.3, 0.9, 0.7, 0.8, 0.2]), np.arange(7) < 3
    statistic = ttest_ind(few[of], few[~of], equal_var=False).statistic
    assert compare_group(few, of) == pytest.approx(2 * norm.sf(abs(statistic)), rel=1e-12)
    assert holm([]) == []


def test_texts_are_grouped_by_what_can_be_seen_of_them() -> None:
    assert [group.members.sum() for group in group_by_length(np.arange(100))] == [20] * 5
    assert group_by_length(np.full(9, 3)) == []
    assert group_by_unknown(np.zeros(3)) == []
    shares = [group.members.tolist() for group in group_by_unknown(np.array([0, 0.01, 0.1, 0.9]))]
    assert shares == np.eye(4, dtype=bool).tolist()
    assert [group.name for group in group_by_script(["abc", "好的", "где"])] == [
        "script CJK",
        "script Cyrillic",
        "script Latin",
    ]
    assert group_by_script(["a", "b"]) == []
    assert script_of("Ａ？") == "Fullwidth"


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_column_to_slice_by_is_read_with_the_features_and_kept_out_of_models(tmp_path: Path, suffix: str) -> None:
    rows = [{"text": f"a text {i}", "label": "ab"[i % 2], "shop": f" s{i % 3} ", "id": i} for i in range(40)]
    source = tmp_path / f"rows.{suffix}"
    if suffix == "csv":
        lines = ["text,label,shop,id", *(",".join(map(str, row.values())) for row in rows)]
    else:
        del rows[0]["shop"]
        lines = [json.dumps(row) for row in rows]
    source.write_text("\n".join(lines), "utf-8")
    config = DataConfig(source=str(source), id_column="id", slice_by=("shop",))
    corpus = load_corpus(config)
    corpus.save(tmp_path)
    for found in (corpus, Corpus.load(tmp_path)):
        for examples in found.splits.values():
            pairs = zip(examples.slices["shop"], examples.ids, strict=True)
            assert all(shop == f"s{int(number) % 3}" or (number == "0" and shop == "") for shop, number in pairs)
    assert "shop" not in json.dumps(corpus.columns.to_json())
    assert load_corpus(replace(config, slice_by=())).splits["train"].slices == {}
    with pytest.raises(ConfigError, match="found 'id' twice"):
        load_corpus(replace(config, slice_by=("id",)))
