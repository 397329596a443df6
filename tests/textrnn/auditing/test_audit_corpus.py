from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made import make_rows
from made_kinds import make_feelings, make_stars

from textrnn.auditing import audit_corpus as auditing
from textrnn.auditing.audit import Audit, AuditRow
from textrnn.auditing.audit_corpus import audit_corpus
from textrnn.auditing.audit_table import audit_csv
from textrnn.auditing.outliers import find_outliers
from textrnn.auditing.summary import describe_audit
from textrnn.config.audit import AuditConfig
from textrnn.config.tokenize import TokenizeConfig
from textrnn.data.load import corpus_of
from textrnn.data.row_digest import row_digest
from textrnn.data.text_boundary import join_texts
from textrnn.errors import MissingPackageError
from textrnn.evaluation.audit_page import write_audit_page
from textrnn.text.ragged import ragged
from textrnn.text.tokenize import tokenize

pytest.importorskip("cleanlab", reason="the extra audit is not installed")

GIBBERISH = "qwrt zxcv plkj mnbv asdf hjkl poiu ytre lkjh"
LONG = "the soup on that day in the old garden was rather good as we saw it and the lamp on the bridge was bright"


def audit(texts: list[str], labels: list[Any], **about: Any) -> Audit:
    corpus = corpus_of(texts, labels, **about)
    return audit_corpus(corpus, tokenize(corpus, TokenizeConfig()), AuditConfig())


@pytest.fixture(scope="module")
def planted() -> tuple[Audit, set[int]]:
    """600 rows, 30 with the other label; then a near-duplicate of another label, gibberish, no text."""
    rows = make_rows(600)
    wrong = set(random.Random(1).sample(range(600), 30))
    turned = {"good": "bad", "bad": "good"}
    labels = [turned[label] if i in wrong else label for i, (_, label) in enumerate(rows)]
    texts = [text for text, _ in rows] + [LONG, LONG + ".", LONG.upper() + "!", GIBBERISH, " "]
    return audit(texts, [*labels, "good", "good", "bad", "good", "bad"]), wrong


def test_planted_flips_are_found_with_the_right_label(planted: tuple[Audit, set[int]]) -> None:
    found, wrong = planted
    suspicious = [row for row in found.rows if "label" in row.kinds and row.index < 600]
    assert len(suspicious) >= 10
    assert sum(row.index in wrong for row in suspicious) >= 0.9 * len(suspicious)
    assert all(row.suggested != row.label for row in suspicious)
    scores = [row.score for row in found.rows if row.kinds[0] == "label"]
    assert scores == sorted(scores, reverse=True)
    assert found.summary["labels"]["suspicious"] == sum("label" in row.kinds for row in found.rows)


def test_what_else_is_odd_is_found(planted: tuple[Audit, set[int]]) -> None:
    found, _ = planted
    by_text = {row.text: row for row in found.rows}
    conflict = by_text[LONG.upper() + "!"]
    assert "conflict" in conflict.kinds
    assert conflict.suggested == "good"
    odd = by_text[GIBBERISH]
    assert odd.kinds[-1] == "outlier"
    assert odd.reasons[-1].startswith(
        "its words are rare: one stands in 1.0 of 605 texts on average, one of a usual text"
    )
    assert "empty" in by_text[" "].kinds
    assert found.summary["near_duplicates"]["rows"] == 3
    assert all(row.check == row_digest(row.text, row.label) for row in found.rows)


def test_an_outlier_says_in_how_many_texts_its_words_stand() -> None:
    usual = [[0, 1, 2, 3]] * 40 + [[0, 1, 2, 4]] * 40
    rows = [*usual, [5, 6, 7, 8] * 5, [0, 5, 5, 8]]
    found = find_outliers(ragged(rows), 9)
    assert np.flatnonzero(found.found).tolist() == [80, 81]
    assert found.texts[80] == pytest.approx((2 * 1 * 1 * 2) ** (1 / 4))
    assert found.texts[81] == pytest.approx((81 * 2 * 2 * 2) ** (1 / 4))
    assert found.usual == pytest.approx((81 * 80 * 80 * 40) ** (1 / 4))
    assert not find_outliers(ragged([[], []]), 0).found.any()


def test_equal_audits_give_equal_bytes(planted: tuple[Audit, set[int]], tmp_path: Path) -> None:
    found, _ = planted
    found.save(tmp_path)
    again = Audit.load(tmp_path)
    assert again == found
    assert audit_csv(again) == audit_csv(found)


def test_people_are_told(planted: tuple[Audit, set[int]]) -> None:
    found, _ = planted
    lines = "\n".join(describe_audit(found))
    assert "605 labelled rows; accuracy 0.9" in lines
    assert "near-duplicates: 3 rows in 1 group" in lines
    assert "texts without a visible character: 1" in lines
    page = write_audit_page(found, "tickets")
    for text in ("Suspicious labels", "Near-duplicates with different labels", "textrnn audit --apply"):
        assert text in page
    assert "<script" not in page
    table = audit_csv(found).decode("utf-8-sig").splitlines()
    assert table[0] == "row,split,id,text,label,suggested,score,kinds,reasons,check,right_label,drop"


