"""fastText's files: every line read as fastText reads it, whatever is in it; what is neither is refused by its line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import make_rows, write_csv

from textrnn.config.data import DataConfig
from textrnn.data.columns import Columns
from textrnn.data.load import load_corpus
from textrnn.data.readers.fasttext import read_fasttext
from textrnn.data.readers.first_bytes import check_first_bytes
from textrnn.data.readers.full_rows import read_full_table
from textrnn.data.readers.labelled_lines import (
    LABEL_PREFIX,
    WORD_SEPARATORS,
    LabelledLine,
    find_multiple_labels,
    has_labels,
    parse_line,
)
from textrnn.data.readers.lines import DEFAULT_TEXT_FORMAT
from textrnn.data.readers.notes import Notes
from textrnn.data.readers.preview import read_texts
from textrnn.data.readers.rows import BadRow
from textrnn.data.readers.source import resolve
from textrnn.errors import DataError, RowError

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=WORD_SEPARATORS), min_size=1, max_size=6)
PLAIN = WORDS.filter(lambda word: not word.startswith(LABEL_PREFIX))
BLANKS = st.text(st.sampled_from(WORD_SEPARATORS.replace("\n", "")), min_size=1, max_size=3)


def fasttext_words(line: str) -> list[str]:
    """The words of a line as fastText's `Dictionary::readWord` parts them, written from its description."""
    words, word = [], ""
    for letter in line:
        if letter in " \n\r\t\v\f\0":
            words += [word] * bool(word)
            word = ""
        else:
            word += letter
    return words + [word] * bool(word)


@given(st.lists(st.tuples(st.one_of(PLAIN, WORDS.map(LABEL_PREFIX.__add__)), BLANKS), min_size=1), BLANKS)
def test_a_line_is_split_as_fasttext_splits_it(parts: list[tuple[str, str]], before: str) -> None:
    line = before + "".join(word + blank for word, blank in parts) + "\n"
    words = fasttext_words(line)
    labels = tuple(dict.fromkeys(word.removeprefix(LABEL_PREFIX) for word in words if word.startswith(LABEL_PREFIX)))
    if not labels:
        with pytest.raises(RowError, match=r"expected a label before the text \(__label__NAME\)"):
            parse_line(line)
        return
    found = parse_line(line)
    assert found.labels == labels
    assert fasttext_words(found.text) == [word for word in words if not word.startswith(LABEL_PREFIX)]
    assert found.text == found.text.strip(WORD_SEPARATORS)


@given(st.lists(WORDS, min_size=1, max_size=4, unique=True), st.lists(st.tuples(PLAIN, BLANKS), max_size=5))
def test_what_is_written_as_a_line_is_read_again(labels: list[str], parts: list[tuple[str, str]]) -> None:
    text = "".join(word + blank for word, blank in parts).strip(WORD_SEPARATORS)
    assert parse_line(" ".join([*(LABEL_PREFIX + label for label in labels), text]) + "\n") == (tuple(labels), text)


@pytest.mark.parametrize(
    ("line", "labels", "text"),
    [
        ("__label__a x\n", ("a",), "x"),
        ("__label__a\tx  y\r\n", ("a",), "x  y"),
        ("  __label__a __label__b __label__a x", ("a", "b"), "x"),
        ("x __label__a y __label__b\n", ("a", "b"), "x y"),
        ("__label__a\n", ("a",), ""),
        ("__label__a,b x__label__c\n", ("a,b",), "x__label__c"),
        ("__label____label__ x\n", ("__label__",), "x"),
        ("__label__a\u00a0b\u3000c d\n", ("a\u00a0b\u3000c",), "d"),  # other blanks end no word
        ('__label__a "x\ty" \'z\n', ("a",), '"x\ty" \'z'),  # nothing is quoted
        ("__label__好 __LABEL__b _label_c 好\n", ("好",), "__LABEL__b _label_c 好"),
    ],
)
def test_lines_that_mean_something(line: str, labels: tuple[str, ...], text: str) -> None:
    assert parse_line(line) == LabelledLine(labels, text)


@pytest.mark.parametrize("line", ["__label__ x\n", "__label__\n", "__label__a __label__\tx\n"])
def test_a_label_without_a_name(line: str) -> None:
    with pytest.raises(RowError, match="expected a label after __label__, found none"):
        parse_line(line)


@pytest.mark.parametrize(
    ("head", "labelled"),
    [
        (b"__label__a x\nno label\n", True),  # the second line is then a bad row
        (b"\n \r\n\xef\xbb\xbf__label__a x", False),  # a mark in the middle is a letter
        (b"\xef\xbb\xbf\n \r\n__label__a x", True),
        (b"x __label__a\ny __label__b\n", True),
        (b"x __label__a\ny\n", False),  # it is spoken of
        (b"one text\nanother\n", False),
        (b"", False),
    ],
)
def test_a_file_is_known_by_its_first_lines(head: bytes, labelled: bool) -> None:
    assert has_labels(head, "a.txt") is labelled


