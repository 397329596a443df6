"""The ablation on made-up rows and a tiny network: its lines, its table, its kills."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made import make_rows
from running import TREE

from benchmarks.ablation import measure as measuring
from benchmarks.ablation.__main__ import main
from benchmarks.ablation.arms import ARMS, DEFAULT, Arm, find_arms
from benchmarks.ablation.lines import append_line, read_lines
from benchmarks.ablation.measure import TEXTRNN, measure
from benchmarks.ablation.score import crossed, score_branches
from benchmarks.ablation.subset import draw, write_config, write_rows
from benchmarks.ablation.table import cpu_minutes, difference, page_of
from pipelines.app import run_app
from pipelines.config import read_config
from textrnn.decision.branch_logits import BranchLogits

TINY = """
[vocabulary]
min_count = 1
[model]
embedding_size = 8
hidden_size = 8
[train]
epochs = 2
batch_size = 16
precision = "float32"
device = "cpu"
checkpoint_seconds = 0.0
"""


RUN = subprocess.run


def made_subset(folder: Path, settings: str = TINY) -> Path:
    rows = list(dict.fromkeys(make_rows(300)))
    write_rows(folder, draw(rows, (120, 80, 10), seed=1))
    write_config(folder, settings)
    return folder


def command(folder: Path, *more: str) -> list[str]:
    places = ["--out", str(folder / "out"), "--work", str(folder / "work"), "--data", str(folder / "rows")]
    return [*places, "--processes", "1", *more]


def lines_in(folder: Path) -> list[dict]:
    return read_lines(folder / "out" / "ABLATION.jsonl")


def run_here(command: list[str], **how: Any) -> subprocess.CompletedProcess[str]:
    """`subprocess.run`, but what is Python of this tree runs in this process, which has its imports already."""
    if command[:3] == [sys.executable, "-m", "benchmarks.ablation.measure"]:
        return subprocess.CompletedProcess(
            command, 0, json.dumps(measure(command[3], Path(command[4]), command[5:])), ""
        )
    if tuple(command[:3]) == TEXTRNN:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run_app(command[3:])
        return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())
    return RUN(command, **how)


@pytest.fixture(params=["here", pytest.param("processes", marks=pytest.mark.slow)])
def place(request, monkeypatch):
    """Where runs go on: in this process, or, in 20 seconds more, in processes of their own."""
    if request.param == "here":
        monkeypatch.setattr(subprocess, "run", run_here)
        monkeypatch.setattr(measuring, "_children_seconds", time.process_time)


@pytest.mark.usefixtures("place")
def test_lines_are_kept_and_only_what_is_missing_is_run(tmp_path, capsys):
    made_subset(tmp_path / "rows")
    wanted = command(tmp_path, "--arm", "no-wide", "--seeds", "1")
    assert main(wanted) == 0
    first, second = lines_in(tmp_path)
    assert (first["arm"], second["arm"]) == ("default", "no-wide")
    assert first["cpu_seconds"]["train"] > 0
    assert second["cpu_seconds"]["train"] is None  # the default's network serves both
    assert second["keys"]["train"] == first["keys"]["train"]
    assert second["ngram_branch"] is None
    assert second["recurrent"] == first["recurrent"] == second["joined"]
    page = (tmp_path / "out" / "ABLATION.md").read_text()
    assert "no n-gram branch" in page

    before = (tmp_path / "out" / "ABLATION.jsonl").read_bytes()
    capsys.readouterr()
    assert main(wanted) == 0
    assert "0 of 2 runs" in capsys.readouterr().err
    assert (tmp_path / "out" / "ABLATION.jsonl").read_bytes() == before
    assert (tmp_path / "out" / "ABLATION.md").read_text() == page
    # a line holds for its settings, its rows and its code alone
    for more, left in ((["--set", "train.epochs=3"], "2 of 2"), (["--other-code"], "0 of 2")):
        assert _missing([*wanted, *more], capsys) == left
    other = [{**line, "code": "another"} for line in lines_in(tmp_path)]
    (tmp_path / "out" / "ABLATION.jsonl").write_text("".join(json.dumps(line) + "\n" for line in other))
    assert _missing(wanted, capsys) == "2 of 2"
    assert _missing([*wanted, "--other-code"], capsys) == "0 of 2"
    write_rows(tmp_path / "rows", draw(make_rows(300), (120, 80, 10), seed=2))
    assert _missing([*wanted, "--other-code"], capsys) == "2 of 2"


def _missing(wanted: list[str], capsys) -> str:
    """How many runs have no line, of how many; as the list of arms tells it."""
    assert main([*wanted, "--list"]) == 0
    rows = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    return f"{sum(row[-1].strip() != '0' for row in rows)} of {len(rows)}"


@pytest.mark.slow
def test_a_killed_run_is_run_again_and_goes_on_where_it_was(tmp_path):
    made_subset(tmp_path / "rows", TINY.replace("epochs = 2", "epochs = 12\npatience = 0"))
    wanted = command(tmp_path, "--arm", "default", "--seeds", "1")
    running = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.ablation", *wanted],
        cwd=TREE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # so that the run and its own children are killed together
    )
    until = time.monotonic() + 60
    while not list((tmp_path / "work" / "cache" / "work").glob("train-*/step-*/manifest.json")):
        assert running.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert lines_in(tmp_path) == []

    assert main(wanted) == 0
    (resumed,) = lines_in(tmp_path)
    assert resumed["cpu_seconds"]["train"] is None  # a part of its cost went with the killed process
    (tmp_path / "out" / "ABLATION.jsonl").unlink()
    assert main([*wanted, "--work", str(tmp_path / "anew")]) == 0
    (whole,) = lines_in(tmp_path)
    assert whole["cpu_seconds"]["train"] > 0
    assert {part: whole[part] for part in ("recurrent", "ngram_branch", "joined")} == {
        part: resumed[part] for part in ("recurrent", "ngram_branch", "joined")
    }


def test_a_line_cut_short_is_none_and_spoils_no_other(tmp_path):
    path = tmp_path / "lines"
    append_line(path, {"number": 1})
    with open(path, "ab") as file:
        file.write(b'{"number": 2, "se')
    assert read_lines(path) == [{"number": 1}]
    append_line(path, {"number": 3})
    assert read_lines(path) == [{"number": 1}, {"number": 3}]


def test_an_unknown_arm_is_refused_in_one_line(tmp_path, capsys):
    assert main(command(tmp_path, "--arm", "no-avrage")) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert told[0].startswith("error: --arm no-avrage: expected one of default, ")
    assert told[0].endswith("did you mean no-average?")
    assert not (tmp_path / "out").exists()


def test_every_arm_is_a_configuration_of_its_own(tmp_path):
    config = made_subset(tmp_path) / "ablation.toml"
    assert ARMS[0] is DEFAULT
    assert DEFAULT.changes == ()
    found = [
        json.dumps(read_config(str(config), arm.changes).to_json()) for arm in ARMS
    ]  # refuses anything that is not a setting
    assert len(set(found)) == len(ARMS) == len({arm.name for arm in ARMS})
    assert find_arms(["gru"]) == (DEFAULT, next(arm for arm in ARMS if arm.name == "gru"))


def line(arm: Arm, seed: int, accuracy: float, loss: float, *, train: float | None = 60, key: str = "") -> dict:
    score = {"accuracy": accuracy, "log_loss": loss}
    return {
        **{"arm": arm.name, "changes": list(arm.changes), "seed": seed, "code": "a", "commit": "abc"},
        **{"recurrent": score, "ngram_branch": None if arm.name == "no-wide" else score, "joined": score},
        "keys": {"ngram_branch": "w" if arm is DEFAULT else "none", "train": key or f"{arm.name}-{seed}"},
        "cpu_seconds": {"ngram_branch": 6.0 if seed == 0 else None, "train": train},
        "machine": {"processor": "a processor", "cores": 2},
    }


def test_the_table_has_the_figures_of_a_hand(tmp_path):
    arm = next(arm for arm in ARMS if arm.name == "no-wide")
    default = [line(DEFAULT, seed, a, x) for seed, a, x in ((0, 0.90, 0.30), (1, 0.88, 0.32), (2, 0.89, 0.31))]
    without = [
        line(arm, seed, a, x, train=None, key=f"default-{seed}")
        for seed, a, x in ((0, 0.88, 0.34), (1, 0.87, 0.35), (2, 0.86, 0.36))
    ]
    # differences -.02 -.01 -.03: mean -.02, standard deviation .01, by sqrt(3), t(.975, 2) = 4.30265: ± .024842
    found = difference(without, default, "joined", "accuracy")
    assert found.mean == pytest.approx(-0.02)
    assert found.half == pytest.approx(4.302653 * 0.01 / math.sqrt(3), rel=1e-6)
    assert found.sign == 0
    assert difference(without, default, "ngram_branch", "accuracy") is None
    assert difference(without[::-1], default[:1], "joined", "accuracy").mean == pytest.approx(-0.02)  # by seed alone
    assert math.isinf(difference(without[:1], default, "joined", "accuracy").half)
    everything = default + without
    assert cpu_minutes(default, everything) == pytest.approx(1.1)  # 60 and 6 seconds
    assert cpu_minutes(without, everything) == pytest.approx(1.1)  # what another line ran
    page = page_of(everything, ARMS, "made-up rows")
    cells = {row[0].strip(): [cell.strip() for cell in row] for row in _rows(page, "## Both branches")}
    assert cells["default"][1:] == ["3", "89.00", "1.00", "", "0.3100", "0.0100", "", "1.1"]
    # log loss: .04 .03 .05, mean .04
    assert cells["no-wide"][1:] == ["3", "87.00", "1.00", "-2.00 ± 2.48", "0.3500", "0.0100", "+0.0400 ± 0.0248", "1.1"]
    assert "lower than with: no n-gram branch (+0.0400 ± 0.0248)." in page
    better = [{**each, "joined": {"accuracy": 0.9, "log_loss": 0.1}} for each in without]
    assert "higher than with: no n-gram branch" in page_of(default + better, ARMS, "")
    assert "No difference in log loss is shown by these seeds for: no n-gram branch" in page_of(
        default + [{**each, "joined": mine["joined"]} for each, mine in zip(without, default, strict=True)], ARMS, ""
    )
    assert "the default has not been run" in page_of(without, ARMS, "")


def _rows(page: str, title: str) -> list[list[str]]:
    section = page.partition(title)[2].partition("\n## ")[0]
    return [row[2:-2].split(" | ") for row in section.splitlines() if "|" in row]


def test_no_text_is_scored_with_factors_that_it_helped_to_choose():
    chance = np.random.default_rng(0)
    labels = chance.integers(0, 2, 60)
    logits = BranchLogits(*(chance.normal(size=(60, 2)) + 2 * np.eye(2)[labels] for _ in range(2)))
    before = crossed(logits, labels, has_ngrams=True)
    turned = labels.copy()
    turned[::2] = 1 - turned[::2]  # the labels of the first fold
    after = crossed(logits, turned, has_ngrams=True)
    assert np.array_equal(before[::2], after[::2])
    assert not np.allclose(before[1::2], after[1::2])
    found = score_branches(logits, labels, has_ngrams=True)
    assert found["recurrent"]["accuracy"] == np.mean(logits.recurrent.argmax(axis=1) == labels)
    assert found["joined"]["log_loss"] < min(found["recurrent"]["log_loss"], found["ngram_branch"]["log_loss"])


def test_parts_are_disjoint_balanced_and_the_same_for_a_seed():
    rows = [(f"text {i}", "ab"[i % 2]) for i in range(100)]
    parts = draw(rows, (40, 20, 10), seed=3)
    assert [len(part) for part in parts] == [40, 20, 10]
    assert len({row for part in parts for row in part}) == 70
    assert all(sum(label == "a" for _, label in part) == len(part) / 2 for part in parts)
    assert draw(rows[::-1], (40, 20, 10), seed=3) == parts
    assert draw(rows, (40, 20, 10), seed=4) != parts
    with pytest.raises(ValueError, match="label a: expected 51 texts at least, found 50"):
        draw(rows, (102,), seed=0)
