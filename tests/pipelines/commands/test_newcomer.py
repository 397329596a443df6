"""What a newcomer types on a file of their own, in real processes where the process matters."""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from made import make_rows, write_csv
from running import START, Call, environment

TINY = ("--set", "model.hidden_size=8", "--set", "model.embedding_size=8", "--set", "train.epochs=2")
TINY += ("--set", "evaluate.bootstrap=20", "--set", "train.learning_rate=0.02")
TOPICS = {
    "late delivery": ["parcel", "courier", "waiting"],
    "broken on arrival": ["cracked", "shattered", "dent"],
    "wrong size": ["narrow", "large", "sleeve"],
    "great service": ["thanks", "helpful", "quick"],
    "other": ["question", "catalogue", "hello"],
}


def write_topics(path: Path) -> Path:
    """Five classes with blanks in their names, from 200 rows down to 20, and columns of other names."""
    chance = random.Random(1)
    rows = []
    for (topic, words), number in zip(TOPICS.items(), (200, 120, 80, 40, 20), strict=True):
        rows += [(f"{chance.choice(words)} {chance.choice(words)} no {chance.randrange(999)}", topic)] * 1
        for _ in range(number):
            rows.append((f"the {chance.choice(words)}, {chance.choice(words)} no {chance.randrange(9999)}", topic))
    chance.shuffle(rows)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "message", "reason"])
        writer.writerows((i, *row) for i, row in enumerate(rows))
    return path


def test_five_unbalanced_classes_through_init_and_run(tmp_path: Path, monkeypatch, textrnn: Call) -> None:
    monkeypatch.chdir(tmp_path)
    write_topics(tmp_path / "mail.csv")
    begun = textrnn("init", "mail.csv", "--text-column", "message", "--label-column", "reason")
    assert begun.code == 0, begun.err
    assert "late delivery 16" in begun.out  # the data check
    assert "textrnn run" in begun.out
    assert (tmp_path / "textrnn.toml").read_text(encoding="utf-8").count("\n# ") > 20
    assert textrnn("init", "mail.csv", "--text-column", "message", "--label-column", "reason").code == 2
    done = textrnn("run", *TINY, "--set", "train.epochs=12", "--json")
    assert done.code == 0, done.err
    model = Path(done.json["model"])
    report = json.loads((tmp_path / "runs" / "textrnn" / "report.json").read_text(encoding="utf-8"))
    assert {row["name"] for row in report["classes"]} == set(TOPICS)
    assert report["metrics"]["accuracy"]["value"] > 0.8
    guess = json.loads(textrnn("predict", "the cracked dent", "--all", "--model", str(model)).out)
    assert guess["label"] == "broken on arrival"
    assert set(guess["probabilities"]) == set(TOPICS)


def test_no_config_at_all(tmp_path: Path, monkeypatch, textrnn: Call) -> None:
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "reviews.csv", make_rows(120))
    done = textrnn("run", "--data", "reviews.csv", *TINY)
    assert done.code == 0, done.err
    assert done.out.splitlines()[0].split() == ["model", str(Path("models") / "reviews")]
    assert textrnn("plan", "--check").code == 0  # the last run here is meant
    stale = textrnn("plan", "--check", "--set", "train.epochs=1")
    assert stale.code == 5
    assert "train" in stale.error


def test_a_file_whose_columns_nobody_names(tmp_path: Path, monkeypatch, process: Call) -> None:
    (tmp_path / "odd.csv").write_text("a,b\nx,y\n", encoding="utf-8")
    ended = process("init", "odd.csv", cwd=tmp_path)
    assert ended.code == 3
    assert "'a', 'b'" in ended.error


