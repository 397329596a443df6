"""Values taken as they are equal those that Typer converts, for every parameter of every command."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from pipelines.commands.assembly import assemble
from pipelines.commands.plain_values import skip_type_conversion

VALUES = [
    None, "", "a", "-", "0", "1", "3", "-1", "007", "1e3", "99999999999", "²", "skip", "refuse", "csv", "CSV", "none",
    "true", True, False, 3, 2.5, b"x", (), ("a",), ["a", "b"], ("1", None), [], "a\0b", "/", "/no/x", Path("a"), "é",
]  # fmt: skip


def parameters_of(command: Any) -> list[Any]:
    below = getattr(command, "commands", {}).values()
    return [*([] if below else command.params), *(found for each in below for found in parameters_of(each))]


PARAMETERS = {
    (parameter.name, str(parameter.type_descriptor.annotation), parameter.required): parameter
    for parameter in parameters_of(typer.main.get_command(assemble()))
}


@pytest.mark.parametrize("parameter", PARAMETERS.values(), ids=lambda parameter: str(parameter.name))
def test_a_value_is_that_of_typer(parameter: Any, tmp_path: Path) -> None:
    context = typer.Context(typer.main.get_command(assemble("doctor")))  # type: ignore[arg-type]
    plain, secret = copy.copy(parameter), tmp_path / "secret"
    skip_type_conversion(plain)
    secret.write_text("x")
    secret.chmod(0)

    def outcome(own: Any, value: Any) -> object:
        try:
            found = own.process_value(context, value)
        except Exception as error:
            return type(error), str(error)
        return type(found) in (list, tuple) and list(found), found if type(found) is not tuple else list(found)

    for value in [*VALUES, str(secret), tmp_path, str(tmp_path)]:
        assert outcome(plain, value) == outcome(parameter, value), repr(value)


PREDICT = """
import sys
from pipelines.app import run_app

run_app(["predict", "--model", "none", "--top", "2", "--format", "csv", "--quiet", "a text"])
print("pydantic" in sys.modules)
run_app(["predict", "--top", "none", "a text"])
"""


def test_predict_does_not_import_what_typer_converts_by(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", PREDICT], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
    assert "error: none: expected a model folder" in done.stderr
    assert "Invalid value for '--top'" in done.stderr