def test_near_duplicates_are_never_judged_by_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    groups, folds = [], []
    alike, score = auditing.find_near_duplicates, auditing.score_out_of_fold

    def find(*about: Any) -> Any:
        found = alike(*about)
        groups.append(found.groups)
        return found

    def scored(rows: Any, labels: Any, target: Any, dealt: Any, *rest: Any, **more: Any) -> Any:
        folds.append(dealt)
        return score(rows, labels, target, dealt, *rest, **more)

    monkeypatch.setattr(auditing, "find_near_duplicates", find)
    monkeypatch.setattr(auditing, "score_out_of_fold", scored)
    rows = [(f"{text} {word}", label) for text, label in make_rows(60) for word in ("", ".")]
    found = audit([text for text, _ in rows], [label for _, label in rows])
    assert found.summary["near_duplicates"]["groups"] >= 59
    assert sum(found.summary["near_duplicates"]["across_splits"].values()) > 0
    assert any("leak" in row.kinds for row in found.rows)
    assert len({*zip(groups[0].tolist(), folds[0].tolist(), strict=True)}) == len({*groups[0].tolist()})


def test_a_word_that_equals_the_label_and_classes_that_cannot_be_told_apart() -> None:
    rows = [(f"{text} {'sig' if label == 'good' else ''}", label) for text, label in make_rows(160)]
    rows += [(f"the map of {i} lands lay there", "xy"[i % 2]) for i in range(80)]
    found = audit([text for text, _ in rows], [label for _, label in rows])
    (word,) = found.summary["telling_words"]
    assert (word["word"], word["class"], word["rows_with_both"]) == ("sig", "good", 80)
    assert ["x", "y"] in [pair["classes"] for pair in found.summary["overlaps"]]
    lines = "\n".join(describe_audit(found))
    assert "the word 'sig' nearly equals the class 'good'" in lines
    assert "classes that look alike: 'x' and 'y'" in lines
    page = write_audit_page(found, "tickets")
    assert "Words that nearly equal a class" in page
    assert "Classes that look alike" in page


def test_several_labels_numbers_and_paths() -> None:
    rows = make_feelings(300)
    labels = [tuple(row["labels"]) for row in rows]
    labels[7] = tuple({"anger", "fear", "joy", "surprise"} - set(labels[7]))
    several = audit([row["text"] for row in rows], labels, target="multi")
    suspicious = {row.index: row for row in several.rows if "label" in row.kinds}
    assert 7 in suspicious
    assert isinstance(suspicious[7].suggested, tuple)
    rows = make_stars(300)
    numbers = [float(row["stars"]) for row in rows]
    numbers[5] += 40
    odd = audit([row["text"] for row in rows], numbers, target="number")
    assert odd.rows[0].index == 5
    assert odd.rows[0].score > 3.5
    assert isinstance(odd.rows[0].suggested, float)
    stars = [str(row["stars"]) for row in rows]
    at = stars.index("5")
    stars[at] = "1"
    ordered = audit([row["text"] for row in rows], stars, target="ordinal")
    assert at in [row.index for row in ordered.rows if "label" in row.kinds]
    assert all(row.score <= 1 for row in ordered.rows)


def test_a_class_of_one_row_is_not_judged() -> None:
    texts, labels = map(list, zip(*make_rows(80), strict=True))
    found = audit([*texts, "a class of its own", "another of its own"], [*labels, "rare", "rarer"])
    assert found.summary["labels"]["not_judged"] == 2
    assert not [row for row in found.rows if row.label in ("rare", "rarer") and "label" in row.kinds]


def test_without_cleanlab_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cleanlab", None)
    with pytest.raises(MissingPackageError, match=r"expected the package cleanlab, .*textrnn\[audit\]"):
        audit([text for text, _ in make_rows(20)], ["x", "y"] * 10)


def test_rows_are_named_by_their_ids_too() -> None:
    row = AuditRow(7, "test", "T-0007", join_texts(["a", "lamp"]), "good", "bad", 0.9, ("label",), ("because",), "r0")
    summary = {
        "rows": 9, "labels": {"suspicious": 2, "not_judged": 0}, "out_of_fold": {"score": "accuracy", "value": 0.9},
        "near_duplicates": {"rows": 0, "groups": 0, "conflicting": 0, "across_splits": {}},
        "telling_words": [], "overlaps": [], "outliers": 0, "blank": 0,
    }  # fmt: skip
    lines = describe_audit(Audit((row, replace(row, id="")), summary))
    assert "  row 7, id 'T-0007' (test), 0.90: 'good' -> 'bad'  'a | lamp'" in lines
    assert "  row 7 (test), 0.90: 'good' -> 'bad'  'a | lamp'" in lines
    assert ",T-0007,a | lamp,good," in audit_csv(Audit((row,), summary)).decode("utf-8-sig")
