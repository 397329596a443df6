"""The names of version 0.1.0 for stages, sections and settings: each is refused with what it is called now."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from running import Call

from pipelines.commands.help_groups import RENAMED_COMMANDS
from pipelines.config import SECTIONS, build_config, read_config
from pipelines.stages import stage_names
from textrnn.config.renamed import REMOVED_SETTINGS, RENAMED_SECTIONS, RENAMED_SETTINGS, RENAMED_STAGES, renamed_setting
from textrnn.errors import ConfigError, ConfigTypeError
from textrnn.estimators.classifier import TextClassifier
from textrnn.settings.python_settings import resolve
from textrnn.settings.sections import fields_of

SETTINGS = [*RENAMED_SETTINGS.items()]


def value_of(setting: str) -> Any:
    """The default of `setting`, by its name now."""
    section, _, key = setting.partition(".")
    return getattr(SECTIONS[section](), key)


def test_the_names_of_now_are_there_and_those_of_then_are_not() -> None:
    for old, now in SETTINGS:
        section, _, key = now.partition(".")
        assert key in fields_of(section)
        section, _, key = old.partition(".")
        assert section not in SECTIONS or key not in fields_of(section)
        assert renamed_setting(old) == now
    assert {*RENAMED_SECTIONS.values()} <= {*SECTIONS}
    assert not {*RENAMED_SECTIONS} & {*SECTIONS}
    assert {*RENAMED_STAGES.values()} <= {*stage_names()}
    assert not {*RENAMED_STAGES} & {*stage_names()}
    assert renamed_setting("train.epochs") == "train.epochs"


@pytest.mark.parametrize(("old", "now"), SETTINGS)
def test_a_former_setting_is_refused_in_a_file_and_on_the_command_line(old: str, now: str, tmp_path: Path) -> None:
    section, _, key = old.partition(".")
    with pytest.raises(ConfigError, match=rf"^{section}[:.].* it is called .*\b{re.escape(now)}\b"):
        build_config({}, [f"{old}=1"], name="x", root=tmp_path, base=tmp_path)
    path = tmp_path / "old.toml"
    path.write_text(f"[{section}]\n{key} = 1\n")
    with pytest.raises(ConfigError, match=rf"^{section}[:.].* it is called .*\b{re.escape(now)}\b"):
        read_config(str(path))


@pytest.mark.parametrize(("old", "now"), SETTINGS)
def test_a_former_setting_is_refused_in_python(old: str, now: str) -> None:
    section, _, key = old.partition(".")
    for settings in ({old: 1}, {section: {key: 1}}):
        with pytest.raises(ConfigError, match=rf"^settings: {section}[:.].* it is called .*\b{re.escape(now)}\b"):
            resolve({"settings": settings})
        with pytest.raises(ConfigError, match=rf"^config: {section}[:.].* it is called .*\b{re.escape(now)}\b"):
            resolve({"config": settings})
    parameter: dict[str, Any] = {f"{section}_{key}": value_of(now)}
    with pytest.raises(ConfigTypeError, match=rf"^{section}_{key}: no such parameter; .*({re.escape(now)}|vectors)"):
        TextClassifier(**parameter)


@pytest.mark.parametrize("old", REMOVED_SETTINGS)
def test_a_setting_that_is_gone_is_refused_wherever_it_is_written(old: str, tmp_path: Path) -> None:
    section, _, key = old.partition(".")
    assert key not in fields_of(section)
    said = rf"{re.escape(old)}: no such key; it was removed, since it gained nothing: leave it out$"
    with pytest.raises(ConfigError, match=f"^{said}"):
        build_config({}, [f"{old}=0.1"], name="x", root=tmp_path, base=tmp_path)
    with pytest.raises(ConfigError, match=f"^settings: {said}"):
        resolve({"settings": {old: 0.1}})


def test_a_schedule_that_is_gone_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(ConfigError, match=r"train\.schedule.*'linear' or 'constant', found 'one_cycle'"):
        resolve({"settings": {"train.schedule": "one_cycle"}})


@pytest.mark.parametrize(("old", "now"), RENAMED_SECTIONS.items())
def test_a_former_section_is_refused(old: str, now: str, tmp_path: Path) -> None:
    for given in ({}, {"never": 1}):
        with pytest.raises(ConfigError, match=rf"^{old}: no such section; it is called {now}$"):
            build_config({old: given}, [], name="x", root=tmp_path, base=tmp_path)


def test_every_setting_of_a_former_section_is_reported(tmp_path: Path) -> None:
    given = {"language": {"passes": 4, "start": "model"}}
    with pytest.raises(ConfigError) as refused:
        build_config(given, [], name="x", root=tmp_path, base=tmp_path)
    assert str(refused.value) == (
        "language: no such section; it is called encoder_pretraining; write encoder_pretraining.epochs instead of "
        "language.passes, train.init_from instead of language.start"
    )


def test_a_former_key_without_its_section_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^side_size: no such section; the key is called model\.tabular_size$"):
        build_config({}, ["side_size=3"], name="x", root=tmp_path, base=tmp_path)
    with pytest.raises(ConfigTypeError, match=r'write settings=\{"train\.truncation": \'head\'\}$'):
        TextClassifier(keep="head")  # type: ignore[call-arg]


@pytest.mark.parametrize(("old", "now"), RENAMED_STAGES.items())
@pytest.mark.parametrize("command", [(), ("why",), ("run", "--until"), ("run", "--force")], ids=str)
def test_a_former_stage_is_refused(
    command: tuple[str, ...], old: str, now: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, textrnn: Call
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = textrnn(*command, old)
    named = {(): "textrnn", ("why",): "why"}.get(command, command[-1] if command else "")
    assert (ended.code, ended.error) == (2, f"error: {named} {old}: no such stage; it is called {now}")


@pytest.mark.parametrize(("old", "now"), RENAMED_COMMANDS.items())
def test_a_former_command_is_refused(old: str, now: str, textrnn: Call) -> None:
    ended = textrnn(old, "--config", "smoke")
    assert (ended.code, ended.error) == (2, f"error: textrnn {old}: no such command; it is called {now}")
    assert textrnn(now, "--help").code == 0
