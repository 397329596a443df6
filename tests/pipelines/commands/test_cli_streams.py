"""Standard streams that are closed: every command, in its own process, ends with the right code and in one line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import typer.main

from pipelines.app import main
from pipelines.commands.assembly import assemble

STREAMS = {"stdin": 0, "stdout": 1, "stderr": 2}
GIVEN: dict[str | tuple[str, ...], tuple[str, ...]] = {  # what a command is given so that it has something to say
    "init": ("data.csv", "-o", "new.toml"),
    "predict": ("a good soup", "-m", "models/textrnn"),
    "score": ("data.csv", "-m", "models/textrnn"),
    "decide": ("--coverage", "0.9", "--data", "data.csv", "-m", "models/textrnn"),
    "explain": ("a good soup", "-m", "models/textrnn"),
    "why": ("train",),
    "compare": ("textrnn", "textrnn"),
    "promote": ("textrnn",),
    ("runs", "rm"): ("textrnn", "--help"),  # the only run is promoted
}
LONG = ("benchmark", "demo", "doctor", "export", "serve")  # what they print goes the same way; here they only help


def commands() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, command in typer.main.get_command(assemble()).commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        found += (
            [(name, part, *GIVEN.get((name, part), ())) for part in inner] if inner else [(name, *GIVEN.get(name, ()))]
        )
    return [(*command, "--help") if command[0] in LONG else command for command in found] + [
        ("--version",),
        ("--help",),
    ]


def end_without(closed: str, arguments: tuple[str, ...], folder: Path) -> tuple[int, str, str]:
    """Code, output and errors of the command in a child, begun with that stream closed as Python finds it then."""
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        for name, number in STREAMS.items():
            flags = os.O_RDONLY if name == "stdin" else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            os.dup2(os.open(os.devnull if name == "stdin" else f"{name}.log", flags), number)
        sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode) for number, mode in ((0, "r"), (1, "w"), (2, "w")))
        os.close(STREAMS[closed])
        setattr(sys, closed, None)
        sys.argv = ["textrnn", *arguments]
        code = 99
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    out, err = ((folder / f"{name}.log").read_text() for name in ("stdout", "stderr"))
    return code, out, err


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_every_command_with_a_closed_stream(arguments: tuple[str, ...], place: Path) -> None:
    code, out, err = end_without("stdin", arguments, place)
    assert (code, "error" in err) == (0, False), err
    (place / "new.toml").unlink(missing_ok=True)
    same, told, _ = end_without("stderr", arguments, place)
    assert same == 0
    assert bool(told) == bool(out), "messages are not among the results"
    (place / "new.toml").unlink(missing_ok=True)
    code, _, err = end_without("stdout", arguments, place)
    assert "Traceback" not in err
    assert "mistake" not in err
    lost = "error: standard output: expected an open stream, found it closed; what was finished is kept"
    assert [line for line in err.splitlines() if line.startswith("error")] == [lost] * bool(out)
    assert code == (1 if out else 0)


def test_errors_keep_their_code_where_nobody_can_be_told(place: Path) -> None:
    assert end_without("stderr", ("predict",), place)[:2] == (2, "")
    assert end_without("stderr", ("predict", "-i", "none.csv"), place)[:2] == (3, "")


def test_what_goes_to_a_file_needs_no_standard_output(place: Path) -> None:
    code, _, err = end_without("stdout", ("predict", "soup", "-m", "models/textrnn", "-o", "out.csv"), place)
    assert (code, err) == (0, "")
    assert (place / "out.csv").read_text().startswith("label,probability,")


def test_standard_input_that_is_closed_has_no_lines(place: Path) -> None:
    code, out, err = end_without("stdin", ("predict", "-i", "-", "-m", "models/textrnn"), place)
    assert (code, out) == (3, "")
    assert err == "error: standard input: expected lines, but it is closed\n"
