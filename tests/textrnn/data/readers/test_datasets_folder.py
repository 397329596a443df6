"""Dataset folders and the hub's loader, on folders made here."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import datasets
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

from textrnn.config.data import DataConfig
from textrnn.data.readers.read_source import SourceSplits, read_source
from textrnn.data.readers.source import resolve
from textrnn.errors import DataError

FEATURES = Features({"text": Value("string"), "label": ClassLabel(names=["bad", "good"])})


def _dataset(labels: list[int], prefix: str = "text") -> Dataset:
    return Dataset.from_dict({"text": [f"{prefix} {i}" for i in range(len(labels))], "label": labels}, FEATURES)


def _read(source: str) -> SourceSplits:
    return read_source(resolve(source), DataConfig(source=source))


def test_table_alone_is_train_and_classes_have_their_names(tmp_path: Path) -> None:
    _dataset([0, 1, 1]).select([2, 0]).save_to_disk(tmp_path / "one")
    found = _read(str(tmp_path / "one"))
    assert list(found.splits) == ["train"]
    assert found.splits["train"].examples.texts == ["text 2", "text 0"]
    assert found.splits["train"].examples.labels == ["good", "bad"]


def test_splits_are_given_and_others_left_out(tmp_path: Path) -> None:
    whole = DatasetDict(
        {"unsupervised": _dataset([-1, -1]), "test": _dataset([1, 0], "test"), "train": _dataset([0, 1])}
    )
    whole.save_to_disk(tmp_path / "dict")
    found = _read(str(tmp_path / "dict"))
    assert list(found.splits) == ["train", "test"]
    assert found.splits["test"].examples.texts == ["test 0", "test 1"]
    assert found.left_out == ("unsupervised",)


def test_refused(tmp_path: Path) -> None:
    _dataset([0, -1]).save_to_disk(tmp_path / "none")
    with pytest.raises(DataError, match=r"split train, row 2 \(counted from 1\), column 'label': expected a label"):
        _read(str(tmp_path / "none"))
    DatasetDict({"dev": _dataset([0, 1])}).save_to_disk(tmp_path / "dev")
    with pytest.raises(DataError, match="expected a split named train, found 'dev'"):
        _read(str(tmp_path / "dev"))
    Dataset.from_dict({"text": ["a"], "label": [0.5]}).save_to_disk(tmp_path / "float")
    with pytest.raises(DataError, match="found double"):
        _read(str(tmp_path / "float"))
    arrow = next((tmp_path / "none").glob("*.arrow"))
    arrow.write_bytes(arrow.read_bytes()[:100])
    with pytest.raises(DataError) as caught:
        _read(str(tmp_path / "none"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("revision", ["abc123", "refs/tags/v1@2"])
def test_a_dataset_of_the_hub_is_requested_by_its_name_and_revision(
    revision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(path: str, *, revision: str, cache_dir: str) -> None:
        inputs.append((path, revision))
        raise ValueError("not today")

    inputs: list[tuple[str, str]] = []
    monkeypatch.setattr(datasets, "load_dataset_builder", ask)
    with pytest.raises(DataError, match="not today"):
        _read(f"hub:owner/name@{revision}")
    assert inputs == [("owner/name", revision)]


def test_hub_reads_csv_to_the_letter_and_leaves_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hub").mkdir()
    (tmp_path / "temporary").mkdir()
    with open(tmp_path / "hub" / "train.csv", "w", newline="") as file:
        csv.writer(file).writerows([("text", "label"), ("NA", "01"), ("1.0", "1"), ("", "1.0")])
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "home")
    before = datasets.are_progress_bars_disabled()
    found = _read(f"hub:{tmp_path / 'hub'}")
    assert found.splits["train"].examples.texts == ["NA", "1.0", ""]
    assert found.splits["train"].examples.labels == ["01", "1", "1.0"]
    assert list((tmp_path / "temporary").iterdir()) == []
    assert not (tmp_path / "home").exists()
    assert [path.name for path in (tmp_path / "hub").iterdir()] == ["train.csv"]
    assert datasets.are_progress_bars_disabled() == before
