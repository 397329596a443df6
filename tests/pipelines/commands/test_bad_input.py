"""Each bad input: one clear line, the right exit code, and a cache as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Call

GOOD = b"text,label\n" + b"".join(b"soup %d,%s\n" % (i, (b"good", b"bad")[i % 2]) for i in range(40))
FILES = {
    "empty": (b"", "0 bytes"),
    "header only": (b"text,label\n", "no rows"),
    "missing column": (GOOD.replace(b"label", b"lable", 1), "did you mean 'lable'"),
    "missing label": (GOOD + b"soup,\n", "row 41"),
    "one class": (GOOD.replace(b",bad", b",good"), "at least two classes"),
    "not UTF-8": (GOOD + b"caf\xe9,good\n", "UTF-8"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "UTF-16"),
    "too many fields": (GOOD + b"soup,good,more\n", "row 41"),
}


def entries(place: Path) -> list[str]:
    return sorted(str(path) for path in (place / ".textrnn" / "entries").rglob("*"))


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_is_one_line(place: Path, textrnn: Call, name: str) -> None:
    data, telling = FILES[name]
    (place / "bad.csv").write_bytes(data)
    before = entries(place)
    ended = textrnn("run", "--data", "bad.csv", "--quiet")
    assert ended.code == 3
    assert "bad.csv" in ended.error
    assert telling in ended.error
    assert entries(place) == before


def test_a_file_that_is_not_there(place: Path, textrnn: Call) -> None:
    before = entries(place)
    ended = textrnn("run", "--data", "dta.csv", "--quiet")
    assert ended.code == 3
    assert "did you mean 'data.csv'" in ended.error
    assert entries(place) == before


@pytest.mark.parametrize(
    ("arguments", "telling"),
    [
        (["--set", "train.epoch=2"], "did you mean train.epochs"),
        (["--set", "train.hidden_size=2"], "model.hidden_size"),
        (["--set", "train.epochs=two"], "train.epochs"),
        (["--set", "model.dropout=1.5"], "model.dropout"),
        (["--set", "epochs"], "expected section.key=value"),
        (["--config", "sentimnt"], "did you mean sentiment"),
    ],
)
def test_a_wrong_setting_is_one_line(place: Path, textrnn: Call, arguments: list[str], telling: str) -> None:
    ended = textrnn("run", *arguments)
    assert ended.code == 2
    assert telling in ended.error


def test_neither_config_nor_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, textrnn: Call) -> None:
    monkeypatch.chdir(tmp_path)
    ended = textrnn("run")
    assert ended.code == 2
    assert "--config" in ended.error


def test_a_damaged_model_is_refused(place: Path, textrnn: Call) -> None:
    weights = place / "models" / "textrnn" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])
    ended = textrnn("predict", "soup")
    assert ended.code == 3
    assert "model.safetensors" in ended.error
