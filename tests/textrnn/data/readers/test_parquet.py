"""Parquet: types, row groups, damage."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.predicting.input_columns import original_values
from pipelines.predicting.output_columns import OutputColumns
from pipelines.predicting.parquet_output import ParquetEncoder, arrow_values
from pipelines.predicting.predicted_rows import PredictedRows
from textrnn.data.columns import Columns
from textrnn.data.readers import full_parquet
from textrnn.data.readers.gather import gather
from textrnn.data.readers.parquet import read_parquet
from textrnn.data.readers.rows import Row
from textrnn.errors import DataError

TEXTS = [f"text {i}" for i in range(2500)]


def _read(path: Path, max_rows: int = 10_000, max_bytes: int = 1 << 31) -> list[Row]:
    return list(read_parquet(path, Columns(), max_rows, max_bytes))


def _write(path: Path, texts: object, labels: object) -> Path:
    pq.write_table(pa.table({"other": range(len(texts)), "label": labels, "text": texts}), path, row_group_size=700)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string()), pa.int8()])
def test_every_label_type(tmp_path: Path, kind: pa.DataType) -> None:
    labels: list[str | int] = [i % 2 if pa.types.is_integer(kind) else f"0{i % 2}" for i in range(2500)]
    found = _read(_write(tmp_path / "a.parquet", TEXTS, pa.array(labels).cast(kind)))
    assert found == [(i + 1, (TEXTS[i], labels[i])) for i in range(2500)]


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        (pa.array([1, 2]), ["a", "b"], "expected strings in the column 'text', found int64"),
        (["a", "b"], [0.5, 1.0], "expected strings or integers in the column 'label', found double"),
        (["a", "b"], [True, False], "found bool"),
        (["a", "b"], [["a"], ["b"]], "found list"),
        (["a", "b"], pa.nulls(2), "found null"),
    ],
)
def test_wrong_types(tmp_path: Path, texts: object, labels: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _read(_write(tmp_path / "a.parquet", texts, labels))


def test_missing_column_and_too_many_rows(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"], "lable": ["b"]}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"expected a column 'label', found 'text', 'lable'; did you mean 'lable'\?"):
        _read(tmp_path / "a.parquet")
    with pytest.raises(DataError, match="expected at most 2,499 rows, found 2,500"):
        _read(_write(tmp_path / "b.parquet", TEXTS, TEXTS), max_rows=2499)


def test_cut_file(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.parquet", TEXTS, TEXTS)
    whole = path.read_bytes()
    for cut in (whole[:-9], whole[:40]):
        path.write_bytes(cut)
        with pytest.raises(DataError, match="expected a whole file, but it is cut or damaged"):
            _read(path)


def test_text_that_is_not_utf8(tmp_path: Path) -> None:
    data = [b"fine"] * 1500 + [b"\xff\xfe"]
    texts = pa.Array.from_buffers(pa.string(), len(data), pa.array(data, pa.binary()).buffers())
    rows = _read(_write(tmp_path / "a.parquet", texts, ["a"] * len(data)))
    assert rows[0] == (1, ("fine", "a"))
    assert rows[-1] == (1501, (b"\xff\xfe", "a"))
    where = r"row 1501 \(counted from 1\), column 'text': expected a text, found bytes that are not UTF-8"
    with pytest.raises(DataError, match=where):
        gather(rows, Columns(), "a.parquet", max_rows=9999, max_characters=99)


@pytest.mark.parametrize("names", [("text", "kind", "n"), ("text", "a.b", "n"), ("text", "n", "n")])
@pytest.mark.parametrize("limit", [0, 6000, 1 << 28])
def test_whole_rows_are_the_same_whether_a_group_is_decoded_at_once_or_not(
    names: tuple[str, ...], limit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"text {i} {'long ' * (i // 700 * 9)}" for i in range(2000)]  # the later groups are the larger ones
    kinds = pa.array(["ab"[i % 2] for i in range(2000)]).dictionary_encode()
    table = pa.Table.from_arrays([pa.array(texts), kinds, pa.array(range(2000))], names=list(names))
    pq.write_table(table, path := tmp_path / "a.parquet", row_group_size=100)
    monkeypatch.setattr(full_parquet, "MAX_DECODED_BYTES", limit)
    _, rows, schema = full_parquet.read_full_parquet(path, Columns())
    found = list(rows)
    assert [(number, cells[0]) for number, cells in found] == list(enumerate(texts, 1))  # type: ignore[misc]
    types = {str(row.batch.column(0).type)[:6] for _, (*_, row) in found}  # type: ignore[misc]
    odd = len(set(names)) < 3 or "a.b" in names
    assert types == ({"dictio"} if odd or not limit else {"string"} if limit > 6000 else {"dictio", "string"})
    whole = [[column[row.place].as_py() for column in row.batch.columns] for _, (*_, row) in found]  # type: ignore[misc]
    assert whole == [list(cells) for cells in zip(texts, kinds.to_pylist(), range(2000), strict=True)]
    original = original_values(schema.names, arrow_values())
    form = ParquetEncoder(OutputColumns("label", ("a",), ("a",)), original, schema=schema)
    some = [cells[-1] for _, cells in found[650:750]]  # type: ignore[misc]
    columns = form._table(PredictedRows._make([some, *[[None] * 100] * 9, ["no use"] * 100])).columns[:3]
    assert [column.to_pylist() for column in columns] == [column[650:750].to_pylist() for column in table.columns]
