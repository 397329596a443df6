from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from made import make_rows, write_csv
from running import OFF

from pipelines.caching.cache import Cache
from pipelines.caching.file_memo import FileMemo
from pipelines.config import read_config
from pipelines.running.display import LineDisplay
from pipelines.running.plan import make_plan, resolve_sources
from pipelines.running.runner import run_stages
from pipelines.stages import STAGES, needed_for
from textrnn.errors import ConfigError, DataError

pytestmark = pytest.mark.usefixtures("without_plots")

STAGES_OF_A_RUN = needed_for(STAGES[-1].name)
NAMES = [stage.name for stage in STAGES_OF_A_RUN if stage.name not in OFF]


def standings(*changes: str, force: frozenset[str] = frozenset()) -> dict[str, tuple[str, tuple[str, ...]]]:
    config = read_config("textrnn.toml", changes)
    cache = Cache(config.root / ".textrnn")
    plan = make_plan(config, STAGES_OF_A_RUN, cache, FileMemo(cache.root / "memo.json"), force)
    return {row.stage.name: (row.status, row.reasons) for row in plan}


def running(*changes: str, force: frozenset[str] = frozenset()) -> dict[str, list[str]]:
    """The stages that run for certain, and those that run if an output changes."""
    found = standings(*changes, force=force)
    return {kind: [name for name, (standing, _) in found.items() if standing == kind] for kind in ("runs", "depends")}


def run(*changes: str) -> list[str]:
    """The stages that run."""
    config = read_config("textrnn.toml", changes)
    cache = Cache(config.root / ".textrnn")
    reached = run_stages(
        config, STAGES_OF_A_RUN, cache=cache, memo=FileMemo(cache.root / "memo.json"), display=LineDisplay(quiet=True)
    )
    return [outcome.stage for outcome in reached.outcomes.values() if outcome.ran]


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_where_nothing_has_run(fresh: Path) -> None:
    found = standings()
    assert {found[name] for name in NAMES} == {("runs", ("never run",))}
    assert {found[name][0] for name in OFF} == {"off"}
    assert files(fresh) <= {"data.csv", "textrnn.toml", ".textrnn/memo.json"}


def test_where_all_has_run(place: Path) -> None:
    assert {name: standing for name, (standing, _) in standings().items()} == {
        stage.name: "off" if stage.name in OFF else "cached" for stage in STAGES_OF_A_RUN
    }


