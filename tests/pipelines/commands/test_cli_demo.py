"""`textrnn demo`: figures as JSON, a table, a picture."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from running import Call

SERIES = ("demo", "series", "--epochs", "2", "--seeds", "1", "--hidden-size", "4", "--window", "5")
MEMORY = ("demo", "memory", "--length", "5", "--length", "8", "--steps", "50", "--hidden-size", "4", "--processes", "1")


def test_series(tmp_path: Path, textrnn: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ended = textrnn(*SERIES)
    assert ended.code == 0, ended.err
    found = json.loads((tmp_path / "demo/series/series.json").read_text("utf-8"))["series"]
    for one in found:
        for row in one["errors"]:
            assert any(row["way"] in line and f"{row['rmse']:.3f}" in line for line in ended.out.splitlines())
    if find_spec("matplotlib"):
        assert (tmp_path / "demo/series/series.png").read_bytes().startswith(b"\x89PNG")
    assert (find_spec("vega_datasets") is None) == ("vega-datasets is not installed" in ended.err)


def test_memory(tmp_path: Path, textrnn: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ended = textrnn(*MEMORY, "--json", "--out", "here")
    assert ended.code == 0, ended.err
    assert {(row["task"], row["encoder"], row["length"]) for row in ended.json} == {
        (task, encoder, length)
        for task in ("adding", "recall")
        for encoder in ("rnn", "gru", "lstm", "mingru")
        for length in (5, 8)
    }
    kept = json.loads((tmp_path / "here/memory.json").read_text("utf-8"))["results"]
    assert [row["accuracy"] for row in kept] == [row["accuracy"] for row in ended.json]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("memory", "--full", "--length", "9"), "--length or --full"), (("series", "--window", "900"), "--window 900")],
)
def test_what_does_not_fit_is_exit_2(
    arguments: tuple[str, ...], said: str, tmp_path: Path, textrnn: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = textrnn("demo", *arguments)
    assert ended.code == 2
    assert said in ended.error
