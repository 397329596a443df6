from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from made import make_rows, write_csv
from running import OFF, SMALL, Call

from pipelines.stages import STAGES, needed_for

pytestmark = pytest.mark.usefixtures("without_plots")

NAMES = [stage.name for stage in needed_for(STAGES[-1].name)]
QUICK = (
    "-s",
    "train.epochs=1",
    "-s",
    "model.hidden_size=8",
    "-s",
    "model.embedding_size=8",
    "-s",
    "evaluate.bootstrap=0",
)


def test_run_without_a_word_uses_the_config_here(place: Path, textrnn: Call) -> None:
    ended = textrnn("run")
    assert ended.code == 0
    assert ended.out == "model   models/textrnn\nreport  runs/textrnn/report.html\n"
    assert "0 of 11 stages ran" in ended.err
    assert (place / "models" / "textrnn" / "model.safetensors").is_file()
    assert (place / "runs" / "textrnn" / "report.html").is_file()


def test_results_are_on_standard_output_and_progress_is_not(fresh: Path, textrnn: Call) -> None:
    ended = textrnn("run", "--until", "vocabulary", "--json")
    assert [stage["stage"] for stage in ended.json["stages"]] == NAMES[:3]
    assert ended.ran() == NAMES[:3]
    assert ended.json["model"] is None
    assert "never run" in ended.err
    quiet = textrnn("run", "--until", "vocabulary", "--quiet", "-s", "vocabulary.max_size=9")
    assert (quiet.err, quiet.out[:32]) == ("", "vocabulary  .textrnn/entries/voc")


@pytest.mark.parametrize("name", [name for name in NAMES if name != "decide"])  # a command about a model
def test_a_stage_brings_itself_and_what_it_needs_up_to_date(name: str, place: Path, textrnn: Call) -> None:
    ended = textrnn(name, "--json")
    assert [stage["stage"] for stage in ended.json["stages"]] == [stage.name for stage in needed_for(name)]
    assert ended.ran() == []
    if name in ("load", "vocabulary"):
        assert textrnn(name, "--force", "--json").ran() == [name]
        assert textrnn(name).out.startswith(f"{name}  .textrnn/entries/{name}/")


def test_force_until_and_dry_run(place: Path, textrnn: Call) -> None:
    ended = textrnn("run", "--force", "tokenize", "--force", "load", "--until", "vocabulary", "--json")
    assert ended.ran() == ["load", "tokenize"]
    before = sorted(place.rglob("*"))
    planned = textrnn("run", "--dry-run", "--force", "baseline", "-s", "train.epochs=3", "--json").json
    assert {row["stage"]: row["status"] for row in planned} == {
        **dict.fromkeys(NAMES, "cached"),
        **dict.fromkeys(OFF, "off"),
        "train": "runs",
        "decide": "depends",
        "baseline": "runs",
        "evaluate": "depends",
        "bundle": "runs",
    }
    shown = textrnn("run", "--dry-run", "--until", "load").out
    assert shown == "load  up to date\n"
    assert sorted(place.rglob("*")) == before


@pytest.mark.parametrize("arguments", [("run", "--until", "bake"), ("run", "--force", "bake"), ("why", "bake")])
def test_a_stage_that_is_not_there(place: Path, textrnn: Call, arguments: tuple[str, ...]) -> None:
    ended = textrnn(*arguments)
    assert ended.code == 2
    assert "bake: expected one of load, tokenize" in ended.error


def test_a_data_file_in_place_of_a_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, textrnn: Call) -> None:
    here = tmp_path / "here"
    (here / "deep").mkdir(parents=True)
    monkeypatch.chdir(here)
    with open(here / "deep" / "my reviews.tsv", "w", encoding="utf-8") as file:
        file.write("what was said\tstars\tid\n")
        file.writelines(f"{text}\t{label}\t{number}\n" for number, (text, label) in enumerate(make_rows(120)))
    columns = ("--text-column", "what was said", "--label-column", "stars")
    ended = textrnn("run", "--data", "deep/my reviews.tsv", *columns, *QUICK, "--json")
    assert ended.code == 0, ended.err
    assert ended.ran() == [name for name in NAMES if name not in OFF]
    assert ended.json["model"] == str(here / "models" / "my reviews")
    assert ended.json["name"] == "my reviews"

    # the next command remembers data, columns and changes, and finds the model
    again = textrnn("run", "--json")
    assert again.ran() == []
    assert "as in the last run here: --data " in again.err
    assert textrnn("plan", "--check").code == 0
    assert textrnn("predict", "a good soup").json["label"] in ("good", "bad")
    # a change is remembered too, once
    for _ in range(2):
        assert textrnn("vocabulary", "-s", "vocabulary.max_size=20", "--json").code == 0
    changes = json.loads((here / "runs" / "last.json").read_text("utf-8"))["changes"]
    assert changes.count("vocabulary.max_size=20") == 1
    assert textrnn("vocabulary", "-s", "vocabulary.max_size=30").code == 0
    assert textrnn("config", "show", "--json").json["vocabulary"]["max_size"] == 30


