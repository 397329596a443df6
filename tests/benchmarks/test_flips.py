from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from made import make_rows

from benchmarks import flips
from benchmarks.flips import Ranked, by_others, by_textrnn, measure, plant


def test_what_is_found_is_counted() -> None:
    scores = np.array([0.9, 0.1, 0.8, 0.7, 0.2, 0.3])
    found = measure(Ranked(scores, scores > 0.75, 2.0), np.array([0, 3]))
    assert found["precision at k/2"] == 1
    assert found["precision = recall at k"] == 0.5
    assert found["recall at 2k"] == 1
    assert found["average precision"] == pytest.approx((1 + 2 / 3) / 2)
    assert (found["reported"], found["its precision"], found["its recall"], found["seconds"]) == (2, 0.5, 0.5, 2)


def test_every_way_ranks_planted_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cleanlab", reason="the extra audit is not installed")
    lines = [json.dumps({"text": text, "label": label}) + "\n" for text, label in make_rows(400)]
    (tmp_path / "made.jsonl").write_text("".join(lines))
    monkeypatch.setitem(flips.SETS, "made", "made.jsonl")
    planted, other = plant("made", tmp_path, 300, 0), plant("made", tmp_path, 300, 1)
    assert len(planted.texts) == len(planted.labels) == 300
    assert len(planted.wrong) == 15
    right = dict(make_rows(400))
    differs = [right[text] != planted.classes[code] for text, code in zip(planted.texts, planted.labels, strict=True)]
    assert np.flatnonzero(differs).tolist() == planted.wrong.tolist()
    assert other.texts != planted.texts
    found = [measure(ranked, planted.wrong) for ranked in (by_textrnn(planted), *by_others(planted))]
    assert found[0]["recall at 2k"] > 0.5  # single words do not see a negation, which turns the label here
    assert found[0]["average precision"] > max(other["average precision"] for other in found[1:])
