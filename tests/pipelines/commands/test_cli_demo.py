"""`textrnn demo`, end to end in tiny counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Call

from textrnn.sequences.demo import png as picture
from textrnn.sequences.demo import series as series_module
from textrnn.storage.files import read_json

SERIES = ("demo", "series", "--epochs", "1", "--window", "4", "--hidden-size", "3", "--seeds", "1")
MEMORY = ("demo", "memory", "--steps", "1", "--hidden-size", "4", "--length", "6", "--length", "4", "--processes", "1")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_series_is_forecast_drawn_and_tabled(textrnn: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(series_module, "MODULE", "no_such_package")
    ended = textrnn(*SERIES)
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0].startswith("sines: sines of periods 20 and 50")
    names = ("last value", "value 100 steps before", "linear autoregression, 4 steps", "rnn, 3 units")
    for line, name in zip(lines[2:6], names, strict=True):
        assert line.startswith(name)
    assert lines[-1] == "wrote demo/series"
    assert "vega-datasets is not installed (`pip install textrnn[demo]`)" in ended.err
    original = read_json(Path("demo/series/series.json"))
    assert original["settings"]["window"] == 4
    assert len(original["series"][0]["network"]) == original["series"][0]["test_steps"] == 400
    assert Path("demo/series/series.png").read_bytes().startswith(b"\x89PNG")


def test_the_table_for_programs(textrnn: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series_module, "MODULE", "no_such_package")
    monkeypatch.setattr(picture.importlib.util, "find_spec", lambda _: None)
    ended = textrnn(*SERIES, "--json", "--out", "here", "--encoder", "elman")
    assert ended.code == 0
    assert [row["way"] for row in ended.json[0]["errors"]][-1] == "elman, 3 units"
    assert "network" not in ended.json[0]
    assert "no picture: matplotlib is not installed" in ended.err
    assert sorted(path.name for path in Path("here").iterdir()) == ["series.json"]


def test_memory_is_measured_drawn_and_tabled(textrnn: Call) -> None:
    pytest.importorskip("matplotlib")
    ended = textrnn(*MEMORY, "--out", "there")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0] == "adding: accuracy (loss); without memory 0.078 (0.167)"
    assert [line.split()[0] for line in lines[2:6]] == ["rnn", "gru", "lstm", "mingru"]
    assert "4 steps" in lines[1]
    assert "6 steps" in lines[1]
    assert ended.err.count("accuracy") == 16
    original = read_json(Path("there/memory.json"))
    assert len(original["results"]) == 16
    assert {len(row["gradient_after"]) for row in original["results"]} == {4, 6}
    assert original["baseline_loss"]["adding"] == pytest.approx(1 / 6)
    assert Path("there/memory.png").read_bytes().startswith(b"\x89PNG")


def test_what_contradicts_itself_or_has_no_place_is_refused(textrnn: Call) -> None:
    ended = textrnn(*MEMORY, "--full")
    assert (ended.code, ended.error) == (
        2, "error: expected --length or --full, found both; --full is 50, 100, 200, 500 and 1,000"
    )  # fmt: skip
    Path("file").write_text("")
    for command in (SERIES, MEMORY):
        ended = textrnn(*command, "--out", "file")
        assert ended.code == 2
        assert "expected a folder, found a file" in ended.error
    ended = textrnn("demo", "series", "--window", "900", "--out", "x")
    assert (ended.code, "expected at most 790" in ended.error) == (2, True)
    assert not Path("x").exists()
