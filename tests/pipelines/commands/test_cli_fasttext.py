"""fastText's files on the command line: from raw lines to answers, and line by line through a pipe."""

from __future__ import annotations

import json
import os
import select
import sys
from pathlib import Path

import pytest
from made import make_rows, write_csv
from made_kinds import make_feelings
from running import Call

from pipelines.app import main
from pipelines.config import read_config

pytestmark = pytest.mark.usefixtures("without_plots")

TINY = (
    "-s", "model.embedding_size=8", "-s", "model.hidden_size=8", "-s", "train.epochs=2", "-s", "evaluate.bootstrap=20",
    "-s", "train.precision=float32", "-s", "train.learning_rate=0.01", "-s", "embeddings.vectors=none",
    "-s", "baseline.inverse_penalties=[1.0]", "-s", "baseline.nb_inverse_penalties=[4.0]",
)  # fmt: skip


def labelled(rows: list[tuple[str, str]]) -> str:
    return "".join(f"__label__{label} {text}\n" for text, label in rows)


def test_several_labels_from_raw_lines_to_predictions(
    tmp_path: Path, textrnn: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [row for row in make_feelings(260) if row["labels"]]
    lines = [" ".join([*(f"__label__{name}" for name in row["labels"]), row["text"]]) for row in rows]
    Path("feelings.train").write_text("\n".join(lines) + "\n", encoding="utf-8")
    Path("feelings.valid").write_text("\n".join(lines[:40]) + "\n", encoding="utf-8")
    refused = textrnn("load", "--data", "feelings.train")
    assert refused.code == 3
    assert refused.error.endswith("several labels a text are --set data.target=multi; or leave out such rows by --on-bad-row skip")  # fmt: skip # noqa: E501
    ended = textrnn("init", "feelings.train")
    assert ended.code == 0, ended.err
    assert "with several labels in a line (the first: line " in ended.out
    assert read_config("textrnn.toml").data.target == "multi"
    ended = textrnn("run", *TINY)
    assert ended.code == 0, ended.err
    report = json.loads(Path("runs/textrnn/report.json").read_text("utf-8"))
    assert report["target"]["kind"] == "multi"
    ended = textrnn("predict", "--input", "feelings.valid", "--quiet")
    found = [json.loads(line) for line in ended.out.splitlines()]
    assert [line["text"] for line in found] == [row["text"] for row in rows[:40]]
    assert [line["label"].split(" ") for line in found] == [row["labels"] for row in rows[:40]]
    assert all(isinstance(line["labels"], list) for line in found)
    ended = textrnn("score", "feelings.valid", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["checks"]["splits"]["test"]["rows"] == 40


def test_a_saved_model_reads_lines_as_it_reads_a_table(place: Path, textrnn: Call) -> None:
    rows = make_rows(30, seed=3)
    write_csv(place / "new.csv", rows)
    Path("new.txt").write_text(labelled(rows) + "no label here\n", encoding="utf-8")
    told = textrnn("predict", "--input", "new.txt")
    assert "the input has columns named label; the predictions are in predicted_label" in told.err
    *answers, bad = [json.loads(line) for line in told.out.splitlines()]
    assert bad["text"] == "no label here"
    assert bad["error"].startswith("expected a label before the text (__label__NAME)")
    table = [json.loads(line) for line in textrnn("predict", "--input", "new.csv", "--quiet").out.splitlines()]
    assert answers == [{"label": line.pop("label"), **line} for line in table]
    stopped = textrnn("predict", "--input", "new.txt", "--on-bad-row", "refuse")
    assert (stopped.code, "row 31 (counted from 1, line 31)" in stopped.error) == (3, True)
    scored = textrnn("score", "new.txt", "--json", "--on-bad-row", "skip")
    want = textrnn("score", "new.csv", "--json")
    assert scored.code == want.code == 0, scored.err
    assert scored.json["metrics"] == want.json["metrics"]


def test_plain_lines_that_come_to_a_label_are_refused(place: Path, textrnn: Call) -> None:
    Path("new.txt").write_text("a good soup\n" + labelled(make_rows(1)), encoding="utf-8")
    ended = textrnn("predict", "--input", "new.txt")
    assert ended.code == 3
    assert "new.txt, line 1: expected a label before the text (__label__NAME), as in line 2" in ended.error
    Path("new.txt").write_text("a good soup __label__x\na bad soup\n", encoding="utf-8")
    assert textrnn("predict", "--input", "new.txt", "--quiet").out.count("probability") == 2


def converse(folder: Path, said: list[str], *arguments: str) -> list[str]:
    """What a second process answers to each line before it is given the next; its standard input stays open."""
    to_read, to_write = os.pipe()
    answers_read, answers_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        for number, end in ((0, to_read), (1, answers_write), (2, os.open(os.devnull, os.O_WRONLY))):
            os.dup2(end, number)
        for end in (to_read, to_write, answers_read, answers_write):
            os.close(end)
        sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode) for number, mode in ((0, "r"), (1, "w"), (2, "w")))
        sys.argv = ["textrnn", *arguments]
        try:
            main()
        finally:
            os._exit(99)
    os.close(to_read)
    os.close(answers_write)
    found = []
    try:
        for line in said:
            os.write(to_write, line.encode())
            answer = b""
            while not answer.endswith(b"\n"):
                assert select.select([answers_read], [], [], 60)[0], f"no answer to {line!r}"
                part = os.read(answers_read, 1 << 16)
                assert part, f"it ended before an answer to {line!r}"
                answer += part
            found.append(answer.decode())
    finally:
        os.close(to_write)
        os.close(answers_read)
        os.waitpid(child, 0)
    return found


def test_a_pipe_that_waits_is_answered_line_by_line(place: Path) -> None:
    (text, label), (other, _) = make_rows(2)
    arguments = ("predict", "--input", "-", "--quiet")
    first, second, third = converse(place, [f"__label__{label} {text}\n", f"{other}\n", "\n"], *arguments)
    assert json.loads(first)["text"] == text
    assert json.loads(first)["label"] == label
    assert json.loads(second)["error"].startswith("expected a label before the text")
    assert json.loads(third)["error"].startswith("expected a label before the text")
    plain = converse(place, [f"{text}\n", "\n"], *arguments)
    assert json.loads(plain[0])["probability"] == json.loads(first)["probability"]
    assert len(plain) == 2
