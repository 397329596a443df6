from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from made import make_rows, write_csv
from running import Call

from pipelines.commands import init
from pipelines.config import SECTIONS, read_config


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_rows(path: Path, text: str, label: str) -> Path:
    lines = [json.dumps({"id": i, text: words, label: kind}) for i, (words, kind) in enumerate(make_rows(40))]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_columns_are_guessed_by_their_names(here: Path, textrnn: Call) -> None:
    write_rows(here / "data.jsonl", "Review", "Sentiment")
    ended = textrnn("init", "data.jsonl")
    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[-1] == "wrote textrnn.toml; train with: textrnn run"
    assert "train: 32 rows (bad 16, good 16)" in ended.out
    config = read_config("textrnn.toml")
    assert (config.data.text_column, config.data.label_column) == ("Review", "Sentiment")
    assert config.data.source == str(here / "data.jsonl")
    assert textrnn("config", "validate").code == 0


def test_columns_are_given(here: Path, textrnn: Call) -> None:
    write_rows(here / "data.jsonl", "label", "text")
    ended = textrnn("init", "data.jsonl", "--text-column", "label", "--label-column", "text")
    assert ended.code == 0, ended.err
    assert read_config("textrnn.toml").data.text_column == "label"
    ended = textrnn("init", "data.jsonl", "--text-column", "words", "-o", "other.toml")
    assert ended.code == 3
    assert "'words'" in ended.error
    assert not (here / "other.toml").exists()


def test_nobody_to_ask(here: Path, textrnn: Call) -> None:
    write_rows(here / "data.jsonl", "words", "kind")
    ended = textrnn("init", "data.jsonl")
    assert (ended.code, ended.out) == (3, "")
    assert "expected --text-column to name one of its columns: 'id', 'words', 'kind'" in ended.error
    ended = textrnn("init", "data.jsonl", "--text-column", "words")
    assert "expected --label-column to name one of its columns: 'id', 'kind'" in ended.error
    assert not (here / "textrnn.toml").exists()


def test_a_person_is_asked(here: Path, textrnn: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    write_rows(here / "data.jsonl", "words", "label")
    asked: list[tuple[str, str | None]] = []

    def prompt(question: str, default: str | None, err: bool) -> str:
        asked.append((question, default))
        assert err, "what is asked is no result"
        return default or "words"

    monkeypatch.setattr(init, "sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    monkeypatch.setattr(init.typer, "prompt", prompt)
    assert textrnn("init", "data.jsonl").code == 0
    assert asked == [
        ("column of the text (id, words, label)", None),
        ("column of the label (id, label)", "label"),
    ]
    assert read_config("textrnn.toml").data.text_column == "words"


def test_what_is_there_is_not_overwritten(here: Path, textrnn: Call) -> None:
    write_csv(here / "data.csv", make_rows(40))
    (here / "textrnn.toml").write_text("mine", encoding="utf-8")
    ended = textrnn("init", "data.csv")
    assert ended.code == 2
    assert "textrnn.toml: expected no such file yet" in ended.error
    assert (here / "textrnn.toml").read_text("utf-8") == "mine"
    assert textrnn("init", "data.csv", "--overwrite").code == 0
    assert read_config("textrnn.toml").data.source == str(here / "data.csv")


@pytest.mark.parametrize("output", ["deep/er/mine.toml", "mine.toml"])
@pytest.mark.parametrize("data", ["data.csv", "deep/data.csv", "deep/er/data.csv"])
def test_the_data_is_found_from_the_config(here: Path, textrnn: Call, output: str, data: str) -> None:
    (here / "deep" / "er").mkdir(parents=True)
    write_csv(here / data, make_rows(40))
    ended = textrnn("init", data, "--output", output)
    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[-1].endswith(f"textrnn run -c {output}")
    assert os.path.samefile(str(read_config(output).data.source), here / data)
    if Path(data).parent == Path(output).parent:
        assert 'source = "data.csv"' in (here / output).read_text("utf-8"), "a folder can be moved"


@pytest.mark.parametrize("column", ['say "it"', "back\\slash", "näh 好", "tab\there", "a\nb", "# x"])
def test_any_column_can_be_written(here: Path, textrnn: Call, column: str) -> None:
    write_rows(here / "data.jsonl", column, "label")
    assert textrnn("init", "data.jsonl", "--text-column", column).code == 0
    assert read_config("textrnn.toml").data.text_column == column


def test_every_setting_is_there_with_its_default(here: Path, textrnn: Call) -> None:
    write_csv(here / "data.csv", make_rows(40))
    assert textrnn("init", "data.csv").code == 0
    text = (here / "textrnn.toml").read_text("utf-8")
    named = tomllib.loads(text)
    assert named == {
        "data": {"source": "data.csv", "text_column": "text", "label_column": "label"},
        **{section: {} for section in SECTIONS if section != "data"},
    }
    # uncommented, every line is TOML and says the default
    (here / "all.toml").write_text(re.sub(r"^# (?=\w+ = \S)", "", text, flags=re.MULTILINE), encoding="utf-8")
    plain, whole = read_config("textrnn.toml"), read_config("all.toml")
    for section, kind in SECTIONS.items():
        assert whole.section(section) == plain.section(section)
        for name in kind.__dataclass_fields__:
            assert re.search(rf"^(# )?{name} = ?.*# \S", text, re.MULTILINE), f"{section}.{name}"


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no such file"), (b"", "0 bytes"), (b"text,label\n", "no rows"), (b"text,label\na,b\n", "two classes")],
)
def test_a_bad_file_writes_no_config(here: Path, textrnn: Call, content: bytes | None, said: str) -> None:
    if content is not None:
        (here / "data.csv").write_bytes(content)
    ended = textrnn("init", "data.csv")
    assert ended.code == 3
    assert said in ended.error
    assert not (here / "textrnn.toml").exists()


def test_a_parquet_file(here: Path, textrnn: Call) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    table = sys.modules["pyarrow"].table({"content": [t for t, _ in make_rows(40)], "y": [i % 2 for i in range(40)]})
    parquet.write_table(table, here / "data.parquet")
    assert textrnn("init", "data.parquet").code == 0
    config = read_config("textrnn.toml")
    assert (config.data.text_column, config.data.label_column) == ("content", "y")
