"""What messages advise: options of the command that prints them, and settings that there are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer

import pipelines
import textrnn
from pipelines.commands.assembly import assemble
from pipelines.commands.option_advice import options_of, phrase_for_options
from pipelines.config import SECTIONS

COMMANDS: dict[str, Any] = dict(typer.main.get_command(assemble()).commands)  # type: ignore[attr-defined]
OPTIONS = {name: options_of(command) for name, command in COMMANDS.items() if not hasattr(command, "commands")}
DATA = ("run", "init", "predict", "score", "load", "evaluate")  # commands that print messages about data
SETTING = re.compile(r"(?<![\w./-])([a-z]+)\.([a-z_]+)(?![\w.(])")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
HOLE = "X"  # in place of what is put into a message


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else HOLE for part in node.values)
    return None


def messages(folder: Path, below: str = "") -> Iterator[tuple[str, str]]:
    """Each string of the program that is no docstring, and the file it stands in."""
    for path in sorted((folder / below).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.expr) and id(node) not in inside | said and (text := _text(node)):
                yield path.name, text


TEXTRNN, PIPELINES = Path(textrnn.__file__).parent, Path(pipelines.__file__).parent
OF_DATA = [
    *{
        text: None
        for below in ("data", "text")
        for _, text in messages(TEXTRNN, below)
        if SETTING.search(text) or OPTION.search(text)
    }
]


def test_there_are_messages_to_walk() -> None:
    assert len(OF_DATA) > 20
    assert any("data.on_bad_row=skip" in text for text in OF_DATA)


def test_every_option_that_is_named_anywhere_is_one() -> None:
    known = {option for options in OPTIONS.values() for option in options}
    for group in COMMANDS.values():
        known |= {option for command in getattr(group, "commands", {}).values() for option in options_of(command)}
    known |= {"--help", "--debug", "--version"}
    for folder in (TEXTRNN, PIPELINES):
        for name, text in messages(folder):
            if " " in text and "\n" not in text:  # a sentence
                strange = set(OPTION.findall(text)) - known - OF_OTHERS
                assert not strange, (name, text)


OF_OTHERS = {"--no-python", "--nnodes", "--nproc-per-node", "--user", "--install"}  # of torchrun, pip, xcode-select


def test_every_setting_that_is_named_anywhere_is_one() -> None:
    keys = {name: {field.name for field in fields(kind)} for name, kind in SECTIONS.items()}
    for folder in (TEXTRNN, PIPELINES):
        for name, text in messages(folder):
            for section, key in SETTING.findall(text) if " " in text and "\n" not in text else ():
                if section in keys and HOLE not in key and key not in SUFFIXES:
                    assert key in keys[section], (name, text)


SUFFIXES = {"csv", "json", "jsonl", "safetensors", "py"}  # what looks like a setting and is a file


@pytest.mark.parametrize("command", DATA)
@pytest.mark.parametrize("message", OF_DATA)
def test_advice_is_true_for_the_command_that_prints_it(command: str, message: str) -> None:
    options = OPTIONS[command]
    said = phrase_for_options(f"a.csv: expected one thing, found another; {message.lstrip('; ')}", options)
    assert said.startswith("a.csv: expected one thing, found another")
    assert set(OPTION.findall(said)) <= options, said
    named = [key for section, key in SETTING.findall(said) if section == "data"]
    assert not named or "--set" in options, said
    assert not said.endswith((";", ",", " or", " "))
    assert "; ;" not in said


EMPTY = "a.csv, row 3: expected a label, found an empty one; remove the row or fill it in"
SKIP = f"{EMPTY}; or leave out such rows by data.on_bad_row=skip"
LISTS = "labels look like lists: 'a'; for several labels per text use"
MANY = "expected at most 2 classes, found more"
BYTES = "expected UTF-8, found bytes"
CUT = "2 texts cut to the maximum length"


@pytest.mark.parametrize(
    ("command", "message", "said"),
    [
        ("run", SKIP, f"{EMPTY}; or leave out such rows by --on-bad-row skip"),
        ("score", SKIP, f"{EMPTY}; or leave out such rows by --on-bad-row skip"),
        ("plan", SKIP, f"{EMPTY}; or leave out such rows by --set data.on_bad_row=skip"),
        ("doctor", SKIP, EMPTY),
        ("plan", f'{LISTS} data.target = "multi"', f"{LISTS} --set data.target=multi"),
        ("predict", "expected at most 1 row; raise data.max_rows", "expected at most 1 row"),
        ("run", "expected at most 1 row; raise data.max_rows", "expected at most 1 row; raise data.max_rows"),
        ("score", f"{CUT} (data.max_characters)", CUT),
        ("run", f"{CUT} (data.max_characters)", f"{CUT} (data.max_characters)"),
        ("run", f"{MANY}; if so, --allow-many-labels, or raise data.max_labels", None),
        ("run", f"{BYTES}; use --encoding gb18030 (data.encoding)", None),
        ("predict", f"{BYTES}; use --encoding gb18030 (data.encoding)", f"{BYTES}; use --encoding gb18030"),
        ("plan", f"{BYTES}; use --encoding gb18030 (data.encoding)", f"{BYTES}; use --set data.encoding=gb18030"),
        ("plan", f"{BYTES}; use --no-header (data.header = false)", f"{BYTES}; use --set data.header=false"),
        ("predict", f"2 rows; the first: data.csv, row 1 of data.jsonl: {BYTES}", None),
        ("doctor", f"{BYTES}; use --encoding gb18030 (data.encoding)", BYTES),
        ("predict", f"{BYTES}; as in --text-column 2 --label-column 1", f"{BYTES}; as in --text-column 2"),
        ("predict", "expected a column 'text', found 'a'; the file is likely __label__: sed 's/--/-/', then", None),
        ("score", f"{MANY}; if so, --allow-many-labels, or raise data.max_labels", MANY),
    ],
)
def test_in_the_words_of_a_command(command: str, message: str, said: str | None) -> None:
    assert phrase_for_options(message, OPTIONS[command]) == (message if said is None else said)
