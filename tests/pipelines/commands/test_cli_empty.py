"""An empty value is refused by every option of every command, before anything else is done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from running import Call

from pipelines.commands.assembly import assemble
from pipelines.commands.strict_options import StrictCommand
from pipelines.stages import stage_names


def options_of(command: Any, names: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each command by its names, and each option of it that takes a value."""
    for name, found in getattr(command, "commands", {}).items():
        yield from options_of(found, (*names, name))
    for parameter in command.params if names and not hasattr(command, "commands") else ():
        if parameter.param_type_name == "option" and not parameter.is_flag:
            yield names, parameter.opts[0]


def commands_of(command: Any) -> Iterator[Any]:
    """The commands below a group, at any depth."""
    for found in command.commands.values():
        yield from commands_of(found) if hasattr(found, "commands") else (found,)


ALIKE = set(stage_names()) - {"train"}  # one function makes the commands of all stages: one stands for them
CASES = [case for case in options_of(typer.main.get_command(assemble())) if case[0][0] not in ALIKE]


def test_every_option_refuses_an_empty_value(fresh: Path, textrnn: Call) -> None:
    before = sorted(fresh.rglob("*"))
    assert len(CASES) > 100
    assert all(isinstance(command, StrictCommand) for command in commands_of(typer.main.get_command(assemble())))
    last = dict(CASES)  # one option of each command is given the other way too: --option=
    for names, option in CASES:
        both = option.startswith("--") and last[names] == option
        for given in ([option, ""], [f"{option}="]) if both else ([option, ""],):
            ended = textrnn(*names, *given)
            assert ended.code == 2, (names, given, ended)
            assert "found an empty one" in ended.error, (names, given)
    assert sorted(fresh.rglob("*")) == before


@pytest.mark.parametrize("command", [("init", ""), ("why", ""), ("score", "")])
def test_a_file_or_stage_that_is_named_is_not_empty(command: tuple[str, ...], fresh: Path, textrnn: Call) -> None:
    ended = textrnn(*command)
    assert (ended.code, "found an empty one" in ended.error) == (2, True)


def test_an_empty_text_is_a_text(place: Path, textrnn: Call) -> None:
    assert len(textrnn("predict", "", "fine").out.splitlines()) == 2


@pytest.mark.parametrize(
    "change", ["train.epochs=true", "model.hidden_size='16'", "train.dropout=false", "train.seed=1.5"]
)
def test_a_flag_is_no_number_and_a_string_neither(change: str, fresh: Path, textrnn: Call) -> None:
    section, _, rest = change.partition(".")
    toml = (fresh / "textrnn.toml").read_text(encoding="utf-8")
    ended = textrnn("plan", "--set", change)
    assert ended.code == 2
    (fresh / "other.toml").write_text(f'data.source = "data.csv"\n{section}.{rest}\n', encoding="utf-8")
    assert textrnn("plan", "-c", "other.toml").code == 2
    assert toml == (fresh / "textrnn.toml").read_text(encoding="utf-8")
