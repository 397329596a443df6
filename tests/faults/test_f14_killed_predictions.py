"""F14: `predict` killed at random moments: said again, the same bytes, with no finished row predicted again."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest
from faulting import record, scaled
from hostile_models import made_model
from made import make_rows

from pipelines.app import run_app
from pipelines.commands import predict

ROWS, WINDOW = 600, 20
KINDS = ("csv", "jsonl.gz", "parquet")


def start(place: Path, output: str) -> int:
    """`predict` in a fork of this process, which has the libraries already; its process id."""
    child = os.fork()
    if child:
        return child
    code = 99
    try:
        os.chdir(place)
        log = os.open("log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1), os.dup2(log, 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        predict.WINDOW_ROWS = WINDOW
        code = run_app(["predict", "-m", "model", "-i", "new.csv", "-o", output, "--all"])
        sys.stderr.flush()
    finally:
        os._exit(code)


def end(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("killed")
    made_model().save(folder / "model")
    rows = [f'{i},"{text}"\n' for i, (text, _) in enumerate(make_rows(ROWS))]
    (folder / "new.csv").write_text("".join(["id,text\n", *rows]), encoding="utf-8")
    return folder


def test_killed_at_random_moments_which_is_reported_again(place: Path, request: pytest.FixtureRequest) -> None:
    rounds, held, kills, kept = scaled(20, least=3), 0, 0, 0
    seconds: dict[str, float] = {}
    for kind in KINDS:
        begun = time.monotonic()
        assert end(start(place, f"whole.{kind}")) == 0, (place / "log").read_text()
        seconds[kind] = time.monotonic() - begun
    for number in range(rounds):
        kind, chance = KINDS[number % len(KINDS)], random.Random(number)
        output = place / f"round-{number}.{kind}"
        parts = output.with_name(output.name + ".parts")
        before = 0
        for _ in range(chance.randint(1, 3)):
            child = start(place, output.name)
            time.sleep(chance.uniform(0, seconds[kind]))
            os.kill(child, signal.SIGKILL)
            kills += end(child) == -signal.SIGKILL
            found = len(list(parts.glob("*.part"))) if parts.is_dir() else 0
            assert found >= before or output.exists(), f"round {number}: parts were lost"
            before = found
        kept += before
        assert end(start(place, output.name)) == 0, (place / "log").read_text()
        assert output.read_bytes() == (place / f"whole.{kind}").read_bytes(), f"round {number}: other bytes"
        assert not parts.exists()
        held += 1
    note = f"{kills} kills; {kept} parts of {WINDOW} rows taken over; csv, jsonl.gz, parquet"
    record(request, "F14", rounds=rounds, held=held, note=note)
