"""What is likely meant otherwise: a file's name for a text, an output where nothing can be written, bad bytes."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

import pytest
from running import Call

from pipelines.predicting.file_arguments import describe_file_argument, example_row
from textrnn.data.columns import Columns

MODEL = ("-m", "models/textrnn")


def test_the_name_of_a_file_is_answered_with_a_warning(place: Path, textrnn: Call) -> None:
    (place / "two words").write_text("x")
    for name in ("data.csv", "two words"):
        ended = textrnn("predict", *MODEL, name)
        assert ended.code == 0
        assert next(iter(json.loads(ended.out))) == "label"
        shown = shlex.quote(name)
        assert f"warning: {shown} is a file here: to classify what it holds, use --input {shown}\n" in ended.err
    ended = textrnn("predict", *MODEL, "data.csv", "soup", "gone.xlsx", "--quiet")
    assert ended.err.count("--input") == 1
    assert ended.err.endswith("use --input data.csv (and 1 more such)\n")
    assert "--input" not in textrnn("predict", *MODEL, "the soup was good", "see a.csv", "models").err


@pytest.mark.parametrize("text", ["a.csv", "dir/A.TSV", "b.jsonl.gz", "c.parquet", "d.xlsx", "./e.json"])
def test_what_is_called_like_a_table_is_taken_for_a_file(text: str) -> None:
    assert (
        describe_file_argument(text)
        == f"{text} looks like the name of a file: to classify what it holds, use --input {text}"
    )


@pytest.mark.parametrize("text", ["", "a text", "open a.csv", "a.csv ", "csv", "No.", "x" * 5000, "a\0b", "什么.", "."])
def test_a_text_is_no_file(text: str) -> None:
    assert describe_file_argument(text) == ""


@pytest.mark.parametrize("names", [("a", "b"), ("it's", "x y"), ('a"b', "$HOME"), ("主题", "正文")])
def test_the_example_is_a_row_of_the_model_when_a_shell_has_read_it(names: tuple[str, ...]) -> None:
    columns = Columns(names, numeric=("price",), categorical=("shop",))
    (word,) = shlex.split(example_row(columns, in_shell=True))
    assert word == example_row(columns, in_shell=False)
    assert json.loads(word) == {names[0]: "...", names[1]: "...", "price": 0, "shop": "..."}


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_where_nothing_can_be_written_is_told_before_any_work(place: Path, textrnn: Call) -> None:
    for output in ("/proc/out.csv", "/proc/new/out.csv", f"{'x' * 300}.csv", f"{'x' * 245}.csv", "x/" * 3000 + "a.csv"):
        ended = textrnn("predict", *MODEL, "soup", "-o", output)
        assert (ended.code, ended.out) == (2, ""), output
        assert f"--output {output}: expected " in ended.error
        assert ended.error.count("\n") <= 1
    for command in (("init", "data.csv", "-o"), ("score", "data.csv", *MODEL, "-o")):
        ended = textrnn(*command, "/proc/out")
        assert (ended.code, ended.out) == (2, "")
        assert "--output /proc/out: expected " in ended.error


@pytest.mark.parametrize("codec", ["gb18030", "cp1252"])
def test_a_file_of_another_encoding_is_told_alike_everywhere(codec: str, place: Path, textrnn: Call) -> None:
    text = "汤很好喝，服务也很热情" if codec == "gb18030" else "die Suppe schmeckte köstlich, schön heiß"
    rows = "".join(f"{text} {i},{'good' if i % 2 else 'bad'}\n" for i in range(40))
    (place / "other.csv").write_bytes(b"text,label\n" + rows.encode(codec))
    told = set()
    for command in (("init", "-o", "new.toml"), ("score", *MODEL), ("predict", *MODEL, "-i")):
        for more in ((), ("--on-bad-row", "skip")):
            ended = textrnn(*command, "other.csv", *more)
            assert ended.code == 3
            assert "the file is likely" in ended.error
            assert "--on-bad-row" not in ended.error
            told.add(re.findall(r"line (\d+)\)?: .* at offset (\d+)", ended.error)[0])
    assert len(told) == 1, told
