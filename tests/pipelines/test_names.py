"""A whole job in files and folders whose names are not UTF-8, or whose locale is not: in processes of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from made import make_rows, write_csv
from running import SMALL, START, environment

C = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
UTF8, GBK = "数据é".encode(), "数据".encode("gbk")


class Job:
    """Commands in a folder of a given name; `name` is also what its files are called."""

    def __init__(self, folder: bytes, name: bytes, settings: dict[str, str]) -> None:
        self.folder, self.name, self.settings = folder, name, settings

    def __call__(self, *arguments: str | bytes, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-c", START, *arguments],
            cwd=self.folder,
            env=environment(**self.settings),
            capture_output=True,
            check=False,
        )
        said = done.stderr.decode("utf-8", "backslashreplace")
        assert done.returncode == code, f"{arguments!r}: {said}"
        assert "mistake" not in said
        assert "Traceback" not in said
        return done.stdout.decode() if code == 0 else said

    def json(self, *arguments: str | bytes) -> Any:
        return json.loads(self(*arguments, "--json"))


@pytest.mark.parametrize(
    ("name", "settings"), [(GBK, {}), pytest.param(UTF8, C, marks=pytest.mark.slow)], ids=["GBK", "C"]
)
@pytest.mark.skipif(sys.platform != "linux", reason="names are any bytes on Linux")
def test_a_whole_job(name: bytes, settings: dict[str, str], tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/" + name
    os.mkdir(folder)
    write_csv(tmp_path / "data.csv", make_rows(120))
    shutil.copy(tmp_path / "data.csv", folder + b"/" + name + b".csv")
    job = Job(folder, name, settings)
    job("init", name + b".csv", "-o", name + b".toml")
    with open(folder + b"/" + name + b".toml", "rb") as file:
        written = file.read()
    assert b'source = "' + name + b'.csv"' in written
    with open(folder + b"/" + name + b".toml", "wb") as file:
        file.write(written.partition(b"\n[tokenize]")[0] + b"\n" + SMALL.partition('"data.csv"')[2].encode())
    where = ("-c", name + b".toml", "--cache-dir", name + b" cache")
    shown = name.decode("utf-8", "surrogateescape") if settings else os.fsdecode(name)
    ended = job.json("run", *where)
    assert ended["model"].endswith(f"/models/{shown}")
    assert {row["status"] for row in job.json("plan", *where)} == {"cached", "off"}
    job("config", "validate", *where[:2])
    job("predict", "-i", name + b".csv", "-m", b"models/" + name, "-o", name + b".jsonl")
    with open(folder + b"/" + name + b".jsonl", "rb") as file:
        assert len(file.read().splitlines()) == 120
    job("score", name + b".csv", "-m", b"models/" + name, "-o", name + b" scored")
    assert {b"report.html", b"report.json"} <= set(os.listdir(folder + b"/" + name + b" scored"))
    assert {b"report.html", b"report.json", b"run.json"} < set(os.listdir(folder + b"/runs/" + name))
    (kept,) = job.json("runs")
    job("promote", kept["run"])
    assert job.json("promote", "--history", name)[-1]["by"] == "hand"
    said = (
        name.decode("utf-8", "backslashreplace").encode("ascii" if settings else "utf-8", "backslashreplace").decode()
    )
    assert f"{said}.csv: expected a column 'gone'" in job("run", *where, "--set", "data.text_column=gone", code=3)


def test_columns_on_the_command_line_are_text_in_any_locale(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(
        "文本,标签\n" + "".join(f"好看{i},是\n难看{i},否\n" for i in range(20)), encoding="utf-8"
    )
    job = Job(os.fsencode(tmp_path), b"", C)
    asked = ("--text-column", "文本".encode(), "--set", "data.label_column=标签".encode())
    job("run", "--data", "data.csv", *asked, "--until", "load", "--quiet")


def test_a_config_in_another_encoding_is_no_utf8_all_the_same(tmp_path: Path) -> None:
    """Names of files may be any bytes; all else of a config is UTF-8."""
    (tmp_path / "textrnn.toml").write_bytes(b'[data]\nsource = "a.csv"\ntext_column = "' + GBK + b'"\n')
    assert "'utf-8' codec can't decode" in Job(os.fsencode(tmp_path), b"", {})("plan", code=2)
