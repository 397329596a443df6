from __future__ import annotations

import json

import pytest
from made import make_rows

import textrnn
from textrnn.errors import ConfigError, DataError, DataTypeError

pytest.importorskip("cleanlab", reason="the extra audit is not installed")


def test_rows_say_where_their_texts_are() -> None:
    texts, labels = map(list, zip(*make_rows(300), strict=True))
    right = list(labels)
    for place in range(3, 300, 29):
        labels[place] = "bad" if right[place] == "good" else "good"
    found = textrnn.audit(texts, labels)
    first = found.rows[0]
    assert first.index in range(3, 300, 29)
    assert (first.label, first.suggested) == (labels[first.index], right[first.index])
    assert all(row.text == texts[row.index] for row in found.rows)
    assert textrnn.audit(texts, [label == "good" for label in labels]).rows[0].label in (0, 1)


def test_what_cannot_be_audited() -> None:
    texts, labels = map(list, zip(*make_rows(20), strict=True))
    with pytest.raises(DataError, match="labels: expected as many as texts, found 19 labels and 20 texts"):
        textrnn.audit(texts, labels[:19])
    with pytest.raises(DataError, match="expected at least two classes"):
        textrnn.audit(texts, ["good"] * 20)
    with pytest.raises(DataTypeError, match=r"labels, row 2 .*expected a string or an integer"):
        textrnn.audit(texts, ["good", object(), *labels[2:]])
    with pytest.raises(DataError, match="expected at least 5 labelled rows, found 2"):
        textrnn.audit(["a", "b"], ["good", "bad"])
    with pytest.raises(ConfigError, match=r"similarity: expected .*found 2"):
        textrnn.audit(texts, labels, similarity=2)


@pytest.mark.parametrize(
    ("texts", "labels", "target"),
    [
        ([text for text, _ in make_rows(12)], ["a"] * 11 + ["b"], "single"),  # a fold trains on one class
        (["the same"] * 10, ["a", "b"] * 5, "single"),  # one group of near-duplicates, one fold
        (["the same"] * 10, [1.0, 2.0] * 5, "number"),
        ([text for text, _ in make_rows(12)], [str(i) for i in range(12)], "single"),  # no class is in two folds
        ([text for text, _ in make_rows(12)], [["a"]] * 11 + [["b"]], "multi"),
        (["!", "?", "...", "word", "."] * 2, ["a", "b"] * 5, "single"),  # hardly a word
    ],
)
def test_little_that_can_be_learned_is_no_error(texts: list[str], labels: list[object], target: str) -> None:
    found = textrnn.audit(texts, labels, target=target)  # type: ignore[arg-type]
    assert found.summary["rows"] == len(texts)
    assert not [row for row in found.rows if "label" in row.kinds and row.suggested == row.label]
    json.dumps(found.to_json(), allow_nan=False)
