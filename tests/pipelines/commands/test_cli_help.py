"""The help: what people need comes first, in groups, and nothing is cut in a terminal of 80 columns."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from made import make_rows, write_csv
from running import Call

from pipelines.commands.assembly import assemble
from pipelines.commands.help_groups import GROUPS


def column_names_of(command: Any, names: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield names
    for name, found in getattr(command, "commands", {}).items():
        yield from column_names_of(found, (*names, name))


def test_nothing_is_cut_at_80_columns(textrnn: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for names in column_names_of(typer.main.get_command(assemble())):
        ended = textrnn(*names, "--help")
        assert ended.code == 0
        for line in ended.out.splitlines():
            assert len(line) <= 80, (names, line)
            assert not line.endswith("...") or line.startswith("Usage:") or line.endswith(", ..."), (names, line)


def test_the_groups_come_in_the_order_of_need(textrnn: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = textrnn("--help").out.splitlines()
    places = [lines.index(f"{group}:") for group in GROUPS]
    assert places == sorted(places)
    listed = [line.split()[0] for line in lines[places[0] :] if line.startswith("  ") and line[2] != " "]
    assert listed[:4] == ["init", "run", "predict", "score"]
    assert sorted(listed) == sorted(typer.main.get_command(assemble()).commands)  # type: ignore[attr-defined]

    assert sum("--install-completion" in line for line in lines) == 1


@pytest.mark.parametrize("name", ["init", "run", "predict"])
def test_the_help_has_an_example(name: str, textrnn: Call) -> None:
    assert f"\n  textrnn {name} " in textrnn(name, "--help").out


def test_the_shell_completes_commands(place: Path, process: Call) -> None:
    for words, found in (("textrnn pre", "predict"), ("textrnn run --req", "--require-resume")):
        asked = {"_TEXTRNN_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        assert found in process(cwd=place, **asked).out


def test_a_file_takes_the_place_of_the_data_of_a_config(fresh: Path, textrnn: Call) -> None:
    write_csv(fresh / "other.csv", make_rows(150))
    config = (fresh / "textrnn.toml").read_text(encoding="utf-8")
    parts = config.replace('source = "data.csv"', 'train = "data.csv"\ntest = "data.csv"')
    (fresh / "parts.toml").write_text(parts, encoding="utf-8")
    os.mkdir(fresh / "sub")
    (fresh / "sub" / "textrnn.toml").write_text(config, encoding="utf-8")
    for name in ("textrnn.toml", "parts.toml", "sub/textrnn.toml"):
        shown = textrnn("config", "show", "-c", name, "--data", "other.csv", "--json")
        data = shown.json["data"]
        assert (data["source"], data["train"], data["test"]) == (str(fresh / "other.csv"), None, None)
        assert shown.json["train"]["batch_size"] == 32, "all else is the config's"
        assert ("in place of data.train, data.test of parts.toml" in shown.err) == (name == "parts.toml")
    assert textrnn("run", "-c", "parts.toml", "--data", "other.csv", "--until", "load", "--quiet").code == 0
    assert "other.csv" in textrnn("config", "validate", "-c", "parts.toml", "--data", "other.csv").out
    assert textrnn("run", "-c", "textrnn.toml", "--data", "gone.csv").code == 3


def test_the_table_of_settings_has_the_name_and_what_python_calls_them(fresh: Path, textrnn: Call) -> None:
    lines = textrnn("config", "show").out.splitlines()
    assert lines[0].startswith('name = "textrnn"  # of the run')
    seeds = [line for line in lines if line.startswith("seed ")]
    assert seeds[0].endswith("(in Python: random_state)")
    assert not seeds[1].endswith(")"), "of the resampling, which Python does not have"
