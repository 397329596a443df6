from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from made import make_rows, write_csv

from pipelines.cache import Cache
from pipelines.config import read_config
from pipelines.memo import Memo
from pipelines.plan import make_plan, resolve_sources
from pipelines.stages import STAGES, needed_for
from textrnn.errors import ConfigError, DataError

NAMES = [stage.name for stage in STAGES]


def standings(*changes: str, force: frozenset[str] = frozenset()) -> dict[str, tuple[str, tuple[str, ...]]]:
    config = read_config("textrnn.toml", changes)
    cache = Cache(config.root / ".textrnn")
    plan = make_plan(config, STAGES, cache, Memo(cache.root / "memo.json"), force)
    return {row.stage.name: (row.standing, row.reasons) for row in plan}


def running(*changes: str, force: frozenset[str] = frozenset()) -> dict[str, list[str]]:
    """The stages that run, and those that may."""
    found = standings(*changes, force=force)
    return {kind: [name for name, (standing, _) in found.items() if standing == kind] for kind in ("runs", "depends")}


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_where_nothing_has_run(fresh: Path) -> None:
    found = standings()
    assert found["load"] == ("runs", ("never run",))
    assert {standing for name, (standing, _) in found.items() if name != "load"} == {"depends"}
    assert found["bundle"][1] == ("if vocabulary yields other bytes",)
    assert files(fresh) <= {"data.csv", "textrnn.toml", ".textrnn/memo.json"}


def test_where_all_has_run(place: Path) -> None:
    assert {standing for standing, _ in standings().values()} == {"cached"}


@pytest.mark.parametrize(
    ("change", "runs", "depends"),
    [
        ("data.split_seed=1", ["load"], NAMES[1:]),
        ("tokenize.lowercase=false", ["tokenize"], NAMES[2:]),
        (
            "vocabulary.max_size=100",
            ["vocabulary"],
            [name for name in NAMES[3:] if name != "baseline"],
        ),
        ("model.hidden_size=9", ["train"], ["calibrate", "evaluate", "bundle"]),
        ("train.epochs=2", ["train"], ["calibrate", "evaluate", "bundle"]),
        ("wide.ngrams=1", ["wide"], ["teach", "train", "calibrate", "evaluate", "bundle"]),
        ("baseline.ngrams=1", ["baseline"], ["evaluate", "bundle"]),
        ("evaluate.errors=2", ["evaluate"], ["bundle"]),
        ("train.checkpoint_seconds=1", [], []),
        ("name=other", [], []),
    ],
)
def test_a_changed_setting_runs_its_stage_and_may_run_what_follows(
    place: Path, change: str, runs: list[str], depends: list[str]
) -> None:
    assert running(change) == {"runs": runs, "depends": depends}
    if runs:
        key, value = change.split("=")
        assert standings(change)[runs[0]][1][0].startswith(f"{key} was ")
        assert standings(change)[runs[0]][1][0].endswith(f"is {value.replace('false', 'False')}")


def test_what_is_forced_runs(place: Path) -> None:
    assert running(force=frozenset({"tokenize"})) == {"runs": ["tokenize"], "depends": NAMES[2:]}
    found = standings("data.split_seed=1", force=frozenset({"train"}))
    assert found["train"] == ("runs", ("forced",))
    assert found["evaluate"][0] == "depends"


def test_changed_data_runs_load(place: Path) -> None:
    write_csv(place / "data.csv", make_rows(201))
    assert standings()["load"] == ("runs", ("the source data changed",))


def test_a_result_that_is_gone(place: Path) -> None:
    shutil.rmtree(next((place / ".textrnn" / "entries" / "numericalize").iterdir()))
    found = standings()
    assert found["numericalize"] == ("runs", ("its result is gone from the cache, or damaged",))
    assert found["train"][0] == "depends"
    assert found["baseline"][0] == "cached"
    assert standings("vocabulary.max_size=100")["numericalize"][0] == "depends"
    shutil.rmtree(place / ".textrnn" / "entries" / "vocabulary")
    assert standings("vocabulary.max_size=100")["vocabulary"][1] == ("the last result is gone from the cache",)


def test_a_plan_for_one_stage_is_of_what_it_needs(place: Path) -> None:
    config = read_config("textrnn.toml")
    cache = Cache(config.root / ".textrnn")
    plan = make_plan(config, needed_for("baseline"), cache, Memo(cache.root / "memo.json"))
    assert [row.stage.name for row in plan] == ["load", "tokenize", "baseline"]


def test_planning_changes_nothing(place: Path) -> None:
    before = files(place)
    standings("vocabulary.max_size=100")
    assert files(place) == before


def test_no_source_or_none_there(fresh: Path) -> None:
    (fresh / "textrnn.toml").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"data\.source: expected a file or package"):
        standings()
    with pytest.raises(DataError, match=r"gone\.csv"):
        standings("data.source=gone.csv")
    changes = ["data.train=data.csv", "data.test=data.csv", "pretrain.vectors=none"]
    assert list(resolve_sources(read_config("textrnn.toml", changes))) == ["train", "test"]
    with pytest.raises(DataError, match=r"pretrain\.vectors: expected a text file of word vectors"):
        standings("data.source=data.csv", "pretrain.vectors=gone.txt")
