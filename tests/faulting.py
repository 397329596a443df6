"""What the fault harnesses share: how many rounds to do, and where the measured figure goes."""

from __future__ import annotations

import os

import pytest

QUICK = 0.02
SCALE = float(os.environ.get("FAULTS_SCALE", QUICK))


def scaled(full: int, *, least: int = 1) -> int:
    """How many of `full` rounds to do: all of them in `make faults`, a fiftieth in `make test`."""
    return max(least, round(full * SCALE))


def record(request: pytest.FixtureRequest, fault: str, *, rounds: int, held: int, note: str = "") -> None:
    """Keep the figure of one fault for the table that `make faults` prints."""
    request.node.user_properties.append(("fault", f"{fault}|{held}|{rounds}|{note}"))
