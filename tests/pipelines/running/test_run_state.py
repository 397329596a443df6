"""What a run keeps of each stage."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from pipelines.running.run_state import StageOutcome

ENTRY: Any = SimpleNamespace(key="k", content="c")


def test_a_stage_that_did_not_run_took_no_time_and_has_no_reason() -> None:
    assert StageOutcome("load", ENTRY, ran=False).to_json() == {
        "stage": "load", "key": "k", "content": "c", "ran": False, "seconds": 0, "reasons": [], "off": None,
    }  # fmt: skip


def test_a_stage_that_ran_has_its_time_and_its_reasons() -> None:
    found = StageOutcome("load", ENTRY, True, 1.23456, ("never run",), "off: nothing to do").to_json()
    assert (found["ran"], found["seconds"], found["reasons"]) == (True, 1.235, ["never run"])
    assert found["off"] == "off: nothing to do"