@pytest.mark.parametrize(
    "column", ['say "it"', "back\\slash", "tab\there", "a=b", "[x]", "näh 好", "a\nb", "del\x7f", "#"]
)
def test_any_column_can_be_named(column: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, textrnn: Call) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [json.dumps({column: text, "label": label}) for text, label in make_rows(40)]
    (tmp_path / "data.jsonl").write_text("\n".join(lines), encoding="utf-8")
    ended = textrnn("load", "--data", "data.jsonl", "--text-column", column, "--json")
    assert ended.code == 0, ended.err
    assert textrnn("load", "--json").ran() == [], "it is remembered as it was"
    assert textrnn("config", "show", "--json").json["data"]["text_column"] == column


def test_a_file_whose_name_is_no_unicode(tmp_path: Path, process: Call) -> None:
    name = os.fsdecode(b"caf\xe9.csv")
    write_csv(tmp_path / name, make_rows(60))
    ended = process("tokenize", "--data", name, "--json", cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert process("tokenize", "--json", cwd=tmp_path).ran() == []


def test_splits_that_are_given(fresh: Path, textrnn: Call) -> None:
    for name, rows in (("train", 80), ("validation", 20), ("test", 30)):
        write_csv(fresh / f"{name}.csv", make_rows(rows, seed=rows))
    config = SMALL.replace(
        'source = "data.csv"', 'train = "train.csv"\nvalidation = "validation.csv"\ntest = "test.csv"'
    )
    (fresh / "textrnn.toml").write_text(config, encoding="utf-8")
    ended = textrnn("load")
    assert ended.code == 0, ended.err
    assert "train: 80 rows" in ended.err
    assert "test: 30 rows" in ended.err


def test_a_cache_elsewhere(fresh: Path, tmp_path: Path, textrnn: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    assert textrnn("load", "--cache-dir", "../shared").code == 0
    assert (tmp_path / "shared" / "entries" / "load").is_dir()
    assert not (fresh / ".textrnn").exists()
    monkeypatch.setenv("TEXTRNN_CACHE", str(tmp_path / "shared"))
    assert textrnn("load", "--json").ran() == []
    assert len(textrnn("cache", "list", "--json").json) == 1
    monkeypatch.chdir(tmp_path)
    assert len(textrnn("cache", "list", "--json").json) == 1, "a cache that is named needs no config"
    assert textrnn("cache", "verify", "--cache-dir", "shared").code == 0


def test_memory_of_files_is_not_trusted_when_told_so(place: Path, textrnn: Call) -> None:
    data = place / "data.csv"
    os.utime(data, (10**9, 10**9))
    assert textrnn("run", "--json").ran() == []
    text = data.read_text("utf-8")
    data.write_text(text.replace("good", "gOod", 1), encoding="utf-8")
    os.utime(data, (10**9, 10**9))  # same size, time and inode: nothing to be seen from outside
    assert textrnn("plan", "--check").code == 0
    assert textrnn("plan", "--check", "--verify").code == 5
    assert "load" in textrnn("load", "--verify", "--json").ran()


def test_a_moved_project_has_nothing_to_do(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, textrnn: Call
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.move(place, tmp_path / "moved")
    monkeypatch.chdir(tmp_path / "moved")
    assert textrnn("run", "--json").ran() == []
    reasons = {row["stage"]: row["reasons"] for row in textrnn("plan", "-s", "train.epochs=2", "--json").json}
    assert reasons["train"] == ["train.epochs was 1, is 2"], "its history moved too"


def test_what_ran_last_is_damaged(place: Path, textrnn: Call) -> None:
    (place / "textrnn.toml").unlink()
    for content in ("", "{}", "[]", '{"model": null}', '{"config": null, "data": null}'):
        (place / "runs" / "last.json").write_text(content, encoding="utf-8")
        ended = textrnn("plan")
        assert ended.code == 2
        assert "expected --config NAME or --data FILE" in ended.error


def test_a_folder_named_like_a_packaged_config_does_not_hide_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, textrnn: Call
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "smoke").mkdir()
    assert textrnn("vocabulary", "-c", "smoke", "--json").ran() == NAMES[:3]
    assert textrnn("vocabulary", "--json").ran() == []


def test_which_model_was_replaced_is_reported(place: Path, textrnn: Call) -> None:
    other = ("--set", "train.epochs=2")
    first = textrnn("run", *other)
    told = f"{place / 'models' / 'textrnn'} held another model (bundled 2"
    assert told in first.err
    assert f"warning: {told}" not in first.err, "stages ran: another model was expected"
    ended = textrnn("run", "--json", "--quiet")
    (warning,) = ended.json["warnings"]
    assert warning.startswith(told)
    assert ", accuracy " in warning
    assert "), which is replaced, and kept as run " in warning
    assert ended.ran() == []
    assert textrnn("run", "--json", "--quiet").json["warnings"] == [], "it is the same one"
