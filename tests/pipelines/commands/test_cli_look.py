from __future__ import annotations

from dataclasses import fields
from importlib import metadata
from pathlib import Path

import pytest
from made import make_rows, write_csv
from running import Call

from pipelines.commands import doctor
from pipelines.config import SECTIONS
from pipelines.stages import STAGES
from textrnn.kernels import library as native_module
from textrnn.kernels.build import build_obstacle
from textrnn.kernels.library import libraries

NAMES = [stage.name for stage in STAGES]


def test_a_plan_is_a_table(place: Path, textrnn: Call) -> None:
    lines = textrnn("plan", "-s", "train.epochs=2").out.splitlines()
    assert lines[0] == "load              up to date"
    assert lines[9] == "train             would run   train.epochs was 1, is 2"
    assert lines[10] == "decide            would run   if the output of train changes"
    assert lines[4] == "unlabelled        off: unlabelled.source is not set"


def test_check_says_what_is_stale(place: Path, textrnn: Call) -> None:
    assert textrnn("plan", "--check").code == 0
    ended = textrnn("plan", "--check", "-s", "train.epochs=2", "-s", "baseline.ngrams=1", "--json")
    assert ended.code == 5
    assert len(ended.json) == 14
    assert ended.error == "error: plan --check: expected everything up to date, but train, baseline, bundle would run"


def test_why_says_what_a_key_holds(place: Path, textrnn: Call) -> None:
    shown = textrnn("why", "vocabulary").out.splitlines()
    assert shown[0].startswith("vocabulary is up to date (key ")
    assert shown[1:3] == ["it ran then because:", "  never run"]
    assert "  vocabulary.max_size = 30000" in shown
    assert "  textrnn/text/build_vocabulary.py" in shown
    assert any(line.startswith("  words ") for line in shown)
    assert any(line.startswith("  tokenizers ") for line in shown)
    found = textrnn("why", "vocabulary", "--json").json
    assert found["status"] == "cached"
    assert found["preimage"]["params"]["vocabulary"]["min_count"] == 1
    assert found["made"]["reasons"] == ["never run"]


def test_why_names_the_data(place: Path, textrnn: Call) -> None:
    write_csv(place / "data.csv", make_rows(201))
    assert textrnn("why", "load").out.splitlines() == ["load would run:", "  the source data changed"]
    assert textrnn("why", "train").out == "train would run if the output of load changes\n"
    assert textrnn("why", "self_train").out == "self_train is off: unlabelled.source is not set\n"
    assert textrnn("load").code == 0
    assert "  the source data changed" in textrnn("why", "load").out.splitlines()


def test_a_config_is_shown_whole_with_meanings(place: Path, textrnn: Call) -> None:
    change = ("-s", "train.truncation=both", "-s", 'data.text_column="say \\"it\\" # ä"')
    shown = textrnn("config", "show", *change).out
    (place / "shown.toml").write_text(shown, encoding="utf-8")
    found = textrnn("config", "show", *change, "--json")
    assert textrnn("config", "show", "-c", "shown.toml", "--json").out == found.out, "it is the config itself"
    assert found.json["train"]["truncation"] == "both"
    assert all(f"\n[{section}]\n" in shown for section in SECTIONS)
    settings = [line for line in shown.splitlines() if " = " in line and not line.startswith("name")]
    assert len(settings) == sum(len(fields(kind)) for kind in SECTIONS.values())
    assert all(line.rpartition("# ")[2] for line in settings), "every setting has a meaning"


@pytest.mark.parametrize(
    "name",
    [
        "smoke",
        "sentiment",
        "chinese",
        "imdb-hub",
        "fast",
        "best",
        "feelings",
        "stars",
        "rating",
        "wishes",
    ],
)
def test_packaged_configs_validate(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, textrnn: Call) -> None:
    monkeypatch.chdir(tmp_path)
    ended = textrnn("config", "validate", "--config", name)
    if ended.code == 3 and "to be installed" in ended.err:
        pytest.skip(ended.err.strip())
    assert ended.code == 0, ended.err
    assert ended.out.startswith(f"{name}: valid; data from ")
    assert list(tmp_path.iterdir()) == []


def test_validating_finds_what_is_not_there(place: Path, textrnn: Call) -> None:
    (place / "data.csv").unlink()
    ended = textrnn("config", "validate")
    assert ended.code == 3
    assert "data.csv: no such file" in ended.error


def test_doctor_is_well(textrnn: Call) -> None:
    lines = textrnn("doctor").out.splitlines()
    assert any(line.startswith("self_test") and "passed True" in line for line in lines)


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        ({}, "no distribution: a folder on Python's path"),
        ({"textrnn-core": "0.9"}, "textrnn-core 0.9"),
        (
            {"textrnn": "1.0", "textrnn-core": "0.9"},
            "textrnn 1.0 and textrnn-core 0.9, which have the same files; install",
        ),
    ],
)
def test_doctor_says_what_installed_textrnn(
    versions: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(metadata, "version", version)
    assert doctor._examine_distributions().startswith(said)


def test_doctor_says_which_steps_there_are_and_why_not(textrnn: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def said() -> str:
        return next(line for line in textrnn("doctor").out.splitlines() if line.startswith("native_kernels"))

    for native in libraries():
        assert native.name in said()
    monkeypatch.setattr(native_module, "libraries", lambda: ())
    if not build_obstacle():
        assert "build them: python -m textrnn.kernels.build" in said()
    monkeypatch.setenv("CC", "no-such-compiler")
    assert "none; torch's functions are used" in said()
    monkeypatch.setenv("TEXTRNN_NATIVE", "0")
    assert "off: TEXTRNN_NATIVE" in said()
