"""Three deliberate mistakes, and many more: each is one line, with its exit code, and breaks nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from made import make_rows
from running import SMALL, START, Call, environment

from pipelines import app
from pipelines.running import runner
from textrnn.errors import DataError

ROWS = "".join(f'"{text}",{label}\n' for text, label in make_rows(40))


def files(folder: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: data for name, data in found.items() if "locks/" not in name and not name.endswith("memo.json")}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, ["data.csv: no such file"]),
        (b"", ["data.csv", "found 0 bytes"]),
        (b"text,label\n", ["data.csv", "found no rows"]),
        (b"\n\n\n", ["data.csv", "empty"]),
        (b"text,stars\nfine,1\n", ["data.csv", "'label'", "'stars'"]),
        (b"text,label\nfine,\n" + ROWS.encode(), ["data.csv, row 1", "'label'", "empty"]),
        (b"text,label\nfine,a\nbad,a\n", ["data.csv", "two classes", "'a'"]),
        (b"text,label\nfine,a\nb\xffd,b\n", ["data.csv", "line 3", "UTF-8", "0xff"]),
        (b"text,label\nfine,a\nno, bad,b\n", ["data.csv, row 2 after the header (line 3)", "2 fields", "found 3"]),
        (b"text,label\nfine\n", ["data.csv, row 1 after the header (line 2)", "2 fields", "found 1"]),
        (b'text,label\n"fine,a\n', ["data.csv, row 1 after the header (line 2)", "quote"]),
        (b"review;stars\nfine;a\n", ["data.csv", "';'", "data.delimiter"]),
        ("text,label\nfine,a\n".encode("utf-16"), ["data.csv", "UTF-16"]),
        (b"text,label\nfine,a\nbad,b\n", ["data.csv", "2 rows"]),
        (b"PK\x03\x04text,label\n", ["data.csv", "spreadsheet"]),
        (b"text,label\n" + b"".join(b" ,%d\n" % (i % 2) for i in range(40)), ["data.csv", "empty", "text column"]),
    ],
    ids=[
        "no file", "empty", "header only", "blank lines", "no label column", "a label is missing", "one class",
        "wrong UTF-8", "too many fields", "too few fields", "open quote", "semicolons", "UTF-16", "too few rows",
        "a spreadsheet", "empty texts",
    ],
)  # fmt: skip
def test_bad_data_is_one_line_and_leaves_the_cache_as_it_was(
    content: bytes | None, said: list[str], place: Path, textrnn: Call
) -> None:
    before = files(place / ".textrnn")
    if content is None:
        (place / "data.csv").unlink()
    else:
        (place / "data.csv").write_bytes(content)
    ended = textrnn("run")
    assert ended.code == 3
    assert ended.out == ""
    assert all(part in ended.error for part in said), ended.error
    assert len(ended.error) < 500
    assert files(place / ".textrnn") == before


def test_a_process_that_fails_says_one_line(place: Path, process: Call) -> None:
    (place / "data.csv").write_bytes(b"text,label\nfine,a\nb\xffd,b\n")
    ended = process("run", "--json", "--quiet", cwd=place)
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.splitlines() == [ended.error]


def test_labels_that_training_never_saw(fresh: Path, textrnn: Call) -> None:
    (fresh / "validation.csv").write_text("text,label\nfine,a\nbad,excellent\n", encoding="utf-8")
    config = SMALL.replace('source = "data.csv"', 'train = "data.csv"\nvalidation = "validation.csv"')
    (fresh / "textrnn.toml").write_text(config, encoding="utf-8")
    ended = textrnn("run")
    assert ended.code == 3
    assert "validation split, row 1" in ended.error


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "-s", "train.epoch=2"), "train.epoch: no such key; did you mean train.epochs?"),
        (("run", "-s", "model.epochs=2"), "model.epochs: no such key; it belongs to [train]: train.epochs"),
        (("run", "-s", "trian.epochs=2"), "trian: no such section; did you mean train?"),
        (("run", "-s", "train.epochs=many"), "train.epochs: "),
        (("run", "-s", "model.dropout=1.5"), "model.dropout: expected a number, at least 0, less than 1, found 1.5"),
        (("run", "-s", "train.epochs"), "--set train.epochs: expected section.key=value"),
        (("run", "-c", "nothing.toml"), "--config nothing.toml: expected a TOML file"),
        (("run", "-s", "data.train=data.csv"), "expected exactly one of data.source and data.train, found both"),
        (("run", "-s", 'data.text_column="label"'), "found 'label' twice"),
        (("run", "-s", "train.precision=bfloat16", "-s", "train.device=mps"), "train.precision: bfloat16 needs"),
        (("config", "validate", "-s", "train.truncation=middle"), "train.truncation: "),
        (("plan", "-s", "x=1"), "x: no such section"),
        (("predict",), "predict: expected texts, or --input FILE"),
        (("predict", "a", "-i", "data.csv"), "predict: expected texts, or --input FILE"),
        (("predict", "-i", "data.csv", "-o", "data.csv"), "expected another file than the input"),
        (("score", "data.csv", "-o", "data.csv"), "expected another place than the input and the model"),
    ],
)
def test_a_wrong_setting_is_one_line(arguments: tuple[str, ...], said: str, place: Path, textrnn: Call) -> None:
    before = files(place)
    ended = textrnn(*arguments)
    assert ended.code == 2, ended.err
    assert said in ended.error
    assert ended.out == ""
    after = files(place)
    for found in (before, after):
        found.pop("runs/textrnn/run.json")  # it says what failed
    assert after == before


def test_neither_config_nor_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, textrnn: Call) -> None:
    monkeypatch.chdir(tmp_path)
    for command in ("run", "plan", "vocabulary", "config show", "cache list", "why train"):
        ended = textrnn(*command.split())
        assert ended.code == 2
        assert "expected --config NAME or --data FILE" in ended.error
    ended = textrnn("predict", "a text")
    assert ended.code == 2
    assert "expected --model FOLDER" in ended.error
    assert list(tmp_path.iterdir()) == [], "nothing was done"


def test_words_that_are_no_command(textrnn: Call) -> None:
    for arguments in (
        ["bake"],
        ["run", "--fast"],
        ["why"],
        ["run", "--lock-timeout", "long"],
        ["cache", "gc", "--keep", "-1"],
    ):
        ended = textrnn(*arguments)
        assert ended.code == 2
        assert "Error: " in ended.err
        assert "Traceback" not in ended.err


# --- what is not the user's doing -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("two\nlines"), "internal error: RuntimeError: two lines; please report this as a bug"),
        (MemoryError(), "out of memory; lower train.batch_size"),
        (OSError(28, "No space left on device", "/data/x"), "/data/x: No space left on device"),
        (OSError("odd"), "odd"),
    ],
)
def test_what_was_not_foreseen_is_one_line_too(
    error: Exception, said: str, place: Path, textrnn: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(runner, "plan_stage", fail)
    ended = textrnn("run")
    assert ended.code == 1
    assert said in ended.error


def test_debug_shows_the_traceback(place: Path, textrnn: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise DataError("bad row")

    monkeypatch.setattr(runner, "plan_stage", fail)
    ended = textrnn("--debug", "run")
    assert ended.code == 3
    assert "Traceback" in ended.err
    assert ended.err.splitlines()[-1] == "error: bad row"


def test_a_place_that_cannot_be_written(place: Path, textrnn: Call) -> None:
    (place / "file").write_text("", encoding="utf-8")
    ended = textrnn("load", "--cache-dir", "file/cache")
    assert ended.code == 2
    assert "file/cache" in ended.error


# --- standard output that ends --------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["config", "show"], ["--version"], ["plan"], ["--help"]])
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs pipes as POSIX has them")
def test_a_reader_that_has_gone_is_no_news(arguments: list[str], place: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-c", START, *arguments],
        cwd=place,
        env=environment(),
        stdout=write,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_standard_output_is_told(place: Path) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-c", START, "plan"],
            cwd=place,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "error: standard output: No space left on device\n")


def test_the_allocator_is_asked_only_where_it_is_known(monkeypatch: pytest.MonkeyPatch, textrnn: Call) -> None:
    monkeypatch.setattr(app, "sys", SimpleNamespace(platform="darwin", stderr=None))
    assert textrnn("--help").code == 0
