"""F1: training killed at any moment goes on to the same bytes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from faulting import record, scaled
from running import TREE, environment

HARNESS = Path(__file__).with_name("killed_training.py")


@pytest.mark.parametrize(("stage", "rounds"), [("train", 200), ("pretrain_encoder", 100)])
def test_killed_at_random_moments_and_resumed_gives_the_same_bytes(
    stage: str, rounds: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    rounds = scaled(rounds)
    done = subprocess.run(
        [sys.executable, str(HARNESS), str(tmp_path), str(rounds), stage],
        env=environment(PYTHONPATH=f"{TREE}:{TREE / 'tests'}"),
        capture_output=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    tally = json.loads(done.stdout.splitlines()[-1])
    where = ", ".join(f"{count} {moment}" for moment, count in sorted(tally["where"].items()))
    note = f"{tally['kills']} kills ({where}), at most {tally['redone']} step done again"
    record(request, "F1", rounds=tally["rounds"], held=tally["held"], note=note)
    assert tally["failures"] == []
    assert tally["held"] == rounds <= tally["kills"]
    assert tally["redone"] <= 1, "with a checkpoint after each step"
