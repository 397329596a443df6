"""Public names and command-line options: what others rely on changes on purpose only."""

from __future__ import annotations

import inspect
import json
import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer.main
from running import Call

import textrnn
from pipelines.commands.assembly import assemble
from pipelines.config import SECTIONS
from textrnn.errors import TextrnnError

SNAPSHOT = Path(__file__).with_name("options.snapshot.json")


def describe_command(command: Any) -> dict[str, Any]:
    if hasattr(command, "commands"):
        return {name: describe_command(found) for name, found in sorted(command.commands.items())}
    return {
        parameter.name: [*parameter.opts, *parameter.secondary_opts, *(["required"] if parameter.required else [])]
        for parameter in command.params
    }


def surface() -> dict[str, Any]:
    """Commands with their options, sections with their keys, public names with what they take."""
    methods = inspect.getmembers(textrnn.TextClassifier, inspect.isfunction)
    return {
        "commands": describe_command(typer.main.get_command(assemble())),
        "sections": {name: [field.name for field in fields(kind)] for name, kind in SECTIONS.items()},
        "names": sorted(textrnn.__all__),
        "TextClassifier": {
            name: list(inspect.signature(method).parameters)
            for name, method in methods
            if method.__module__ == "textrnn.estimators.classifier" and (not name.startswith("_") or name == "__init__")
        },
        "exit codes": {kind.__name__: kind.exit_code for kind in sorted_errors()},
    }


def sorted_errors() -> list[type[TextrnnError]]:
    from textrnn import errors

    kinds = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, TextrnnError)]
    return sorted(kinds, key=lambda kind: kind.__name__)


def test_the_surface_is_as_it_was() -> None:
    found = surface()
    if os.environ.get("TEXTRNN_SNAPSHOT") == "write":
        SNAPSHOT.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    original = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    assert found == original, "if this is meant, write it anew: TEXTRNN_SNAPSHOT=write pytest tests/pipelines/commands"


VERBS = """
Check Choose Compare Decide Explain Find Fit Forecast Label List Predict Pretrain Print Read Remove Report Run Score
Serve
Show Split Train Turn Weigh Write
"""


def commands_below(command: Any, *path: str) -> dict[tuple[str, ...], Any]:
    """Every command and group of the command line, by the words that call it."""
    found = {path: command}
    for name, each in getattr(command, "commands", {}).items():
        found |= commands_below(each, *path, name)
    return found


def test_every_command_helps_with_a_summary_that_begins_with_a_verb_and_fits_its_line(
    textrnn: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a terminal of 80 columns, where click ends what is longer in "...", or wraps it."""
    monkeypatch.setenv("COLUMNS", "80")
    commands, pages = commands_below(typer.main.get_command(assemble())), {}
    assert len(commands) > 30
    for path in commands:
        ended = textrnn(*path, "--help")
        assert (ended.code, ended.err) == (0, "")
        assert "Usage: textrnn" in ended.out
        pages[path] = ended.out.splitlines()
    for path, command in commands.items():
        assert len(pages[path]) > 4
        assert max(map(len, pages[path])) <= 80, path
        if not path:
            continue
        summary = command.help.split("\n\n")[0]
        assert summary.split()[0].strip(",") in VERBS.split(), path
        assert summary.endswith("."), path
        assert f"  {summary}" in pages[path], "on its own page it is a line"
        listed = [line.split(maxsplit=1) for line in pages[path[:-1]] if line.startswith("  ")]
        assert [path[-1], summary] in listed, path


def test_every_option_says_what_it_is_for() -> None:
    def walk(command: Any) -> None:
        for found in getattr(command, "commands", {}).values():
            walk(found)
        for parameter in command.params:
            assert getattr(parameter, "help", None), (command.name, parameter.name)
        assert command.help or command.callback is None, command.name

    walk(typer.main.get_command(assemble()))


@pytest.mark.parametrize("command", ["run", "plan", "why", "score", "doctor", "train"])
def test_what_prints_results_prints_json_too(command: str) -> None:
    assert "--json" in surface()["commands"][command]["json"]
