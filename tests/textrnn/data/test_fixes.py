"""Fixes: decisions laid over the data as it is read; the source stays, and what changed since is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import make_rows, write_csv

from textrnn.config.data import DataConfig
from textrnn.data.corpus import Corpus
from textrnn.data.fixes import read_fixes, write_fixes
from textrnn.data.label_text import label_text
from textrnn.data.load import load_corpus
from textrnn.data.merge_fixes import merge_fixes
from textrnn.data.readers.label_readers import label_reader
from textrnn.data.row_digest import row_digest
from textrnn.errors import DataError

HEAD = "row,split,check,right_label,drop\n"
ROWS = make_rows(60)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "data.csv", ROWS)


def line(row: int, right_label: str = "", drop: str = "", *, split: str = "train") -> str:
    return f"{row},{split},{row_digest(*ROWS[row - 1])},{right_label},{drop}\n"


def labels_of(corpus: Corpus) -> dict[int, Any]:
    return {
        int(row): label
        for examples in corpus.splits.values()
        for row, label in zip(examples.rows, examples.labels, strict=True)
    }


def load(source: Path, fixes: str | bytes) -> Corpus:
    path = source.with_name("fixes.csv")
    path.write_bytes(fixes.encode() if isinstance(fixes, str) else fixes)
    return load_corpus(DataConfig(source=str(source), fixes=str(path)))


def test_labels_are_changed_and_rows_dropped_wherever_they_fall(source: Path) -> None:
    before = source.read_bytes()
    corpus = load(source, HEAD + line(1, "bad") + line(2, "bad", split="test") + line(3, "", "x") + line(4))
    expected = {row: label for row, (_, label) in enumerate(ROWS, 1) if row != 3} | {1: "bad"}
    assert labels_of(corpus) == expected
    assert corpus.checks["dropped"] == {"by data.fixes": 1}
    assert [counts["relabelled"] for counts in corpus.checks["fixes"].values() if counts["relabelled"]] == [1]
    assert sum(counts["dropped"] for counts in corpus.checks["fixes"].values()) == 1
    assert source.read_bytes() == before
    assert "fixes" not in load_corpus(DataConfig(source=str(source))).checks


def test_as_a_spreadsheet_saves_it(source: Path) -> None:
    text = (HEAD + line(1, "bad") + line(3, "", "Yes")).replace(",", ";").replace("\n", "\r\n")
    corpus = load(source, b"\xef\xbb\xbf" + text.encode())
    assert labels_of(corpus)[1] == "bad"
    assert 3 not in labels_of(corpus)


@pytest.mark.parametrize(
    ("fixes", "told"),
    [
        (
            HEAD + line(1, "god"),
            r"fixes.csv, row 1 after the header, column 'right_label': expected a label that .*'good'",
        ),
        (
            HEAD + line(4) + line(1, "bad", "x"),
            r"row 2 after the header: expected a right label or a mark under 'drop'",
        ),
        (
            HEAD + line(1, "", "perhaps"),
            r"row 1 after the header, column 'drop': expected x, yes or nothing, found 'perh",
        ),
        (HEAD + line(1, "bad") + line(1, "good"), r"row 2 .*column 'row': expected each row once"),
        (HEAD + line(1, "bad") + line(1, "good", split="test"), r"row 2 .*column 'row': expected one fix of row 1"),
        (HEAD + "99,train,r0123,good,\n", r"column 'row': expected a row of the data, found 99; the last one is 60"),
        (HEAD + "1.0,train,r0123,good,\n", r"column 'row': expected the number of a row, from 1, found '1.0'"),
        (HEAD + "1,train,,good,\n", r"column 'check': expected what the audit wrote there, found nothing"),
        (HEAD + "1,train,r0123,good,\n", r"column 'check': expected row 1 as it was looked at, 'r0123', found another"),
        ("row,check\n1,r0\n", r"expected a column 'split'"),
        (HEAD + '1,train,"r0,good,\n', r"fixes.csv, row 1"),
    ],
)
def test_what_is_no_fix_is_refused_with_its_place(source: Path, fixes: str, told: str) -> None:
    with pytest.raises(DataError, match=told):
        load(source, fixes)


def test_a_fix_of_a_row_that_changed_since_is_refused(source: Path) -> None:
    load(source, HEAD + line(7, "bad"))
    changed = [*ROWS]
    changed[6] = (changed[6][0] + " really", changed[6][1])
    write_csv(source, changed)
    with pytest.raises(DataError, match="column 'check': expected row 7 as it was looked at"):
        load(source, HEAD + line(7, "bad"))


def test_separate_splits_are_told_apart(tmp_path: Path) -> None:
    named = {
        name: str(write_csv(tmp_path / f"{name}.csv", make_rows(40, seed=n)))
        for n, name in enumerate(("train", "validation", "test"))
    }
    text, label = make_rows(40, seed=2)[4]
    other = "bad" if label == "good" else "good"
    (tmp_path / "fixes.csv").write_text(HEAD + f"5,test,{row_digest(text, label)},{other},\n")
    corpus = load_corpus(DataConfig(**named, fixes=str(tmp_path / "fixes.csv")))  # type: ignore[arg-type]
    assert corpus.splits["test"].labels[4] == other
    (tmp_path / "fixes.csv").write_text(HEAD + f"5,dev,{row_digest(text, label)},{other},\n")
    with pytest.raises(DataError, match="column 'split': expected one of 'train', 'validation', 'test', found 'dev'"):
        load_corpus(DataConfig(**named, fixes=str(tmp_path / "fixes.csv")))  # type: ignore[arg-type]


def test_decisions_are_merged_with_fixes_and_taken_back(source: Path, tmp_path: Path) -> None:
    fixes, decided = tmp_path / "fixes.csv", tmp_path / "decided.csv"
    fixes.write_text(HEAD + line(1, "bad") + line(3, "", "x"))
    config = DataConfig(source=str(source), fixes=str(fixes))
    # row 1 is looked at as it is now, and its own label was right after all
    decided.write_text(HEAD + f"1,test,{row_digest(ROWS[0][0], 'bad')},good,\n" + line(5, "bad"))
    merged = merge_fixes(config, decided)
    assert [(fix.row, fix.right_label, fix.drop) for fix in merged.fixes] == [(3, "", True), (5, "bad", False)]
    assert (merged.relabelled, merged.dropped, merged.confirmed) == (1, 0, 1)
    assert merged.about["train", 5] == ("good", ROWS[4][0])
    decided.write_text(HEAD + line(1, "good"))
    with pytest.raises(DataError, match=r"decided.csv, row 1 .*expected row 1 as it was looked at"):
        merge_fixes(config, decided)
    decided.write_text(HEAD + line(3, "good"))
    with pytest.raises(DataError, match="expected a row of the data, found 3"):
        merge_fixes(config, decided)
    decided.write_text(HEAD + line(5))
    with pytest.raises(DataError, match="expected at least one decision, found none"):
        merge_fixes(config, decided)
    assert read_fixes(decided) == []


OTHER = {"good": "bad", "bad": "good"}
AUDIT = "row,split,check,right_label,drop,suggested,score\n"


def audited(row: int, split: str, right_label: str, suggested: str, score: float = 0.5) -> str:
    return f"{row},{split},{row_digest(*ROWS[row - 1])},{right_label},,{suggested},{score}\n"


@settings(max_examples=12)
@given(st.lists(st.sampled_from(["suggested", "own", "unasked", ""]), min_size=60, max_size=60))
def test_who_decided_is_counted_by_the_split_that_a_row_is_in(
    tmp_path_factory: pytest.TempPathFactory, decided: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("fixes")
    source = write_csv(folder / "data.csv", ROWS)
    lines = [AUDIT]
    for row, how in enumerate(decided, 1):
        right, label = OTHER[ROWS[row - 1][1]], ROWS[row - 1][1]
        if how:
            lines.append(audited(row, "train", right, {"suggested": right, "own": label, "unasked": ""}[how]))
    corpus = load(source, "".join(lines))
    for name in ("train", "validation", "test"):
        hows = [decided[row - 1] for row in corpus.splits[name].rows.tolist()]  # type: ignore[index]
        expected = {"relabelled": sum(map(bool, hows)), "as_suggested": hows.count("suggested"), "dropped": 0}
        assert corpus.checks["fixes"].get(name, dict.fromkeys(expected, 0)) == expected if any(decided) else True
        flattered = any(f" {name} label" in warning for warning in corpus.checks["warnings"])
        assert flattered == (name != "train" and hows.count("suggested") > 0)


@settings(max_examples=12)
@given(st.lists(st.sampled_from(["turn", "drop", ""]), min_size=60, max_size=60))
def test_fixes_move_no_row_to_another_split(tmp_path_factory: pytest.TempPathFactory, decided: list[str]) -> None:
    decided[::7] = [""] * len(decided[::7])  # a row of each split stays
    folder = tmp_path_factory.mktemp("fixes")
    source = write_csv(folder / "data.csv", ROWS)
    whole = load_corpus(DataConfig(source=str(source)))
    lines = [
        line(row, OTHER[ROWS[row - 1][1]] if how == "turn" else "", "x" if how == "drop" else "")
        for row, how in enumerate(decided, 1)
    ]
    try:
        fixed = load(source, HEAD + "".join(lines))
    except DataError as error:
        assert "found that data.fixes drops all" in str(error)  # noqa: PT017  # or it is split
        return
    for name, examples in whole.splits.items():
        kept = [row for row in examples.rows.tolist() if decided[row - 1] != "drop"]
        assert fixed.splits[name].rows.tolist() == kept
        turned = [
            OTHER[label] if decided[row - 1] == "turn" else label
            for row, label in zip(examples.rows.tolist(), examples.labels, strict=True)
            if row in kept
        ]
        assert fixed.splits[name].labels == turned


def test_the_origin_of_a_label_is_kept_with_the_fixes(source: Path, tmp_path: Path) -> None:
    decided, fixes = tmp_path / "decided.csv", tmp_path / "fixes.csv"
    wrong = {row: OTHER[ROWS[row - 1][1]] for row in (1, 2, 3)}
    decided.write_text(
        AUDIT
        + audited(1, "test", wrong[1], wrong[1])
        + audited(2, "test", wrong[2], "")
        + audited(4, "test", "", "bad")
    )
    merged = merge_fixes(DataConfig(source=str(source)), decided)
    assert (merged.relabelled, merged.as_suggested, merged.accepted, merged.left) == (2, 1, 0, 0)
    write_fixes(fixes, merged.fixes, merged.about)
    decided.write_text(AUDIT + audited(3, "train", wrong[3], ROWS[2][1]))
    again = merge_fixes(DataConfig(source=str(source), fixes=str(fixes)), decided)
    write_fixes(fixes, again.fixes, again.about)
    assert [(fix.row, fix.split, fix.suggested) for fix in again.fixes] == [
        (1, "test", wrong[1]), (2, "test", ""), (3, "train", ROWS[2][1])
    ]  # fmt: skip
    counted = load_corpus(DataConfig(source=str(source), fixes=str(fixes))).checks["fixes"].values()
    assert sum(counts["relabelled"] for counts in counted) == 3
    assert sum(counts["as_suggested"] for counts in counted) == 1


def test_suggestions_are_accepted_by_score_for_training_rows_alone(source: Path, tmp_path: Path) -> None:
    decided = tmp_path / "decided.csv"
    wrong = {row: OTHER[ROWS[row - 1][1]] for row in range(1, 8)}
    decided.write_text(
        AUDIT
        + audited(1, "train", "", wrong[1], 0.95)
        + audited(2, "test", "", wrong[2], 0.99)
        + audited(3, "validation", "", wrong[3], 0.99)
        + audited(4, "train", "", wrong[4], 0.9499)
        + audited(5, "train", "", "", 0.99)
        + audited(6, "test", wrong[6], wrong[6], 0.99)
        + audited(7, "train", ROWS[6][1], wrong[7], 0.99)
    )
    merged = merge_fixes(DataConfig(source=str(source)), decided, 0.95)
    assert [(fix.row, fix.right_label) for fix in merged.fixes] == [(1, wrong[1]), (6, wrong[6])]
    assert (merged.relabelled, merged.as_suggested, merged.confirmed) == (2, 2, 1)
    assert (merged.accepted, merged.left) == (1, 2)
    decided.write_text(AUDIT + audited(2, "test", "", wrong[2], 0.99))
    with pytest.raises(DataError, match=r"or a suggestion with a score of at least 0\.95, found none"):
        merge_fixes(DataConfig(source=str(source)), decided, 0.95)
    decided.write_text(HEAD + line(1))
    with pytest.raises(DataError, match="expected a column 'suggested'"):
        merge_fixes(DataConfig(source=str(source)), decided, 0.95)
    decided.write_text(AUDIT + audited(1, "train", "", wrong[1]).replace("0.5", "high"))
    with pytest.raises(DataError, match=r"row 1 .*column 'score': expected a number, found 'high'"):
        merge_fixes(DataConfig(source=str(source)), decided, 0.95)


@pytest.mark.parametrize(
    ("target", "labels", "right", "expected"),
    [
        ("multi", [["a", "b, c"], ["a"], [], ["d"]], '["b, c", "d"]', ("b, c", "d")),
        ("multi", [["a", "b"], ["a"], [], ["b"]], "[]", ()),
        ("multi", [["a", "b"], ["a"], [], ["b"]], "b, a", ("a", "b")),
        ("number", [1.5, 2, 3.25, -4], "-0.5", -0.5),
        ("path", ["x > y", "x > z", "w", "w"], "x>z", "x > z"),
        ("single", [1, 2, 3, 3], "2", 2),
    ],
)
def test_right_labels_of_every_kind(target: Any, labels: list[Any], right: str, expected: Any, tmp_path: Path) -> None:
    rows = [{"text": f"text {n} {n % 7}", "label": labels[n % 4]} for n in range(80)]
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    config = DataConfig(source=str(tmp_path / "data.jsonl"), target=target)
    examples = load_corpus(config).splits["train"]
    row, check = int(examples.rows[0]), row_digest(examples.texts[0], examples.labels[0])
    cell = right.replace('"', '""')
    (tmp_path / "fixes.csv").write_text(HEAD + f'{row},train,{check},"{cell}",\n')
    fixed = load_corpus(DataConfig(source=config.source, target=target, fixes=str(tmp_path / "fixes.csv")))
    assert labels_of(fixed)[row] == expected


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=4).filter(
    lambda name: name.strip() == name
)


@given(st.lists(names, max_size=4, unique=True), st.sampled_from([",", ";", "|"]))
def test_labels_written_into_a_cell_are_read_as_they_were(labels: list[str], separator: str) -> None:
    label = tuple(sorted(labels))
    reader = label_reader("multi", "label", trim=True, max_labels=9, separator=separator)
    assert reader.take(label_text(label, separator)) == label
