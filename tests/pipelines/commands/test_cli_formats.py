"""Files as people have them, on the command line: what each command says about them, and which options they need."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest
from running import Call

from pipelines.config import read_config

ROWS = [
    (f"这家店的服务很好，第{i}次来", "好评") if i % 2 else (f"房间太小了，{i}号不会再来", "差评") for i in range(40)
]
TABLE = "text,label\n" + "".join(f"{text},{label}\n" for text, label in ROWS)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [("init", "data.csv"), ("run", "--data", "data.csv"), ("run", "--data", "data.csv", "--dry-run"),
     ("load", "--data", "data.csv"), ("plan", "--data", "data.csv")],
)  # fmt: skip
def test_each_command_names_the_likely_encoding_by_what_it_takes(
    arguments: tuple[str, ...], here: Path, textrnn: Call
) -> None:
    (here / "data.csv").write_bytes(TABLE.encode("gb18030"))
    ended = textrnn(*arguments)
    assert ended.code == 3
    option = "--set data.encoding=gb18030" if arguments[0] == "plan" else "--encoding gb18030"
    assert f"the file is likely GB18030: use {option}" in ended.error
    assert "replace" not in ended.error
    assert not (here / "textrnn.toml").exists()


def test_an_encoding_goes_from_init_to_the_run(here: Path, textrnn: Call) -> None:
    (here / "data.csv").write_bytes(TABLE.encode("gb18030"))
    assert textrnn("init", "data.csv", "--encoding", "gb18030").code == 0
    assert read_config("textrnn.toml").data.encoding == "gb18030"
    ended = textrnn("load")
    assert ended.code == 0
    assert "好评 16" in ended.err
    original = textrnn("init", "data.csv", "--encoding", "gb18030")
    assert original.code == 2
    assert "textrnn.toml: expected no such file yet, found one, which is kept as it is" in original.error


@pytest.mark.parametrize("command", [("init", "data.csv"), ("run", "--data", "data.csv"), ("score", "data.csv")])
def test_what_is_no_encoding_is_a_mistake_of_usage(command: tuple[str, ...], here: Path, textrnn: Call) -> None:
    (here / "data.csv").write_text(TABLE, encoding="utf-8")
    ended = textrnn(*command, "--encoding", "rot13")
    assert ended.code == 2
    assert "encoding: expected auto or the name of an encoding of text" in ended.error
    assert "did you mean rot" not in ended.error


def test_a_file_without_header_is_known_and_its_columns_chosen(here: Path, textrnn: Call) -> None:
    (here / "data.tsv").write_text("".join(f"{label}\t{text}\n" for text, label in ROWS), encoding="utf-8")
    for arguments in (("init", "data.tsv"), ("plan", "--data", "data.tsv"), ("run", "--data", "data.tsv")):
        ended = textrnn(*arguments)
        assert ended.code == 3
        assert "the first line is likely a row, not names" in ended.error
        assert "--text-column 2 --label-column 1" in ended.error
    ended = textrnn("init", "data.tsv", "--no-header")
    assert ended.code == 0
    assert "text column: 2 (its cells are the longest)" in ended.out
    assert "label column: 1 (it has the fewest distinct values)" in ended.out
    config = read_config("textrnn.toml").data
    assert (config.header, config.text_column, config.label_column) == (False, "2", "1")
    assert textrnn("load").code == 0
    columns = ("--text-column", "2", "--label-column", "1")
    assert textrnn("load", "--data", "data.tsv", "--no-header", *columns).code == 0
    named = ("--set", 'data.header=["label", "text"]')
    assert textrnn("load", "--data", "data.tsv", *named).code == 0


def test_the_label_among_more_columns_is_named_by_a_person(here: Path, textrnn: Call) -> None:
    rows = [f"T{i}\t{text}\t{('low', 'high')[i % 2]}\t{label}\n" for i, (text, label) in enumerate(ROWS)]
    (here / "data.tsv").write_text("".join(rows), encoding="utf-8")
    ended = textrnn("init", "data.tsv", "--no-header", "--id-column", "1")
    assert ended.code == 3
    assert "expected --label-column to name one of its columns" in ended.error
    assert textrnn("init", "data.tsv", "--no-header", "--id-column", "1", "--label-column", "4").code == 0
    config = read_config("textrnn.toml").data
    assert (config.id_column, config.text_column, config.label_column) == ("1", "2", "4")
    (here / "data.tsv").write_text("".join(rows) + "T99\ta text\tlow\t\n", encoding="utf-8")
    assert "id 'T99'" in textrnn("load").error
    columns = ("--no-header", "--text-column", "2", "--label-column", "4", "--id-column", "1")
    assert "id 'T99'" in textrnn("load", "--data", "data.tsv", *columns).error


def test_init_says_which_columns_it_chose(here: Path, textrnn: Call) -> None:
    (here / "data.csv").write_text(TABLE.replace("text,label", "review, Class ", 1), encoding="utf-8")
    ended = textrnn("init", "data.csv")
    assert ended.code == 0
    assert ended.out.startswith("text column: 'review' (by its name; another: --text-column)\nlabel column: ' Class '")


def test_other_files_are_named(here: Path, textrnn: Call) -> None:
    (here / "fast.csv").write_text("".join(f"__label__{label} {text}\n" for text, label in ROWS), encoding="utf-8")
    (here / "rows.json").write_text(json.dumps([{"text": text, "label": label} for text, label in ROWS]))
    (here / "rows.xlsx").write_bytes(b"PK\x03\x04[Content_Types].xml xl/")
    os.mkfifo(here / "rows.csv")
    kinds = {
        "fast.csv": "a fastText file: name it .txt",
        "rows.json": "jq -c '.[]'",
        "rows.xlsx": "export it as CSV UTF-8",
        "rows.csv": "found a pipe or a device",
    }
    for name, said in kinds.items():
        for arguments in (("init", name), ("run", "--data", name)):
            ended = textrnn(*arguments)
            assert ended.code == 3
            assert said in ended.error
            assert ended.error.count(name) <= 2


def test_a_config_with_a_mark_or_of_another_kind(here: Path, textrnn: Call) -> None:
    (here / "data.csv").write_text(TABLE, encoding="utf-8")
    text = '[data]\nsource = "data.csv"\n'
    (here / "mine.toml").write_text(text, encoding="utf-8-sig")
    assert textrnn("config", "validate", "-c", "mine.toml").code == 0
    (here / "mine.toml").write_text(text, encoding="utf-16")
    ended = textrnn("config", "validate", "-c", "mine.toml")
    assert (ended.code, "UTF-16; save it as UTF-8" in ended.error) == (2, True)
    os.mkfifo(here / "pipe.toml")
    ended = textrnn("config", "validate", "-c", "pipe.toml")
    assert (ended.code, "a pipe or a device" in ended.error) == (2, True)


@pytest.mark.parametrize(("encoding", "end"), [("gb18030", "\n"), ("utf-16", "\r\n"), ("shift_jis", "\n")])
def test_lines_of_standard_input_in_an_encoding(encoding: str, end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.predicting.standard_input import ready_lines
    from textrnn.config.data import TextFormat
    from textrnn.data.readers.notes import Notes

    stream = io.TextIOWrapper(io.BytesIO(f"本日は{end}良い{end}日".encode(encoding)))
    monkeypatch.setattr(sys, "stdin", stream)
    found = ready_lines(sys.stdin, "standard input", TextFormat(encoding=encoding), Notes())
    assert list(found) == [(1, "本日は"), (2, "良い"), (3, "日")]
