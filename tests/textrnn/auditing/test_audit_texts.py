from __future__ import annotations

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
