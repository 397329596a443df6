"""Loading whole: formats agree, splits are made or given, faults are one line."""

from __future__ import annotations

import csv
import gzip
import io
import json
import lzma
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from textrnn.config.data import DataConfig
from textrnn.data.corpus import Corpus
from textrnn.data.load import corpus_of, load_corpus
from textrnn.errors import ConfigError, DataError, TextrnnError

CELLS = [(f'text "{i}", with\na line {"é" * (i % 3)}', ["no", "yes"][i % 2]) for i in range(60)]


def _delimited(cells: list[tuple[str, str]], delimiter: str = ",") -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter).writerows([("text", "label"), *cells])
    return buffer.getvalue().encode()


def _jsonl(cells: list[tuple[str, str]]) -> bytes:
    return "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in cells).encode()


def _parquet(cells: list[tuple[str, str]]) -> bytes:
    buffer = io.BytesIO()
    texts, labels = zip(*cells, strict=True)
    pq.write_table(pa.table({"text": texts, "label": labels}), buffer)
    return buffer.getvalue()


def _write(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


def _bytes(corpus: Corpus, folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    corpus.save(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_format_gives_the_same_bytes(tmp_path: Path) -> None:
    files = {
        "a.csv": _delimited(CELLS),
        "b.tsv": _delimited(CELLS, "\t"),
        "c.jsonl": _jsonl(CELLS),
        "d.parquet": _parquet(CELLS),
        "e.csv.gz": gzip.compress(_delimited(CELLS), mtime=0),
        "f.jsonl.xz": lzma.compress(_jsonl(CELLS)),
    }
    found = [
        _bytes(load_corpus(DataConfig(source=_write(tmp_path / name, data))), tmp_path / f"{name}.out")
        for name, data in files.items()
    ]
    assert all(other == found[0] for other in found[1:])
    assert set(found[0]) == {"train.parquet", "validation.parquet", "test.parquet", "corpus.json"}


def test_rows_lead_back_to_the_source(tmp_path: Path) -> None:
    corpus = load_corpus(DataConfig(source=_write(tmp_path / "a.csv", _delimited(CELLS))))
    assert {name: len(examples) for name, examples in corpus.splits.items()} == {
        "train": 48,
        "validation": 6,
        "test": 6,
    }
    for examples in corpus.splits.values():
        for text, label, row in zip(examples.texts, examples.labels, examples.rows, strict=True):
            assert (text, label) == CELLS[row - 1]
    assert corpus.target.classes == ("no", "yes")


def test_given_splits_stay_and_missing_ones_come_from_train(tmp_path: Path) -> None:
    train = _write(tmp_path / "train.csv", _delimited(CELLS[:40]))
    test = _write(tmp_path / "test.csv", _delimited(CELLS[40:]))
    corpus = load_corpus(DataConfig(train=train, test=test, test_fraction=0.0))
    assert corpus.splits["test"].texts == [text for text, _ in CELLS[40:]]
    assert {name: len(examples) for name, examples in corpus.splits.items()} == {
        "train": 36,
        "validation": 4,
        "test": 20,
    }
    alone = load_corpus(DataConfig(train=train))
    assert {name: len(examples) for name, examples in alone.splits.items()} == {"train": 32, "validation": 4, "test": 4}
    overlapping = load_corpus(DataConfig(train=train, validation=test, test=train))
    assert overlapping.splits["train"].texts == [text for text, _ in CELLS[:40]]
    assert overlapping.checks["shared"]["train-test"] == {"rows": 40, "share": 1.0}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "exactly one of data.source and data.train, found neither"),
        ({"source": "a", "train": "b"}, "exactly one of data.source and data.train, found both"),
        ({"source": "a", "test": "b"}, "expected data.test with data.train"),
        ({"train": "a", "test_fraction": 0.0}, "data.test_fraction: expected more than 0"),
        ({"train": "a", "test": "b", "validation_fraction": 0.0}, "data.validation_fraction: expected more than 0"),
        ({"train": "a", "validation_fraction": 0.5, "test_fraction": 0.5}, "leave rows for training, found 1 held out"),
        ({"source": "a", "text_column": "x", "label_column": "x"}, "name different columns, found 'x' twice"),
        ({"source": "a", "delimiter": '"'}, "data.delimiter"),
    ],
)
def test_settings_that_contradict(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_corpus(DataConfig(**settings))  # type: ignore[arg-type]


def test_fraction_is_needed_only_for_what_is_not_given(tmp_path: Path) -> None:
    source = _write(tmp_path / "a.csv", _delimited(CELLS))
    with pytest.raises(ConfigError, match=r"data\.test_fraction"):
        load_corpus(DataConfig(source=source, test_fraction=0.0))
    load_corpus(DataConfig(train=source, validation=source, test=source, validation_fraction=0.0, test_fraction=0.0))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"text,label\n", "found no rows"),
        (b"text,label\na,x\nb,x\n", "a.csv: labels: expected at least two classes, found only 'x'"),
        (b"text,label\na,x\nb,y\n", "expected enough rows to hold out 0.1 of them for"),
        (gzip.compress(b"text,label\n", mtime=0), "found gzip; name it .csv.gz"),
    ],
)
def test_data_that_cannot_be_used(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_corpus(DataConfig(source=_write(tmp_path / "a.csv", data)))


def test_label_that_train_does_not_have(tmp_path: Path) -> None:
    train = _write(tmp_path / "train.csv", _delimited(CELLS))
    other = _write(tmp_path / "test.csv", _delimited([("a", "yes"), ("b", "yse")]))
    with pytest.raises(
        DataError,
        match=r"validation split, row 2 after the header: .* found 'yse'; its classes are 'no', 'yes'; did you",
    ):
        load_corpus(DataConfig(train=train, validation=other))
    corpus = load_corpus(DataConfig(train=train, test=other))  # no model can get it right, and the report says so
    assert corpus.target.classes == ("no", "yes", "yse")
    assert (
        "no training row has the label 'yse': 1 test row with it cannot be predicted; did you mean 'yes'?"
        in corpus.checks["warnings"]
    )
    numbers = _write(tmp_path / "test.jsonl", b'{"text": "a", "label": 1}\n')
    with pytest.raises(DataError, match="expected a string as label as in the training split, found an integer 1"):
        load_corpus(DataConfig(train=train, test=numbers))


def test_columns_and_delimiter_are_the_configs(tmp_path: Path) -> None:
    data = _delimited(CELLS, ";").replace(b"text;label", b"review;stars", 1)
    config = DataConfig(
        source=_write(tmp_path / "a.csv", data), text_column="review", label_column="stars", delimiter=";"
    )
    assert list(load_corpus(config).splits["train"].columns) == ["review"]


def test_from_memory() -> None:
    texts = [f"text {i}" for i in range(50)]
    corpus = corpus_of(texts, np.arange(50) % 2, validation_fraction=0.2, seed=3)
    assert {name: len(examples) for name, examples in corpus.splits.items()} == {"train": 40, "validation": 10}
    assert corpus.target.classes == (0, 1)
    assert [type(label) for label in corpus.target.classes] == [int, int]
    assert corpus_of(texts, [" a", "a"] * 25).target.classes == (" a", "a")
    with pytest.raises(DataError, match="labels: expected as many as texts, found 1 label and 2 texts"):
        corpus_of(["a", "b"], ["x"])
    with pytest.raises(ConfigError, match="validation_fraction"):
        corpus_of(texts, [0, 1] * 25, validation_fraction=1.0)
    with pytest.raises(
        DataError, match=r"the examples, row 2 \(counted from 1\), column 'text': expected a text, found a number 1.5"
    ):
        corpus_of(["a", 1.5], ["x", "y"])  # type: ignore[list-item]


def test_damage_is_refused_or_read_but_never_a_traceback(tmp_path: Path) -> None:
    """Every damaged file gives a corpus or one clear line: seeded cuts and flips in every format."""
    whole = {
        "a.csv": _delimited(CELLS),
        "a.jsonl": _jsonl(CELLS),
        "a.parquet": _parquet(CELLS),
        "a.csv.gz": gzip.compress(_delimited(CELLS), mtime=0),
        "a.jsonl.xz": lzma.compress(_jsonl(CELLS)),
    }
    generator = random.Random(0)
    refused = []
    for _ in range(60):
        for name, data in whole.items():
            bad = bytearray(data[: generator.randrange(len(data))] if generator.random() < 0.3 else data)
            for _ in range(min(len(bad), generator.choice((1, 3)))):
                bad[generator.randrange(len(bad))] = generator.choice((0, 10, 13, 34, 44, 255))
            try:
                load_corpus(DataConfig(source=_write(tmp_path / name, bytes(bad))))
            except TextrnnError as error:
                refused.append(str(error))
    assert len(refused) > 150
    assert not any("\n" in message for message in refused)


def test_a_test_split_without_labels_is_left_aside(tmp_path: Path) -> None:
    """As benchmarks publish it: -1 in each row, where -1 is no class."""

    def load(**given: list[tuple[str, str]]) -> Corpus:
        sources = {name: _write(tmp_path / f"{name}.csv", _delimited(rows)) for name, rows in given.items()}
        return load_corpus(DataConfig(**sources, validation_fraction=0.2))

    unlabelled = [(f"new {text}", "-1") for text, _ in CELLS[:8]]
    found = load(train=CELLS, test=unlabelled)
    assert list(found.splits) == ["train", "validation"]
    assert list(found.target.names) == ["no", "yes"]
    known = [(text, "-1" if label == "no" else label) for text, label in CELLS]
    assert len(load(train=known, test=unlabelled).splits["test"]) == 8, "here -1 is a class"
    with pytest.raises(DataError, match=r"row 2 .*expected a label in each row or -1 \(none\) in all of them"):
        load(train=CELLS, test=[("a text", "yes"), *unlabelled])