def test_a_mix_that_means_neither(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\nplain words\n__label__a x\n")
    with pytest.raises(
        DataError, match=r"a\.txt, line 2: expected a label before the text .*, as in line 3, found 'pl"
    ):
        resolve(str(path))
    path.write_text("__label__a x\n\nplain words\n__label__b y\n")
    with pytest.raises(DataError, match=r"a\.txt, row 2 \(counted from 1, line 3\): expected a label before the text"):
        load_corpus(DataConfig(source=str(path)))


def test_the_same_rows_as_csv_and_as_lines_are_the_same_corpus(tmp_path: Path) -> None:
    rows = make_rows(60)
    lines = "".join(f"__label__{label} {text}\n" for text, label in rows)
    (tmp_path / "a.txt").write_text(lines)
    (tmp_path / "a.train.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "train").write_bytes(lines.replace("\n", "\r\n").encode())
    (tmp_path / "a.csv").write_text(lines)
    want = load_corpus(DataConfig(source=str(write_csv(tmp_path / "rows.csv", rows))))
    for name in ("a.txt", "a.train.gz", "train"):
        source = resolve(str(tmp_path / name))
        assert source.kind == "fasttext"
        check_first_bytes(source, DataConfig())
        corpus = load_corpus(DataConfig(source=str(tmp_path / name)))
        for split, examples in want.splits.items():
            assert corpus.splits[split].texts == examples.texts
            assert corpus.splits[split].labels == examples.labels
    assert (
        load_corpus(DataConfig(source=str(tmp_path / "a.csv"), format="fasttext")).splits.keys() == want.splits.keys()
    )
    assert list(read_texts(resolve(str(tmp_path / "a.txt")), "text")) == [text for text, _ in rows]


def rows_of(path: Path, kind: str = "single") -> list[object]:
    return list(read_fasttext(path, None, kind))  # type: ignore[arg-type]


def test_several_labels_are_a_set_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("__label__a x\n\n__label__b,c __label__a y\n__label__b __label__b z\n")
    assert rows_of(path, "multi") == [(1, ("x", ["a"])), (2, ("y", ["b,c", "a"])), (3, ("z", ["b"]))]
    assert rows_of(path)[2] == (3, ("z", "b"))
    with pytest.raises(DataError, match=r"line 3\): expected one label, found 2: 'b,c', 'a'; .*data.target=multi"):
        load_corpus(DataConfig(source=str(path)))
    assert find_multiple_labels(path.read_text().splitlines()) == 3
    assert find_multiple_labels(["__label__a x__label__b", "__label__a __label__a"]) is None


def test_lines_of_strangers(tmp_path: Path) -> None:
    """Bytes that are no UTF-8, a zero, a label without a name, an endless line of labels: each told by its line."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"__label__a x\n__label__b \xff\n__label__c \x00y\n__label__ z\n__label__d")
    first, bad, zero, unnamed, last = rows_of(path)
    assert (first, zero, last) == ((1, ("x", "a")), (3, ("y", "c")), (5, ("", "d")))
    assert isinstance(bad, BadRow)
    assert "expected UTF-8, found byte 0xff at offset 24" in str(bad)
    assert isinstance(unnamed, BadRow)
    assert str(unnamed) == (
        f"{path}, row 4 (counted from 1, line 4): expected a label after __label__, found none; "
        "remove the line or name its label"
    )
    path.write_text(" ".join(f"__label__{i}" for i in range(20_000)) + "\n__label__a x\n")
    with pytest.raises(DataError, match="expected at most 10,000 classes, found more"):
        load_corpus(DataConfig(source=str(path), target="multi"))
    path.write_bytes("__label__a x\n".encode("utf-16"))
    with pytest.raises(DataError, match="expected a name that ends in one of"):
        resolve(str(path))
    path.write_bytes(b"")
    with pytest.raises(DataError, match="found 0 bytes"):
        resolve(str(path))


def test_columns_that_such_a_file_does_not_have(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("__label__a x\n")
    source = resolve(str(path))
    for columns in (DataConfig(numeric=("price",)), DataConfig(text_column=("title", "price"))):
        for read in (check_first_bytes, lambda _, config: load_corpus(config)):
            with pytest.raises(DataError, match="expected a table with the column 'price', found a fastText file"):
                read(source, DataConfig(**{**vars(columns), "source": str(path)}))
    with pytest.raises(DataError, match="'price'"):
        read_full_table(source, Columns(numeric=("price",)), DEFAULT_TEXT_FORMAT, Notes())


def test_whole_lines_keep_their_labels(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("__label__a __label__b x\nno label\n")
    table = read_full_table(resolve(str(path)), Columns(("review",), "topic"), DEFAULT_TEXT_FORMAT, Notes())
    first, bad = table.rows
    assert table.names == ("topic", "review")
    assert first == (1, ("x", ["a b", "x"]))
    assert isinstance(bad, BadRow)
    assert bad.original == ["", "no label"]
