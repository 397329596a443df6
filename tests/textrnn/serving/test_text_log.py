"""Texts are kept where a person asks for that: a JSON line each, whole, whatever happens to the file."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from made_predictor import TARGETS, made_predictor
from served import MODEL, start

import textrnn
from textrnn.data.columns import Columns
from textrnn.data.tabular import fit_tabular
from textrnn.data.target import decode_labels
from textrnn.errors import ConfigError
from textrnn.serving.served_model import ServedModel
from textrnn.serving.text_log import TextLog, render_lines

TEXTS = ["the soup was good", "", "two\nlines, \u2028 and a third", "\ud800 \0 soup"]
NOW = datetime(2026, 2, 3, 4, 5, 6, 7000, tzinfo=UTC)


def served(**more: Any) -> ServedModel:
    return ServedModel(made_predictor(**more), "made", "0" * 64, {})


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


@pytest.mark.parametrize("kind", TARGETS)
def test_a_line_has_the_time_the_digest_the_text_and_its_prediction(kind: str) -> None:
    model = served(kind=kind)
    found = model.predictor.predict_examples(TEXTS)
    lines = render_lines(model, TEXTS, found, NOW).splitlines()
    assert all(line.isascii() for line in lines)
    said = [json.loads(line) for line in lines]
    assert [each["text"] for each in said] == TEXTS
    key = {"multi": "labels", "number": "value"}.get(kind, "label")
    labels = decode_labels(model.predictor.target, found.predictions)
    assert [each[key] for each in said] == [list(label) if kind == "multi" else label for label in labels]
    assert {each["time"] for each in said} == {"2026-02-03T04:05:06.007+00:00"}
    assert {each["model"] for each in said} == {"0" * 64}
    if key == "label":
        own = [row[c] for row, c in zip(found.probabilities, found.predictions, strict=True)]
        assert [each["probability"] for each in said] == pytest.approx(own, abs=1e-6)


def test_a_row_is_logged_with_the_names_of_its_columns() -> None:
    columns = Columns(text=("title", "body"), numeric=("price",), categorical=("shop",))
    cells = {"price": [1.0, 2.0, 5.0], "shop": ["corner", "web", "corner"]}
    model = served(columns=columns, tabular=fit_tabular(cells, ("price",), ("shop",), 10))
    row = ("good", "so dull", 3, None)
    line = json.loads(render_lines(model, [row], model.predictor.predict_examples([row]), NOW))
    assert line["row"] == {"title": "good", "body": "so dull", "price": 3, "shop": None}
    assert "text" not in line


def test_a_server_logs_what_it_answers_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "texts.jsonl"
    with start(tmp_path, log_texts=path) as server:
        assert server.get("/model").json["texts_logged"] is True
        digest = server.get("/ready").json["model"]
        assert server.predict(texts=["good", "so dull"]).status == 200
        assert server.predict(text="not good", explain=True).status == 200
        tensor = {"name": "text", "datatype": "BYTES", "shape": [1], "data": ["the soup"]}
        assert server.post(f"/v2/models/{MODEL.name}/infer", {"inputs": [tensor]}).status == 200
        assert server.predict(texts=["refused", 3]).status == 422
        assert server.stop() == 0
    texts = ["good", "so dull", "not good", "the soup"]
    lines = read(path)
    assert [line["text"] for line in lines] == texts
    assert [line["label"] for line in lines] == textrnn.load(MODEL).predict(texts).tolist()
    assert {line["model"] for line in lines} == {digest}
    assert path.stat().st_mode & 0o777 == 0o600


def write(log: TextLog, model: ServedModel, *texts: str) -> None:
    log.write(model, texts, model.predictor.predict_examples(texts))


def test_a_file_that_was_moved_away_is_begun_anew(tmp_path: Path) -> None:
    model, path = served(), tmp_path / "texts.jsonl"
    log = TextLog(path, MODEL)
    write(log, model, "good")
    path.rename(tmp_path / "old.jsonl")
    write(log, model, "dull", "soup")
    log.close()
    again = TextLog(path, MODEL)
    write(again, model, "song")
    again.close()
    assert [line["text"] for line in read(tmp_path / "old.jsonl")] == ["good"]
    assert [line["text"] for line in read(path)] == ["dull", "soup", "song"]


def test_a_full_disk_is_told_once_and_the_next_line_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model, path, write_bytes = served(), tmp_path / "texts.jsonl", os.write
    log = TextLog(path, MODEL)
    write(log, model, "good")
    room = 20

    def little(descriptor: int, data: Any) -> int:
        nonlocal room
        if not room:
            raise OSError(28, "No space left on device")
        written = write_bytes(descriptor, data[:room])
        room -= written
        return written

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", little)
        write(log, model, "lost")
        write(log, model, "lost too")
    told = capsys.readouterr().err
    assert told == f"texts are answered and not logged: {path}: No space left on device\n"
    write(log, model, "dull")
    log.close()
    first, part, last = path.read_bytes().splitlines()
    assert len(part) == 20
    assert [json.loads(line)["text"] for line in (first, last)] == ["good", "dull"]


def test_a_line_that_was_cut_off_by_a_kill_is_ended_first(tmp_path: Path) -> None:
    model, path = served(), tmp_path / "texts.jsonl"
    path.write_bytes(b'{"time": ')
    log = TextLog(path, MODEL)
    write(log, model, "good")
    log.close()
    assert json.loads(path.read_bytes().splitlines()[1])["text"] == "good"


def test_two_that_write_one_file_mix_no_lines(tmp_path: Path) -> None:
    model, path = served(), tmp_path / "texts.jsonl"
    logs = [TextLog(path, MODEL) for _ in range(2)]
    for number in range(6):
        write(logs[number % 2], model, f"good {number}", "dull")
    for log in logs:
        log.close()
    assert [line["text"] for line in read(path)] == [t for number in range(6) for t in (f"good {number}", "dull")]


def test_a_place_that_cannot_be_written_is_an_error_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    for path, what in [
        (tmp_path, "expected a file that can be written, found none (Is a directory)"),
        (Path("/dev/null"), "expected a file that can be written, found none (it is no file)"),
        (tmp_path / "model" / "texts.jsonl", "expected a file outside the model folder, found one in it"),
    ]:
        with pytest.raises(ConfigError) as caught:
            TextLog(path, tmp_path / "model")
        assert str(caught.value) == f"--log-texts {path}: {what}; name another"
