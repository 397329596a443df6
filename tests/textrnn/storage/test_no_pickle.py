"""Arrays of a cache hold numbers: one that holds objects is refused, and none of them is made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import made_ids

from textrnn.data.tabular import NumericColumn, TabularColumns, TabularFeatures
from textrnn.linear.baseline import Baseline
from textrnn.text.ids import Ids
from textrnn.text.pseudo_labels import PseudoLabels
from textrnn.text.word_vectors import WordVectors

IDS = made_ids()[1]
SIDE = {
    name: TabularFeatures(np.zeros((len(rows), 1), np.float32), np.zeros((len(rows), 0), np.int64), ())
    for name, rows in IDS.splits.items()
}
COLUMNS = TabularColumns((NumericColumn("price", 0.0, 1.0, has_empty=False),), ())
NOUNS: list[Any] = [
    replace(IDS, tabular=SIDE, tabular_columns=COLUMNS),
    WordVectors(np.zeros((3, 2), np.float32)),
    PseudoLabels(IDS.splits["validation"], np.zeros((len(IDS.splits["validation"]), 2), np.float32)),
    Baseline({"test": np.zeros((3, 2))}, "tfidf", 1.0, (), 1, 1, ()),
]


class Trap:
    """What a pickle could be: made, it would have run somebody's code."""

    def __init__(self, place: str) -> None:
        self.place = place

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path(self.place),)


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: type(noun).__name__)
def test_no_array_that_holds_objects_is_read(noun: Any, tmp_path: Path) -> None:
    folder, sprung = tmp_path / "noun", tmp_path / "sprung"
    folder.mkdir()
    noun.save(folder)
    type(noun).load(folder)
    arrays = sorted(folder.glob("*.npy"))
    assert len(arrays) >= {Ids: 10}.get(type(noun), 1)
    for path in arrays:
        whole = path.read_bytes()
        np.save(path, np.array([Trap(str(sprung))], dtype=object), allow_pickle=True)
        with pytest.raises(ValueError, match=r"pickle|Python objects"):
            type(noun).load(folder)
        assert not sprung.exists(), path.name
        path.write_bytes(whole)
    np.save(folder / "trap.npy", np.array([Trap(str(sprung))], dtype=object), allow_pickle=True)
    np.load(folder / "trap.npy", allow_pickle=True)
    assert sprung.exists(), "the trap works"