def test_predicting_what_is_hardly_a_text(place: Path, process: Call, tmp_path: Path) -> None:
    texts = ["", " \t\n", "x" * 1_000_000, "\U0001f600\U0001f468\u200d\U0001f469", "\x00", "the soup was good"]
    rows = "".join(json.dumps({"text": text}) + "\n" for text in [*texts, "\ud800 lone"])
    (tmp_path / "odd.jsonl").write_text(rows, encoding="utf-8")
    ended = process("predict", "--input", str(tmp_path / "odd.jsonl"), "--all", cwd=place)
    assert ended.code == 0, ended.err
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert len(lines) == len(texts) + 1
    for line in lines:
        assert sum(line["probabilities"].values()) == pytest.approx(1, abs=2e-6)
        assert line["label"] in ("good", "bad")


def test_predict_reads_lines_and_writes_csv(place: Path, process: Call) -> None:
    piped = process("predict", "--input", "-", "--format", "csv", cwd=place, input=b"the soup was good\n\nnot bad\n")
    assert piped.code == 0, piped.err
    rows = list(csv.reader(piped.out.splitlines()))
    assert rows[0] == ["label", "probability", "accepted", "tokens", "cut", "unknown", "model"]
    assert len(rows) == 4
    assert piped.err.splitlines()[-1] == "3 rows in, 3 predictions out"
    refused = process("predict", "--input", "-", cwd=place, input=b"fine\n\xff\xfe\n")
    assert refused.code == 3
    assert "line 2" in refused.error


def test_a_lone_surrogate_on_the_command_line(place: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", START, "predict", b"soup \xff"], cwd=place, env=environment(), capture_output=True
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["label"] in ("good", "bad")


def test_a_reader_that_stops_reading(place: Path) -> None:
    (place / "many.txt").write_text("the soup was good\n" * 20_000, encoding="utf-8")
    command = f'{sys.executable} -c "{START}" predict --input many.txt | head -n 1'
    done = subprocess.run(command, shell=True, cwd=place, env=environment(), capture_output=True, timeout=60)
    assert done.stdout.count(b"\n") == 1
    assert [line.split()[0] for line in done.stderr.splitlines()] == [b"model"], "which one answers, and no complaint"


def test_score_gives_the_report_of_a_saved_model(place: Path, textrnn: Call) -> None:
    write_csv(place / "new.csv", make_rows(50, seed=9))
    done = textrnn("score", "new.csv", "--output", "scored", "--json")
    assert done.code == 0, done.err
    assert done.json["examples"] == 50
    assert done.json["baseline"] is None
    assert "<svg" in (place / "scored" / "report.html").read_text(encoding="utf-8")
    (place / "strange.csv").write_text("text,label\nsoup,ugly\n", encoding="utf-8")
    assert textrnn("score", "strange.csv").code == 3


def test_looking_prints_json_that_programs_read(place: Path, textrnn: Call) -> None:
    assert {row["status"] for row in textrnn("plan", "--json").json} == {"cached", "off"}
    assert textrnn("why", "train", "--json").json["status"] == "cached"
    assert len(textrnn("cache", "list", "--json").json) == 14
    assert textrnn("cache", "verify", "--json").json == {}
    assert textrnn("cache", "gc", "--dry-run", "--json").json == []
    assert textrnn("config", "show", "--json").json["model"]["hidden_size"] == 8
    assert textrnn("config", "validate").code == 0
    assert textrnn("doctor", "--json").json["self_test"]["passed"]
    assert textrnn("--version").out.strip()


def test_damage_in_the_cache_is_found(place: Path, textrnn: Call) -> None:
    victim = next((place / ".textrnn" / "entries" / "train").glob("*/data/model.safetensors"))
    data = bytearray(victim.read_bytes())
    data[-1] ^= 1
    victim.write_bytes(data)
    ended = textrnn("cache", "verify")
    assert ended.code == 1
    assert "model.safetensors" in ended.error


def test_until_force_and_dry_run(fresh: Path, textrnn: Call) -> None:
    assert textrnn("run", "--until", "vocabulary", "--json").ran() == ["load", "tokenize", "vocabulary"]
    assert textrnn("tokenize", "--force", "--json").ran() == ["tokenize"]
    dry = textrnn("run", "--dry-run")
    assert dry.code == 0
    assert "would run" in dry.out
    assert not (fresh / "models").exists()
    assert textrnn("run", "--until", "trian").code == 2
