"""Texts that stay in their file: equal to those saved, whatever the row groups, and read when they are used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from textrnn.data import corpus as module
from textrnn.data.columns import Columns
from textrnn.data.corpus import Corpus
from textrnn.data.examples import Examples
from textrnn.data.stored_texts import StoredTexts
from textrnn.data.target import Label, single_target

TEXTS = [f"text {i} \u00e9\0" * (i % 3) for i in range(25)]


def saved(folder: Path, labels: list[Label]) -> Corpus:
    examples = Examples({"text": TEXTS, "title": TEXTS[::-1]}, labels, np.arange(5, 30))
    Corpus({"train": examples}, single_target(labels), columns=Columns(("text", "title"))).save(folder)
    return Corpus.load(folder)


@pytest.mark.parametrize("group", [1, 7, 25, 1000])
@pytest.mark.parametrize("labels", [["no", "y\u00e9s"] * 12 + ["no"], [3, -1] * 12 + [7]])
def test_a_corpus_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: int, labels: list[Label]) -> None:
    monkeypatch.setattr(module, "_GROUP", group)
    train = saved(tmp_path, labels).splits["train"]
    assert pq.ParquetFile(tmp_path / "train.parquet").num_row_groups == -(-len(TEXTS) // group)
    texts = train.columns["text"]
    assert list(texts) == TEXTS
    assert [texts[i] for i in range(-25, 25)] == TEXTS + TEXTS
    assert [texts[i] for i in (20, 3, 19, 0)] == [TEXTS[i] for i in (20, 3, 19, 0)]
    assert texts[3:20:4] == TEXTS[3:20:4]
    assert train.columns["title"] == TEXTS[::-1]
    assert train.columns["title"] != TEXTS
    assert (train.labels, train.rows.tolist()) == (labels, list(range(5, 30)))
    with pytest.raises(IndexError):
        texts[25]


def test_a_loaded_corpus_saves_to_equal_bytes(tmp_path: Path) -> None:
    again = saved(tmp_path / "one", ["no", "yes"] * 12 + ["no"])
    again.save(tmp_path / "two")
    for name in ("train.parquet", "corpus.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_no_more_than_a_row_group_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_GROUP", 7)
    read: list[int] = []
    keep = StoredTexts._read
    monkeypatch.setattr(StoredTexts, "_read", lambda self, group: read.append(group) or keep(self, group))
    texts = saved(tmp_path, ["no", "yes"] * 12 + ["no"]).splits["train"].columns["text"]
    assert (len(texts), read) == (25, [])
    assert (texts[8], texts[13], read) == (TEXTS[8], TEXTS[13], [1])
    assert next(iter(texts)) == TEXTS[0]
    assert read == [1, 0]
