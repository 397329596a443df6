"""Lone quotes: rows that became one are told, texts of several lines are not."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.config.data import DataConfig, TextFormat
from textrnn.data.data_check import describe_checks
from textrnn.data.load import load_corpus
from textrnn.data.readers.delimited import delimited_rows
from textrnn.data.readers.notes import Notes

LABELS = ("good", "bad")


def read(
    text: str, delimiter: str, columns: tuple[str, ...] = ("text",), quoting: str = "minimal"
) -> tuple[int, Notes]:
    notes = Notes()
    lines = iter(text.splitlines(keepends=True))
    text_format = TextFormat(quoting=quoting)  # type: ignore[arg-type]
    return len(list(delimited_rows(lines, "a.csv", delimiter, ("text",), text_format, notes))), notes


def plain(number: int, delimiter: str, *, ids: bool = False) -> list[str]:
    return [
        (f"{i}{delimiter}" if ids else "") + f"the soup was nice on day {i}{delimiter}{LABELS[i % 2]}"
        for i in range(number)
    ]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("ids", [False, True])
@pytest.mark.parametrize("last", [2, 9])
def test_rows_that_a_lone_quote_merges_are_told(delimiter: str, ids: bool, last: int) -> None:
    rows = plain(44, delimiter, ids=ids)
    start = "7" + delimiter if ids else ""
    rows[7] = f'{start}"what a place{delimiter}good'
    rows[7 + last - 1] = f'{start}as they say"{delimiter}bad'
    header = delimiter.join(["id"] * ids + ["text", "label"])
    text = "\n".join([header, *rows]) + "\n"
    number, notes = read(text, delimiter)
    assert number == 44 - last + 1
    (sentence,) = notes.sentences()
    assert f"row 8 (line 9): a double quote opens here and closes lines later: {last} lines" in sentence
    assert "what a place" in sentence
    assert "use --quoting none (data.quoting)" in sentence
    number, notes = read(text, delimiter, quoting="none")
    assert (number, notes.sentences()) == (44, [])


def test_a_file_that_is_one_row_by_mistake_is_told() -> None:
    rows = plain(40, ",")
    number, notes = read("\n".join(["text,label", '"' + rows[0], *rows[1:-1], 'the end",bad']) + "\n", ",")
    assert number == 1
    assert len(notes.sentences()) == 1


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(["nice", "good, nice", "a, b", "so, so, so", ""]), max_size=3), st.booleans()
        ),
        min_size=9,
        max_size=30,
    )
)
def test_texts_of_several_lines_draw_no_word(texts: list[tuple[list[str], bool]]) -> None:
    buffer = io.StringIO(newline="")
    rows = [("\n".join(lines) + ", and more", LABELS[good]) for lines, good in texts]
    csv.writer(buffer, lineterminator="\n").writerows([("text", "label"), *rows])
    number, notes = read(buffer.getvalue(), ",")
    assert number == len(rows)
    assert notes.sentences() == []


def test_it_is_a_line_of_the_data_check(tmp_path: Path) -> None:
    rows = plain(44, "\t")
    rows[7], rows[8] = '"what a place\tgood', 'as they say"\tbad'
    path = tmp_path / "a.tsv"
    path.write_text("\n".join(["text\tlabel", *rows]) + "\n")
    told = describe_checks(load_corpus(DataConfig(source=str(path))).checks)
    assert any(line.startswith("warning: ") and "row 8 (line 9): a double quote" in line for line in told)
    corpus = load_corpus(DataConfig(source=str(path), quoting="none"))
    assert sum(len(examples) for examples in corpus.splits.values()) == 44
    assert not any("double quote" in line for line in describe_checks(corpus.checks))


def test_quotes_that_break_a_row_name_the_option() -> None:
    from textrnn.errors import DataError

    for text in ('text\tlabel\n"so" it was\tgood\n', 'text\tlabel\n"so it was\tgood\n'):
        with pytest.raises(DataError, match="if quotes are ordinary characters in this file, use --quoting none"):
            read(text, "\t")
    assert read('text\tlabel\n"so" it was\tgood\n"\tbad\n', "\t", quoting="none")[0] == 2
