"""Requests that schemathesis makes from the OpenAPI document: no fault, and no answer outside its schema."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hostile_models import made_model
from served import MODEL, start

PROGRAM = shutil.which(os.environ.get("SCHEMATHESIS", "schemathesis"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="schemathesis is not installed (make test-schema does that)"),
]
# a document cannot say that a tensor's shape is that of its data: what it allows to infer may be refused
INFER = "positive_data_acceptance"


def ask(url: str, folder: Path, *options: str) -> str:
    """What schemathesis printed; AssertionError where it found something."""
    assert PROGRAM is not None
    command = [str(Path(PROGRAM).absolute()), "run", f"{url}/openapi.json", "--seed", "1", "--continue-on-failure"]
    command += ["--phases", "examples,coverage,fuzzing", "--max-examples", "30", "--no-color", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("kind", ["single", "multi", "number"])
def test_no_fault_and_no_answer_outside_its_schema(kind: str, tmp_path: Path) -> None:
    model = MODEL
    if kind != "single":
        model = tmp_path / kind
        made_model("word", kind).save(model)  # type: ignore[arg-type]
    with start(tmp_path, model) as server:
        url = f"http://127.0.0.1:{server.port}"
        said = ask(url, tmp_path, "--checks", "all", "--exclude-checks", INFER)
        assert "Tested: 14" in said
        ask(url, tmp_path, "--checks", INFER, "--include-path", "/predict")
        assert server.get("/health").status == 200
        assert server.log.read_text() == ""
