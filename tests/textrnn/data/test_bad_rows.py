"""Rows that cannot be used: each is refused with its place and its reason, or left out, counted and named."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.caching.keys import cache_key_params
from textrnn.config.data import DataConfig, OnBadRow, TargetKind
from textrnn.data.corpus import Corpus
from textrnn.data.data_check import describe_checks
from textrnn.data.load import corpus_of, load_corpus
from textrnn.data.readers.wording import LIKELY_FORMAT
from textrnn.errors import DataError

GOOD = [(f"made text {i}", ["no", "yes"][i % 2]) for i in range(40)]
CSV = "text,label\n" + "".join(f"{text},{label}\n" for text, label in GOOD)
LINES = "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in GOOD)

# a line that cannot be used; where it stands if it is the 41st row; what is said of it
BAD_CSV = [
    (b"one cell\n", "expected 2 fields, found 1"),
    (b"a,b,c\n", "expected 2 fields, found 3"),
    (b'""\n', "expected 2 fields, found 1"),
    (b",\n", "column 'label': expected a label, found an empty one"),
    (b"a text, \n", "column 'label': expected a label, found an empty one"),
    (b"caf\xe9,no\n", "expected UTF-8, found byte 0xe9"),
    (b'"two\nlin\xe9s",no\n', "expected UTF-8, found byte 0xe9"),
]
BAD_LINES = [
    (b'{"text": null, "label": "no"}\n', "column 'text': expected a text, found null"),
    (b'{"text": 3, "label": "no"}\n', "column 'text': expected a text, found a number 3"),
    (b'{"text": "a", "label": null}\n', "column 'label': expected a label, a string or an integer, found none (null)"),
    (b'{"text": "a", "label": ""}\n', "column 'label': expected a label, found an empty one"),
    (b'{"text": "a", "label": true}\n', "column 'label': expected a label"),
    (b'{"text": "a"}\n', "expected a column 'label', found 'text'"),
    (b'{"text": "a", "label": "no"\n', "at character"),
    (b"null\n", "expected one JSON object a line, found null"),
    (b'{"text": "a", "label": NaN}\n', "found NaN, which JSON does not have"),
    (b'{"text": "caf\xe9", "label": "no"}\n', "expected UTF-8, found byte 0xe9"),
    (b'{"text": "a\\ud800", "label": "n\\ud800"}\n', "found a lone surrogate in it"),
    (b'{"text": "' + b"\xef\xb7\xba" * 3 + b'", "label": "no"}\n', "once 3 are normalised"),
]
CASES = [("rows.csv", CSV, *case) for case in BAD_CSV] + [("rows.jsonl", LINES, *case) for case in BAD_LINES]


def _config(path: Path, on_bad_row: OnBadRow = "refuse", target: TargetKind = "single") -> DataConfig:
    return DataConfig(source=str(path), on_bad_row=on_bad_row, max_characters=20, target=target)


def _same(one: Corpus, other: Corpus) -> bool:
    """Whether two corpora hold the same rows in the same splits."""
    return all(
        list(one.splits[name].texts) == list(other.splits[name].texts)
        and one.splits[name].labels == other.splits[name].labels
        for name in one.splits | other.splits
    )


@pytest.mark.parametrize(("name", "good", "bad", "said"), CASES, ids=[f"{c[0]}-{i}" for i, c in enumerate(CASES)])
@pytest.mark.parametrize("last", [False, True], ids=["first", "last"])
def test_a_bad_row_is_refused_or_left_out(
    tmp_path: Path, name: str, good: str, bad: bytes, said: str, last: bool
) -> None:
    path = tmp_path / name
    head = good.index("\n") + 1 if name == "rows.csv" else 0
    lines = [good[:head].encode(), *([good[head:].encode(), bad] if last else [bad, good[head:].encode()])]
    path.write_bytes(b"".join(lines))
    counted = " after the header (line" if head else " (counted from 1, line"
    where = f"{path}, row {41 if last else 1}{counted} {(42 if last else 2) - (not head)})"
    with pytest.raises(DataError) as caught:
        load_corpus(_config(path))
    message = str(caught.value)
    assert message.startswith(where)
    assert said in message
    # where the bytes are those of another encoding, it is not the row that is wrong
    assert message.endswith("or save it as UTF-8" if LIKELY_FORMAT in message else "by data.on_bad_row=skip")
    assert "\n" not in message

    corpus = load_corpus(_config(path, "skip"))
    path.write_text(good)
    assert _same(corpus, load_corpus(_config(path)))
    found = corpus.checks["bad_rows"]
    assert found["rows"] == 1
    assert found["first"][0]["row"] == (41 if last else 1)
    assert said in found["first"][0]["reason"]
    warning = next(line for line in describe_checks(corpus.checks) if "left out that cannot be used" in line)
    assert warning.startswith(f"warning: 1 row left out that cannot be used: row {41 if last else 1}{counted}")
    assert said in warning
    assert str(tmp_path) not in json.dumps(corpus.checks)  # what is kept says nothing of where the file stood


def test_numbers_and_tabular_columns(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [{"text": text, "label": i, "price": i} for i, (text, _) in enumerate(GOOD)]
    rows[3]["label"], rows[5]["price"] = "dear", "dear"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    config = DataConfig(source=str(path), target="number", numeric=("price",), on_bad_row="skip")
    corpus = load_corpus(config)
    assert sorted(label for examples in corpus.splits.values() for label in examples.labels) == [
        float(i) for i in range(40) if i not in (3, 5)
    ]
    assert [bad["row"] for bad in corpus.checks["bad_rows"]["first"]] == [4, 6]
    assert sum(map(len, (examples.tabular["price"] for examples in corpus.splits.values()))) == 38


def test_parquet_with_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    data = [text.encode() for text, _ in GOOD]
    data[7] = b"caf\xe9"
    texts = pa.Array.from_buffers(pa.string(), len(data), pa.array(data, pa.binary()).buffers())
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"text": texts, "label": [label for _, label in GOOD]}), path)
    with pytest.raises(DataError, match=r"row 8 \(counted from 1\), column 'text': expected a text, found bytes"):
        load_corpus(_config(path))
    assert load_corpus(_config(path, "skip")).checks["bad_rows"]["rows"] == 1


def test_many_bad_rows_are_counted_and_a_few_are_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(CSV + "x\n" * 1200)
    warnings = load_corpus(_config(path, "skip")).checks["warnings"]
    warning = next(warning for warning in warnings if "cannot be used" in warning)
    assert warning.startswith("1,200 rows left out that cannot be used: row 41 after the header (line 42): expected 2")
    assert warning.endswith("; and 1,195 more")


@pytest.mark.parametrize("on_bad_row", ["refuse", "skip"])
def test_nothing_but_bad_rows_is_refused(tmp_path: Path, on_bad_row: OnBadRow) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("text,label\na\nb\n")
    with pytest.raises(DataError, match=r"row 1 after the header \(line 2\): expected 2 fields, found 1"):
        load_corpus(_config(path, on_bad_row))
    path.write_text('[\n{"text": "a", "label": "b"},\n{"text": "a", "label": "b"}\n]\n')
    array = DataConfig(source=str(path), format="jsonl", on_bad_row=on_bad_row)
    with pytest.raises(DataError, match="jq -c"):  # what is wrong with the whole file is said of it
        load_corpus(array)


@pytest.mark.parametrize("text", ["text\na\n", 'text,label\n"a,b\n' + "c,d\n" * 30, "text,label\n" + "a,b\n" * 41])
def test_what_concerns_the_whole_table_is_never_skipped(tmp_path: Path, text: str) -> None:
    """A column that is missing, a quote that never closes, too many rows, labels of two kinds."""
    path = tmp_path / "rows.csv"
    path.write_text(text)
    with pytest.raises(DataError):
        load_corpus(DataConfig(source=str(path), on_bad_row="skip", max_rows=40))
    path = tmp_path / "rows.jsonl"
    path.write_text(LINES + '{"text": "a", "label": 3}\n')
    with pytest.raises(DataError, match="write them one way"):
        load_corpus(_config(path, "skip"))


def test_given_splits_name_the_split(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text(CSV)
    (tmp_path / "test.csv").write_text(CSV + "x\n")
    given = DataConfig(train=str(tmp_path / "train.csv"), test=str(tmp_path / "test.csv"), on_bad_row="skip")
    checks = load_corpus(given).checks
    assert checks["bad_rows"]["first"][0]["name"] == "test split, row 41 after the header (line 42)"


def test_what_is_done_with_bad_rows_is_in_the_key(tmp_path: Path) -> None:
    assert cache_key_params(_config(tmp_path)) != cache_key_params(_config(tmp_path, "skip"))


def test_python_code_is_not_told_of_settings() -> None:
    with pytest.raises(DataError) as caught:
        corpus_of([None, "b"], ["p", "q"])  # type: ignore[list-item]
    assert "on_bad_row" not in str(caught.value)