@pytest.mark.parametrize(
    ("change", "runs", "depends"),
    [
        ("data.split_seed=1", ["load", "bundle"], NAMES[1:-1]),
        ("tokenize.lowercase=false", ["tokenize", "bundle"], NAMES[2:-1]),
        (
            "vocabulary.max_size=100",
            ["vocabulary", "bundle"],
            [name for name in NAMES[3:-1] if name != "baseline"],
        ),
        ("model.hidden_size=9", ["train", "bundle"], ["decide", "evaluate"]),
        ("train.epochs=2", ["train", "bundle"], ["decide", "evaluate"]),
        ("ngram_branch.ngrams=1", ["ngram_branch", "bundle"], ["decide", "evaluate"]),
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


@pytest.mark.parametrize(
    ("changes", "stage", "reasons"),
    [
        (("train.epochs=2",), "train", ("train.epochs was 1, is 2", "if the output of vocabulary changes")),
        (("train.epochs=2",), "ngram_branch", ("if the output of vocabulary changes",)),
        (("train.epochs=2",), "evaluate", ("if the output of vocabulary or train changes",)),
        (
            ("ngram_branch.ngrams=1",),
            "ngram_branch",
            ("ngram_branch.ngrams was 3, is 1", "if the output of vocabulary changes"),
        ),
        (("embeddings.size=4",), "train", ("if the output of vocabulary or embeddings changes",)),
        (("train.class_weight=balanced",), "train", ("train.class_weight was 'none', is 'balanced'",)),
        (("baseline.ngrams=1",), "evaluate", ("if the output of vocabulary or baseline changes",)),
        (
            ("baseline.ngrams=1",),
            "bundle",  # which keeps the settings of the model
            ("vocabulary.max_size was 30000, is 100", "if the output of vocabulary or baseline changes"),
        ),
    ],
)
def test_a_stage_names_its_own_changes_and_the_roots_of_the_others(
    place: Path, changes: tuple[str, ...], stage: str, reasons: tuple[str, ...]
) -> None:
    found = standings("vocabulary.max_size=100", *changes)[stage]
    assert found[1][: len(reasons)] == reasons
    assert found[0] == ("depends" if reasons[0].startswith("if ") else "runs")


def test_own_changes_are_named_though_what_is_off_reads_the_same_setting(place: Path) -> None:
    """`ngram_branch` reads the weights of classes; `self_train`, which reads `ngram_branch`, stands before `train`."""
    change = "train.class_weight was 'none', is 'balanced'"
    found = standings("train.class_weight=balanced")
    assert (found["ngram_branch"], found["train"]) == (("runs", (change,)), ("runs", (change,)))
    assert found["decide"] == ("depends", ("if the output of ngram_branch or train changes",))
    assert found["self_train"] == ("off", ("unlabelled.source is not set",))


def test_a_setting_that_has_a_result_runs_nothing_unless_an_output_changes(place: Path) -> None:
    run("train.epochs=2")
    assert running() == {"runs": [], "depends": []}
    assert standings()["train"][0] == "cached", "the result of another setting is still there"
    assert standings("vocabulary.max_size=100")["train"] == ("depends", ("if the output of vocabulary changes",))
    again = standings("vocabulary.max_size=100", "train.epochs=3")["train"]
    assert again == ("runs", ("train.epochs was 2, is 3", "if the output of vocabulary changes"))


def test_a_stage_turned_off_and_on_again(place: Path) -> None:
    """What reads its output depends on it where it was on in the last run, and not while it stays off."""
    found = standings("ngram_branch.enabled=false")
    assert found["ngram_branch"] == ("off", ("ngram_branch.enabled is false",))
    assert running("ngram_branch.enabled=false") == {"runs": ["bundle"], "depends": ["decide", "evaluate"]}
    assert found["decide"][1] == ("if the output of ngram_branch changes",)
    run("ngram_branch.enabled=false")
    assert running("ngram_branch.enabled=false") == {"runs": [], "depends": []}
    assert running("ngram_branch.enabled=false", "ngram_branch.ngrams=1") == {"runs": ["bundle"], "depends": []}, (
        "nobody reads these n-grams, and the model folder keeps the setting"
    )
    assert running("ngram_branch.enabled=false", "baseline.ngrams=1")["runs"] == ["baseline"]
    assert standings()["ngram_branch"][0] == "cached"


def test_a_plan_foresees_what_a_run_does(place: Path) -> None:
    """No stage runs that the plan calls up to date or off; every stage that the plan says runs, does."""
    for changes in (["train.class_weight=balanced"], ["vocabulary.max_size=60", "train.epochs=2"]):
        planned = running(*changes)
        ran = run(*changes)
        assert set(planned["runs"]) <= set(ran), changes
        assert set(ran) <= {*planned["runs"], *planned["depends"]}, changes


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
    changed = standings("vocabulary.max_size=100")["numericalize"]
    assert changed == ("runs", ("the last result is gone from the cache",))
    shutil.rmtree(place / ".textrnn" / "entries" / "vocabulary")
    assert standings("vocabulary.max_size=100")["vocabulary"][1] == ("the last result is gone from the cache",)


def test_a_plan_for_one_stage_is_of_what_it_needs(place: Path) -> None:
    config = read_config("textrnn.toml")
    cache = Cache(config.root / ".textrnn")
    plan = make_plan(config, needed_for("baseline"), cache, FileMemo(cache.root / "memo.json"))
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
    changes = ["data.train=data.csv", "data.test=data.csv", "embeddings.vectors=none"]
    assert list(resolve_sources(read_config("textrnn.toml", changes))) == ["train", "test"]
    with pytest.raises(DataError, match=r"embeddings\.vectors: expected a text file of word vectors"):
        standings("data.source=data.csv", "embeddings.vectors=gone.txt")
